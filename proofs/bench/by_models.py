"""The question put to TLC and to Apalache: measurements that run in processes of their own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from proofs.bench.found import Found
from proofs.tla.engines import apalache
from proofs.tla.engines.tlc import Limits, Tlc, check
from proofs.tla.engines.tools import MissingToolError, find_apalache
from proofs.tla.manifest import PLACES, Model, load, place

__all__ = ["search", "three_checks"]


def entry(name: str) -> Model:
    """Return an entry of the manifest."""
    return next(m for m in load(place() or PLACES[0]) if m.name == name)


def search() -> dict[str, Any]:
    """Let TLC search the module's instance for CI."""
    who = "TLC, explicit states"
    try:
        tools = Tlc.find()
    except MissingToolError:
        return asdict(Found(who, "not installed", None, ""))
    model = entry("Isolation")
    answer = check(tools, model, Limits())
    held = answer.outcome == "pass"
    reach = f"every run of any length, {model.constants['Frames']}, {model.constants['Vms']}"
    return asdict(Found(who, reach if held else str(answer.outcome), held, f"{answer.distinct} states"))


def three_checks() -> dict[str, Any]:
    """Let Apalache check the module's inductive invariant, where it is installed."""
    who = "Apalache, inductive check"
    try:
        program = find_apalache()
    except MissingToolError:
        return asdict(Found(who, "not installed", None, ""))
    model = entry("Isolation_apalache")
    answer = apalache.check(model, lambda question, left: apalache.ask(program, question, left))
    held = answer.outcome == "pass"
    return asdict(Found(who, "inductive for three VMs, three frames" if held else str(answer.outcome), held, "3 checks"))
