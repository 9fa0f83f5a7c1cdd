"""theorems of ringfence."""
