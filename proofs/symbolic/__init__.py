"""symbolic of ringfence."""
