"""The measure: taking down comes to an end.

Each thing has a stage, which is 0 when the thing is gone, and below which there are finitely many. Each taking lowers the stage
of what it takes and raises none, with one exception: filling the table of a half-split leaf adds a leaf, and lowers the stage of
that table, which nothing raises. These are the statements here. Every map of the state has finitely many keys, so the stages of
all tables, and then the sum of all other stages, is a measure that each taking lowers: taking alone comes to an end.

That there is something to take until nothing is left follows from three more things. Whatever may not be given up yet has a
holder that exists (`blockers`). Holders are given up before what they hold, in an order that is no circle (`ORDER`, below). What
nothing holds is not refused (`refusals`). So the first thing in that order can be taken.

The statements are proved of every step; that they make an end is the argument of these two paragraphs.
"""

from __future__ import annotations

from collections.abc import Callable
from graphlib import TopologicalSorter
from inspect import Parameter, Signature, signature
from typing import Any, cast

from proofs.statements import Area, step
from proofs.theorems.operations.blockers import HOLDERS
from proofs.theorems.operations.contract import Lowers
from proofs.theorems.operations.contracts import contract_of
from pymodel.hardware.ids import slots
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.devices import FunctionPhase, SriovPhase
from pymodel.hypervisor.ids import AccountKind, Count, HolderKind
from pymodel.hypervisor.jobs.ranges import JobPhase
from pymodel.hypervisor.memory import BlockPhase, FrameKind
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.hypervisor.vms import Life
from pymodel.language.state import MapShape
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import Choice, Word, choose
from pymodel.machine import MachineState

AREA = Area("measure", promise=True)

#: A stage: a rank, and what is left to do within it.
Stage = tuple[Count, Count]
NOTHING = Count(0)

#: The accounts that must be empty before a holder is given up, as the entitlements of the takings say.
WAITS_FOR: dict[HolderKind, tuple[AccountKind, ...]] = {
    HolderKind.FRAME: (AccountKind.MAPPINGS,),
    HolderKind.GRANT: (AccountKind.HANDLES,),
    HolderKind.RECEIVED: (AccountKind.HANDLES,),
    HolderKind.SPACE: (AccountKind.CONTEXTS, AccountKind.TABLES, AccountKind.JOBS),
}
#: The accounts in an order in which they can be emptied; there would be none if some waited for each other.
ORDER = tuple(TopologicalSorter({a: {b for h in held for b in WAITS_FOR.get(h, ())} for a, held in HOLDERS.items()}).static_order())


def rank(value: Choice, *order: Choice) -> Count:
    """Return the place of a phase in an order that begins with 1; 0 if it is not there."""
    place = NOTHING
    for number, phase in enumerate(order, 1):
        place = choose(value == phase, Count(number), place)
    return place


def flag(*values: bool) -> Count:
    """Return how many of some truth values hold, each with those before it."""
    place = NOTHING
    for value in reversed(values):
        place = choose(value, place + 1, NOTHING)
    return place


def of_table(t: Any) -> Stage:
    """Return the stage of a table: being built, open, closed, unlinked; and the slots that are not looked at or filled yet."""
    left = choose(t.scanned, NOTHING, slots(t.level).to(Count) - t.cursor.to(Count) + 1)
    phases = (TablePhase.RETIRED, TablePhase.CLOSING, TablePhase.LINKED, TablePhase.BUILDING)
    return rank(t.phase, *phases), choose(any_of(t.phase == TablePhase.CLOSING, t.phase == TablePhase.BUILDING), left, NOTHING)


def of_function(f: Any, present: bool) -> Stage:
    """Return the stage of a function: whose it is, and how far it is from clean; 0 for one that is not there."""
    phases = (FunctionPhase.CLEAN, FunctionPhase.RESET, FunctionPhase.FLUSHED, FunctionPhase.DETACHING, FunctionPhase.ATTACHED)
    idle = choose(f.phase == FunctionPhase.IDLE, Count(3), rank(f.phase, *phases))
    return choose(present, idle, NOTHING), NOTHING


def of_frame(f: Any) -> Stage:
    """Return the stage of a frame: a table, a published page, or anything else that is owned."""
    used = (FrameKind.DATA, FrameKind.RETYPING, FrameKind.POOL, FrameKind.HYPERVISOR)
    first = any_of(f.kind == FrameKind.TABLE, f.kind == FrameKind.PUBLISHED)
    return choose(first, Count(2), flag(any_of(*(f.kind == k for k in used)))), NOTHING


