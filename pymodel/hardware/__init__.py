"""hardware of ringfence."""
