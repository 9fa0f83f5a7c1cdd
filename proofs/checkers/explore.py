"""Where the maps between TLA+ and Python find what code mentions."""

from proofs.checkers.search.mentions import mentioned

__all__ = ["mentioned"]