def of_job(j: Any) -> Stage:
    """Return the stage of a job: under way, or undone page by page."""
    begun = any_of(*(j.phase == p for p in (JobPhase.LISTING, JobPhase.MAPPING, JobPhase.DONE)))
    undoing = j.phase == JobPhase.UNDOING
    return choose(begun, Count(2), flag(undoing)), choose(undoing, j.cursor.to(Count), NOTHING)


def of_pf(p: Any) -> Stage:
    """Return the stage of a PF: with VFs, or losing one after the other."""
    up = any_of(p.phase == SriovPhase.ENUMERATING, p.phase == SriovPhase.ENABLED)
    removing = p.phase == SriovPhase.REMOVING
    return choose(up, Count(2), flag(removing)), choose(removing, p.cursor.to(Count), NOTHING)


#: The stage of what each map holds; that of a function depends on whether it is there.
STAGES: dict[str, Callable[[Any], Stage]] = {
    "memory": lambda e: (rank(e.kind, EntryKind.LINK, EntryKind.STALE, EntryKind.LEAF), NOTHING),
    "table": of_table,
    "frame": of_frame,
    "block": lambda b: (flag(b.phase != BlockPhase.NONE), NOTHING),
    "pin": lambda p: (flag(p.live), NOTHING),
    "grant": lambda g: (flag(g.active), NOTHING),
    "handle": lambda h: (flag(h.live), NOTHING),
    "tag": lambda t: (rank(t.phase, TagPhase.RETIRING, TagPhase.BOUND), NOTHING),
    "space": lambda p: (flag(p.live), NOTHING),
    "function": lambda f: of_function(f, True),
    "pf": of_pf,
    "cpu": lambda c: (flag(c.vcpu != 0, c.stage2), NOTHING),
    "vcpu": lambda u: (flag(u.exists), NOTHING),
    "job": of_job,
    "vm": lambda v: (rank(v.life, Life.EMPTY, Life.DRAINED, Life.DYING, Life.CREATED, Life.LIVE), NOTHING),
}

Args = dict[str, Any]


def stage(s: MachineState, field: str, key: Any) -> Stage:
    """Return the stage of what a map holds at a key."""
    record = getattr(s, field)[key]
    return of_function(record, s.pcie[key].present) if field == "function" else STAGES[field](record)


def is_lower(one: Stage, other: Stage) -> bool:
    """Say whether a stage comes before another."""
    return any_of(one[0] < other[0], all_of(one[0] == other[0], one[1] < other[1]))


@step
def each_taking_lowers_a_stage(s: MachineState, name: str, args: Args, after: MachineState) -> bool:
    """Whatever an operation takes down, as its contract says, is one stage nearer to being gone."""
    lowers = taking_of(name)
    if lowers is None:
        return True
    key = lowers.key(s, args)
    return is_lower(stage(after, lowers.part, key), stage(s, lowers.part, key))


def taking_of(name: str) -> Lowers | None:
    """Return what a step takes down, as its contract says."""
    contract = contract_of(name)
    return contract.stage if contract is not None and isinstance(contract.stage, Lowers) else None


def no_taking_raises(field: str) -> Callable[..., Any]:
    """Declare that no taking raises the stage of anything in a map."""
    shape = cast("MapShape", MachineState.shapes()[field])
    keys = {f"key{n}": kind for n, kind in enumerate(shape.keys)}

    def statement(s: MachineState, name: str, args: Args, after: MachineState, *key: Word) -> bool:
        del args
        lowers = taking_of(name)
        if lowers is None or field in lowers.adds:
            return True
        where = key if len(key) > 1 else key[0]
        return negate(is_lower(stage(s, field, where), stage(after, field, where)))

    own = list(signature(statement).parameters.values())[:4]
    added = [Parameter(n, Parameter.POSITIONAL_OR_KEYWORD) for n in keys]
    statement.__signature__ = Signature([*own, *added])  # type: ignore[attr-defined]
    statement.__annotations__ |= keys
    statement.__name__ = f"no_taking_raises_the_stage_of_a_{field}"
    statement.__doc__ = f"No taking raises the stage of anything in `{field}`."
    return step(statement)


NOTHING_RAISED = [no_taking_raises(field) for field in STAGES]
