"""Operations on ranges: jobs, machines with a cursor that are taken forward step by step, and the search for a free window."""
