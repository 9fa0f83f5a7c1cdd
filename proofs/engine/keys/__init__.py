"""What obligations are known by: digests of all that the question is made of."""
