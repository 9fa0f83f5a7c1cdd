"""The TLA+ modules and the Python model, bound to each other by traces in both directions."""
