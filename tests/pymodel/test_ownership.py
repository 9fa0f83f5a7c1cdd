"""Whose each part of the state is: who may write it, and that ghosts stay among themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

import pymodel
from proofs.engine.maps import SymbolicMap, argument, field_node, symbolic_state
from proofs.engine.paths import explore
from proofs.engine.terms import Node
from pymodel.hardware.ids import HOST, NOBODY, Frame, Index, Rid, Rights, Ticket, Vm
from pymodel.hardware.invalidation import Invalidation, Scope, issue
from pymodel.hardware.memory import Entry, EntryKind, scrub_frame, store, store_entry
from pymodel.hypervisor.ids import Job, Pin
from pymodel.hypervisor.memory import FrameKind, FrameRecord
from pymodel.language.json_form import read_json
from pymodel.language.state import BOOKKEEPING, GHOST, HARDWARE, POLICY, Map, MapShape, Owner, Record, State
from pymodel.language.steps import Transition
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS, small

TRANSITIONS = {t.name: t for t in steps(Hypervisor())}
PARTS = list(MachineState.shapes())


def ghosts(kind: type[State] = MachineState) -> set[str]:
    """Return the ghosts of a machine, each as part and field."""
    return {f"{part}.{f}" for part in kind.shapes() for f, owner in kind.record_of(part).owners().items() if owner is GHOST}


def test_each_field_of_the_machine_has_an_owner() -> None:
    """No record of the model is taken for a policy's own, and every kind of owner but that is there."""
    owners = {f"{part}.{f}": owner for part in PARTS for f, owner in MachineState.record_of(part).owners().items()}
    assert [name for name, owner in owners.items() if owner is POLICY] == []
    assert set(owners.values()) == set(Owner) - {POLICY}


@pytest.mark.parametrize("part", PARTS)
def test_put_and_replace_refuse_what_is_not_the_hypervisors(part: str) -> None:
    """Platform, hardware, ghosts and accounts are refused with the commands that write them; authority and bookkeeping are not."""
    s, record = small(), MachineState.record_of(part)
    closed = record.WHOSE in (Owner.PLATFORM, HARDWARE, GHOST) or part in ("count", "reference", "reference_list")
    if not closed:
        assert s.replace(**{part: getattr(s, part)}) == s
        return
    with pytest.raises(TypeError, match=record.BY or "no step"):
        s.replace(**{part: getattr(s, part)})
    if isinstance(MachineState.shapes()[part], MapShape):
        with pytest.raises(TypeError, match=record.BY or "no step"):
            s.put(part, None, record.default())


def test_what_is_issued_is_not_done() -> None:
    """Whatever a request says of itself: a policy that issues one as done has flushed nothing."""
    s = issue(read_json(MachineState, {}), Invalidation(scope=Scope.TAG, done=True))
    assert s.invalidation[Ticket(1)] == Invalidation(scope=Scope.TAG)


def test_the_platform_is_no_part_to_replace() -> None:
    """The platform as a whole is refused too, and is the same object in every later state."""
    s: Any = small()
    with pytest.raises(TypeError, match="platform is a state of its own"):
        s.replace(platform=s.platform)
    with pytest.raises(TypeError, match="no step"):
        s.platform.put("function", Rid(1), MachineState.record_of("platform.function").default())
    after = TRANSITIONS["boot"](s)
    assert after.platform is s.platform
    assert getattr(after, "platform.function") is s.platform.function


def test_a_policys_own_part_is_written_as_ever() -> None:
    """What a policy adds is its own: `put` takes it."""

    class Mode(Record):
        on: bool = False

    class Modes(MachineState):
        mode: Map[Pin, Mode]

    Modes.__annotations__ |= {"mode": Map[Pin, Mode]}
    s: Any = small(Modes)
    assert Mode.owners() == {"on": POLICY}
    assert s.put("mode", Pin(1), Mode(on=True)).mode[Pin(1)].on


def test_nothing_replaces_the_platform() -> None:
    """Not even the model's own way past the owners takes another platform, of which the axioms would not hold."""
    s: Any = small()
    with pytest.raises(TypeError, match="no field 'platform'"):
        s._with(platform=s.platform)


def test_only_commands_write_past_the_owners() -> None:
    """In the hypervisor's chapters only accounts and the notes of blockers are written by `_with`, and nothing by `_write`."""
    allowed = {("accounts", "take"), ("accounts", "drop"), ("windows", "note_blocker"), ("windows", "forget_blockers")}
    found = set()
    for path in sorted((Path(pymodel.__file__).parent / "hypervisor").rglob("*.py")):
        for function in [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)]:
            used = {n.attr for n in ast.walk(function) if isinstance(n, ast.Attribute)}
            found |= {(path.stem, function.name)} if used & {"_with", "_write"} else set()
    assert found == allowed


def test_a_store_changes_the_entry_alone() -> None:
    """A guest's or a device's store changes one entry, and the ghost that says whether the frame was written."""
    s: Any = small()
    s = TRANSITIONS["boot"](s)
    s = TRANSITIONS["donate"](s, caller=HOST, vm=HOST, frame=Frame(0x10))
    assert s.frame[Frame(0x10)].fresh
    after = store(s, Frame(0x10), Index(3), Entry(kind=EntryKind.LEAF, frame=Frame(7), rights=Rights(3)))
    assert [part for part in PARTS if getattr(after, part) != getattr(s, part)] == ["frame", "memory"]
    assert after.frame[Frame(0x10)] == s.frame[Frame(0x10)].replace(fresh=False)


