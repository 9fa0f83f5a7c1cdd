"""Faults about tables: leaves of several sizes, tables that are freed, walks in software."""
