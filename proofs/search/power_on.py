"""Machines at power-on, as data: which are allowed, how one is read, and how little of one shows the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from proofs.policies.policy_statements import assumptions
from proofs.search.concrete import Checker
from proofs.statements import Statement
from proofs.theorems import CATALOGUE
from proofs.theorems.invariants import boot
from proofs.traces import Trace, stale
from pymodel.language.json_form import read_json
from pymodel.language.state import PLATFORM, MapShape, State
from pymodel.platforms import PLATFORMS

__all__ = ["Allowed", "facts", "machine_of", "read", "smallest", "usual_machine"]

#: Cells of one part that are looked at; a machine that has more is not taken.
LIMIT = 4096
#: What data that is no state of this version raises.
WRONG = (AttributeError, IndexError, KeyError, TypeError, ValueError)
#: A field of a cell: the part, the key if it has one, the field, and what is there.
Leaf = tuple[str, tuple[Any, ...] | None, str, Any]


def facts(policy: Any) -> list[Statement]:
    """Return what is assumed of every machine at power-on, by us and by a policy."""
    return [*CATALOGUE.at_power_on(), *(statement for statement, _ in assumptions(policy))]


class Allowed:
    """Which machines there are at power-on, for one policy."""

    def __init__(self, policy: Any) -> None:
        """Find how what is assumed is looked at."""
        self.kind: type[State] = policy.State
        self.checker = Checker(facts(policy), self.kind)
        self.assumed = Checker([statement for statement, _ in assumptions(policy)], self.kind)

    def why_not(self, state: State) -> str:
        """Return why a state is none at power-on; nothing if it may be one."""
        first = self.kind()
        for name, shape in self.kind.shapes().items():
            part, usual = getattr(state, name), getattr(first, name)
            if name not in boot.ARBITRARY and self.kind.record_of(name).WHOSE is not PLATFORM and part != usual:
                return f"{name} is not as it begins"
            if isinstance(shape, MapShape) and len(part.points) > LIMIT:
                return f"{name} has more than {LIMIT} cells"
        broken = self.checker.broken_anywhere(state)
        return f"it breaks {broken[0][0].name}" if broken else ""

    def left(self, state: State) -> bool:
        """Say whether a state is one that the policy assumes never to arise."""
        return bool(self.assumed.broken_anywhere(state))


def read(kind: type[State], machine: Mapping[str, Any]) -> State:
    """Read a machine; data that is none of this version is a stale trace."""
    try:
        return read_json(kind, dict(machine))
    except WRONG as error:
        raise stale(f"its machine cannot be read: {type(error).__name__}: {error}") from error


def machine_of(trace: Trace, policy: Any) -> Any:
    """Return the state in which a trace begins; its own machine must be one that is allowed at power-on."""
    kind: type[State] = policy.State
    if trace.machine is None:
        if trace.platform not in PLATFORMS:
            raise stale(f"there is no platform called {trace.platform!r}; known: {', '.join(PLATFORMS)}")
        return PLATFORMS[trace.platform](kind)
    state = read(kind, trace.machine)
    why = Allowed(policy).why_not(state)
    if why:
        raise stale(f"its machine is none at power-on: {why}")
    return state


def usual_machine(trace: Trace, kind: type[State]) -> Any:
    """Return the same machine for the reference, which has no parts of a policy's own."""
    if trace.machine is None:
        return PLATFORMS[trace.platform](kind)
    return read(kind, {name: part for name, part in trace.machine.items() if name in kind.shapes()})


def smallest(machine: Mapping[str, Any], shows: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Leave out of a machine whatever it shows the same without: each cell, and then each field."""
    left = leaves(machine)
    for width in (2, 3):
        for group in dict.fromkeys(leaf[:width] for leaf in left):
            rest = [leaf for leaf in left if leaf[:width] != group]
            if shows(built(rest)):
                left = rest
    return built(left)


def leaves(machine: Mapping[str, Any]) -> list[Leaf]:
    """Return the fields of a machine's cells, one by one."""
    out: list[Leaf] = []
    for name, part in machine.items():
        rows = [(None, part)] if isinstance(part, Mapping) else [(tuple(cell["key"]), cell["is"]) for cell in part]
        out += [(name, key, field, value) for key, record in rows for field, value in record.items()]
    return out


def built(found: Iterable[Leaf]) -> dict[str, Any]:
    """Return the machine that has these fields."""
    cells: dict[str, dict[tuple[Any, ...] | None, dict[str, Any]]] = {}
    for name, key, field, value in found:
        cells.setdefault(name, {}).setdefault(key, {})[field] = value
    return {
        name: of[None] if None in of else [{"key": list(key or ()), "is": record} for key, record in of.items()]
        for name, of in cells.items()
    }
