"""Promises: what one cites, about what an access can reach and what a step may change."""
