"""In a state with hundreds of points the statements are looked at where a step changed it, and still see what breaks."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from proofs.search.concrete import Checker, changed_keys, raw_keys
from proofs.search.replaying import arguments, take
from proofs.search.scenarios.dense_state import storeroom
from proofs.search.scenarios.runs.parts import A, B, its
from proofs.theorems import CATALOGUE
from pymodel.hardware.ids import Frame, Index, Page, Rights, Vm
from pymodel.hardware.memory import store_entry
from pymodel.hypervisor.grants import GrantRecord, HandleRecord
from pymodel.hypervisor.ids import Grant, Handle, Job
from pymodel.hypervisor.jobs.windows import Blocker
from pymodel.hypervisor.leaves import SlotNote, leaf
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS

AUTHORITY, GIVEN_UP = "a_leaf_has_authority", "every_start_given_up_has_a_blocker"
#: A search under way.
SEARCH = Job(its(A, 5))
#: A table of VM A's devices with an empty slot, a frame of VM B's, one of A's that is mapped, and B's handle on a mapped one.
TABLE, SLOT, OTHERS, MAPPED = Frame(0x15), Index(0x40), Frame(0x232), Frame(0x16)
HANDLE, GRANT = Handle(its(B, 1)), Grant(its(A, 1))
Change = Callable[[MachineState], MachineState]
CHANGES: dict[str, Change] = {
    "another's frame is mapped": lambda s: store_entry(s, TABLE, SLOT, leaf(OTHERS, Rights(3))).put(
        "slot_note", (TABLE, SLOT), SlotNote(max_cached_rights=Rights(3))
    ),
    "a mapped frame goes to another": lambda s: s.put("frame", MAPPED, s.frame[MAPPED].replace(owner=Vm(4))),
    "a grant ends": lambda s: s.put("grant", GRANT, GrantRecord.default()),
    "a handle ends": lambda s: s.put("handle", HANDLE, HandleRecord.default()),
}


@pytest.fixture(scope="module")
def state() -> MachineState:
    """Return the storeroom."""
    known = {t.name: t for t in steps(Hypervisor())}
    s = PLATFORMS["small"]()
    for number, (name, raw) in enumerate(storeroom()):
        s, refused = take(known[name], s, arguments(known[name], raw, number))
        assert not refused
    assert isinstance(s, MachineState)
    return s


def test_maps_of_one_origin_are_compared_where_they_were_set(state: MachineState) -> None:
    """Two maps that came of one, by few sets or by many, differ at the same keys as if all their points were compared."""
    random, seen = Random(1), set()  # noqa: S311 - chance is all that is asked of it
    maps = [state.frame]
    for _ in range(300):
        old, frame, owner = random.choice(maps), Frame(random.randint(0, 40)), Vm(random.randint(1, 3))
        maps.append(old.set(frame, old[frame].replace(owner=owner)))
        a, b = random.choice(maps), random.choice([*maps[-3:], old.reset(lambda at, _, gone=frame: at == gone)])
        every = {raw for m in (a, b) for raw in m.points if a.points.get(raw) is not b.points.get(raw)}
        assert {tuple(raw_keys(key)) for key in changed_keys(a, b)} == every
        seen.add(len(list(a.may_differ(b))) < len({*a.points, *b.points}))
    assert seen == {True, False}
    old, frame = maps[0], Frame(41)
    new = old.set(Frame(42), old[frame])
    new.points = old.set(frame, old[frame].replace(owner=Vm(9))).points  # as a policy might that goes past the language
    further = new.set(Frame(43), old[frame].replace(owner=Vm(9)))
    assert [{key[0].raw for key in changed_keys(old, m)} for m in (new, further)] == [{41}, {41, 43}]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_a_step_breaks_is_seen(state: MachineState, change: Change) -> None:
    """A leaf loses its authority by any of its parts, among more pairs than can all be looked at."""
    checker = Checker([CATALOGUE.statements[AUTHORITY]], MachineState)
    after = change(state)
    ((found, keys),) = checker.broken(after, state)
    assert found.name == AUTHORITY
    assert found.function(state, *keys)
    assert not found.function(after, *keys)
    assert [st.name for st, _ in checker.broken_anywhere(after)] == [AUTHORITY]
    checker.bounds = {AUTHORITY: []}
    assert checker.broken(after) == []  # by themselves the pairs are too many


def test_what_is_missing_is_seen(state: MachineState) -> None:
    """A search gave up a start and noted no blocker: there is no point of that map, and the search's record says where to look."""
    checker = Checker([CATALOGUE.statements[GIVEN_UP]], MachineState)
    gone_on = state.put("search", SEARCH, state.search[SEARCH].replace(nth=state.search[SEARCH].nth + 1, checked=Page(0)))
    assert [keys for _, keys in checker.broken(gone_on, state)] == [(SEARCH, state.search[SEARCH].nth)]
    assert [keys for _, keys in checker.broken(gone_on)] == [(SEARCH, state.search[SEARCH].nth)]
    assert checker.broken_anywhere(gone_on)


def test_what_a_step_removed_is_seen(state: MachineState) -> None:
    """The blockers of a search are dropped: no map has a point there any more, and the search's record did not change."""
    checker = Checker([CATALOGUE.statements[GIVEN_UP]], MachineState)
    before = state.put("search", SEARCH, state.search[SEARCH].replace(nth=state.search[SEARCH].nth + 1, checked=Page(0)))
    noted = before.blocker.set((SEARCH, state.search[SEARCH].nth), Blocker(noted=True))
    before = before._with(blocker=noted)
    after = before._with(blocker=noted.reset(lambda *_: True))
    assert checker.broken(before) == []
    checker.bounds = {GIVEN_UP: []}
    assert checker.broken(after, before)


class Watched:
    """A state that notes which of its parts are read."""

    def __init__(self, state: MachineState) -> None:
        """Begin with none."""
        self.state, self.read = state, set[str]()

    def __getattr__(self, name: str) -> Any:
        """Read a part."""
        self.read.add(name)
        return getattr(self.state, name)


def test_what_a_statement_reads_is_known(state: MachineState) -> None:
    """A statement is not looked at where no part that it reads changed: what it reads is no more than its code mentions.

    What the platform is does not change.
    """
    checker = Checker(list(CATALOGUE.statements.values()), MachineState)
    parts = set(MachineState.shapes())
    for statement, chosen in checker.plans:
        watched = Watched(state)
        for keys in checker.keys(statement, chosen, state) if statement.params else [()]:
            statement.function(watched, *keys)
        assert watched.read & parts <= checker.reads[statement.name], statement.name
        changing = {name for name, _ in chosen if not name.startswith("platform.")}
        assert changing <= checker.reads[statement.name], statement.name


def test_what_a_step_keeps_is_not_said_to_break(state: MachineState) -> None:
    """Every statement holds of the storeroom, wherever it is looked at because of what all its steps changed."""
    checker = Checker(list(CATALOGUE.statements.values()), MachineState)
    assert checker.broken(state, PLATFORMS["small"]()) == []
