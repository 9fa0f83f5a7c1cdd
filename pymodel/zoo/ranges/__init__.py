"""Faults about ranges: scatter lists that fail half-way."""
