"""Faults about flushes: a frame that is reused before its invalidation has completed."""
