"""Searches in which the solver chooses arguments, at places that runs reach."""
