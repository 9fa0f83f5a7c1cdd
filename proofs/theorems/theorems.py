"""The theorems by their stable IDs: which statements make up each promise, what is assumed, and what is still open."""

from __future__ import annotations

from proofs.theorems import accounts, caches, devices, memory, promises, tables  # noqa: F401 - defines the statements