@pytest.mark.parametrize(
    ("before", "written", "fresh"),
    [
        pytest.param(FrameRecord(kind=FrameKind.FREE), FrameRecord(owner=Vm(3), kind=FrameKind.DATA), True, id="given"),
        pytest.param(FrameRecord(), FrameRecord(owner=Vm(3), kind=FrameKind.POOL, fresh=True), False, id="no VM's memory"),
        pytest.param(
            FrameRecord(owner=Vm(3), kind=FrameKind.DATA, fresh=True),
            FrameRecord(owner=Vm(4), kind=FrameKind.DATA),
            True,
            id="passed on unwritten",
        ),
        pytest.param(
            FrameRecord(owner=Vm(3), kind=FrameKind.DATA),
            FrameRecord(owner=Vm(4), kind=FrameKind.DATA, fresh=True),
            False,
            id="passed on with content",
        ),
    ],
)
def test_a_frames_ghost_follows_its_rule(before: FrameRecord, written: FrameRecord, fresh: bool) -> None:
    """A frame is fresh from when nobody's becomes a VM's memory, whatever the code that writes it says."""
    s: Any = small()
    first = s.frame._write(Frame(1), before)
    assert first.set(Frame(1), written)[Frame(1)].fresh is fresh


def test_scrubbing_and_storing_are_the_hypervisors_ways_into_memory() -> None:
    """Both change memory and nothing else."""
    s: Any = small()
    for after in (scrub_frame(s, Frame(0x28)), store_entry(s, Frame(0x28), Index(0), Entry())):
        assert after.memory[Frame(0x28), Index(0)] == Entry()
        assert [part for part in PARTS if getattr(after, part) != getattr(s, part)] == ["memory"]


def roots(path: Any, state: Any) -> Iterator[tuple[str, Node]]:
    """Yield what a step does with what is no ghost: its conditions, the keys and values that it writes, whom it forgets."""
    yield "its condition", path.condition
    yield from (("a refusal", condition) for condition, _ in path.refusals)
    for name, shape in state.shapes().items() if path.outcome == "ok" else ():
        part, owners = getattr(path.value, name), state.record_of(name).owners()
        if not isinstance(shape, MapShape):
            yield from (
                (f"{name}.{f}", field_node(t, getattr(part, f))) for f, t in shape.fields().items() if owners[f] is not GHOST
            )
            continue
        assert isinstance(part, SymbolicMap)
        while part.parent is not None:
            kind, keys, *rest = part.update
            if kind == "set":
                yield from ((f"a key of {name}", key) for key in keys)
                fields = shape.record.fields().items()
                values = {f: field_node(t, getattr(rest[0], f)) for f, t in fields if owners[f] is not GHOST}
                yield from ((f"{name}.{f}", value) for f, value in values.items())
            else:
                yield f"a reset of {name}", rest[1]
            part = part.parent


def mentioned(root: Node) -> set[str]:
    """Return the parts and fields that a term mentions."""
    seen, out, stack = set[int](), set[str](), [root]
    while stack:
        node = stack.pop()
        if node.number not in seen:
            seen.add(node.number)
            stack.extend(node.args)
            out |= {str(node.data).rsplit("!", maxsplit=1)[-1]} if node.op in ("var", "app") else set()
    return out


def leaks(transition: Transition, kind: type[State] = MachineState) -> set[tuple[str, str]]:
    """Return each place of a step that depends on a ghost and is none itself, with the ghost."""
    state, hidden = symbolic_state(kind), ghosts(kind)
    arguments = {n: argument(t, f"arg!{n}") for n, t in transition.params.items()}
    paths = list(explore(lambda: transition(state, **arguments)))
    assert paths
    return {(where, ghost) for path in paths for where, root in roots(path, state) for ghost in mentioned(root) & hidden}


@pytest.mark.parametrize("name", TRANSITIONS)
def test_a_ghost_flows_into_ghosts_alone(name: str) -> None:
    """No step of the machine decides by a ghost, nor writes what it says of one into anything else."""
    assert leaks(TRANSITIONS[name]) == set()


def test_a_ghost_that_flows_elsewhere_is_seen() -> None:
    """The twin: a policy that answers by a ghost, or copies one, is told where."""

    class Asks(Hypervisor):
        def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
            after = super().donate(s, caller, vm, frame)
            return s if s.frame[Frame(9)].fresh else after

        def search_end(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
            noted = s.blocker[job, s.search[job].nth].noted
            return super().search_end(s, caller, job).put("frame", Frame(1), FrameRecord(owner=NOBODY, clean=noted))

    found = {t.name: leaks(t) for t in steps(Asks())}
    assert ("its condition", "frame.fresh") in found["donate"]
    assert ("frame.clean", "blocker.noted") in found["search_end"]


def test_who_says_so_for_one_field() -> None:
    """A field may have another owner than its record."""

    class Mixed(Record, whose=HARDWARE):
        one: bool = False
        other: Annotated[bool, BOOKKEEPING] = False

    Mixed.__annotations__ |= {"other": Annotated[bool, BOOKKEEPING]}
    assert Mixed.owners() == {"one": HARDWARE, "other": BOOKKEEPING}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_a_step_of_the_reference_leaves_alone_is_the_same_object(platform: str) -> None:
    """The platform's parts are carried along and never made anew."""
    s = PLATFORMS[platform]()
    after = TRANSITIONS["boot"](s)
    assert [p for p in PARTS if p.startswith("platform.") and getattr(after, p) is not getattr(s, p)] == []
