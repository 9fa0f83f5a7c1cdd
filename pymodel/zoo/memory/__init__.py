"""Faults about frames: who owns them, who is granted them, what is left in them."""
