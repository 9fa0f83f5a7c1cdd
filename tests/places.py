"""Where that stands which tests read."""

from __future__ import annotations

from pathlib import Path

__all__ = ["POLICIES", "ROOT", "SPEC", "TLA_DATA"]

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "spec"
#: Policies to try.
POLICIES = ROOT / "tests" / "policies"
#: Recorded output of TLC and Apalache, stand-ins for Apalache, and small modules with a manifest.
TLA_DATA = ROOT / "tests" / "proofs" / "tla" / "data"
