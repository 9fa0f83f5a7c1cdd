"""checkers of ringfence."""
