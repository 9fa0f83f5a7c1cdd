"""cli of ringfence."""
