"""The engines: TLC and Apalache, how they are found, run, asked and understood."""
