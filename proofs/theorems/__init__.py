"""The statements and theorems: what a reviewer must read, one file an area."""

from proofs.theorems import (
    accounts,
    boot,
    caches,
    devices,
    effects,
    memory,
    promises,
    ranges,
    sriov,
    steps,
    tables,
    takedown,
    theorems,
    windows,
)
from proofs.theorems.statements import CATALOGUE, Statement, Theorem

__all__ = [
    "CATALOGUE",
    "Statement",
    "Theorem",
    "accounts",
    "boot",
    "caches",
    "devices",
    "effects",
    "memory",
    "promises",
    "ranges",
    "sriov",
    "steps",
    "tables",
    "takedown",
    "theorems",
    "windows",
]
