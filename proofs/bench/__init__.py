"""Measurements: what proving and the model cost, and one question asked of three engines."""
