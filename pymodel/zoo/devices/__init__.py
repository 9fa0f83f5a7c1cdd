"""Faults about devices: contexts, and what becomes of a function between two owners."""
