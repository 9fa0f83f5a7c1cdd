"""report of ringfence."""
