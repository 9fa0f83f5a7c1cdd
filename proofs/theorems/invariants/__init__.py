"""Invariants: what the proofs of the promises rest on, a file a chapter of the model; and what machines are like at power-on."""
