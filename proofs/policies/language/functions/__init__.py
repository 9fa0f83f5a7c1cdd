"""What functions of a policy come to, found from the text alone: kinds of values, what each offers, expressions, calls, bodies."""
