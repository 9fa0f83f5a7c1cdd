"""Two runs from boot that a VM cannot tell apart: whatever it asks, it is answered the same in both, and sees the same afterwards.

The proofs say this of one step, question by question (`an_answer_tells_only_what_the_caller_sees`). Here it is said of pairs of
runs: they differ in what two other VMs keep in memory, map, grant each other, pin, look for and are told of faults, and in where
their frames lie; the caller, or the host, sees none of that. What somebody sees is told by that statement itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

import pytest

from proofs.search.scenarios.runs.basics import old_invalidations
from proofs.search.scenarios.runs.parts import (
    CLEAR,
    Script,
    cleaned,
    created,
    device,
    fill,
    given,
    its,
    leaf,
    pool,
    run,
    space,
    walk,
)
from proofs.theorems.operations.answers import an_answer_tells_only_what_the_caller_sees as is_told
from proofs.theorems.operations.authority import owner_of_memory
from proofs.theorems.operations.keyed import at_key
from pymodel.hardware.ids import AddressWidth, Frame, Index, Level, Page, Rid, Rights, Vm
from pymodel.hypervisor.ids import Grant, Handle, Job, Pin, Space
from pymodel.language.outcomes import Reason, Refused, require
from pymodel.language.state import MapShape
from pymodel.language.steps import Transition
from pymodel.language.words import Choice
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS
from tests.tiers import sampled

HOST, A, B, C = 2, 3, 4, 5
#: What things are called that have names: the caller's own, those that are nobody's yet, and the numbers that two other VMs have
#: for theirs, whichever of the two it is.
MY_CPU_SPACE, MY_IO_SPACE, MY_SPARE_SPACE, NEW_SPACE = (its(A, n) for n in (1, 2, 3, 7))
THEIR_SPACE, THEIR_IO_SPACE, THEIR_OTHER_SPACE = 4, 5, 6
MY_TAG, MY_IO_TAG, MY_SPARE_TAG, THEIR_TAG, THEIR_IO_TAG, THEIR_OTHER_TAG, NEW_TAG = 1, 0x10001, 3, 4, 0x10005, 6, 7
MY_GRANT, GRANT_TO_ME, NEW_GRANT, NEW_HANDLE = its(A, 1), its(B, 2), its(A, 4), its(A, 2)
MY_PIN, NEW_PIN, MY_JOB, MY_SEARCH, NEW_JOB = its(A, 1), its(A, 3), its(A, 1), its(A, 2), its(A, 5)
THEIR_GRANT, THEIR_HANDLE, THEIR_PIN, THEIR_JOB, THEIR_SEARCH = 3, 1, 2, 3, 4
MY_VCPU, THEIR_VCPU = 1, 2
MY_FUNCTION, THEIR_FUNCTION, CLEAN_FUNCTION = 0x10, 0x18, 0xFE00
#: Frames: the caller's tables and data, those that the others have in one run or the other, and free ones.
MY_TABLES, MY_POOL, MY_PAGES = range(0x10, 0x16), range(0x16, 0x19), range(0x19, 0x20)
TABLES, PAGES, GRANTED, FREE = range(0x200, 0x209), range(0x209, 0x211), 0x211, (0x220, 0x221)
RW, READ, PAGE, BLOCK = 3, 1, 0, 1


@dataclass(frozen=True)
class Secret:
    """What two runs differ in."""

    others: tuple[int, int] = (B, C)
    """Which of the other VMs does what."""
    tables: tuple[int, ...] = tuple(TABLES)
    pages: tuple[int, ...] = tuple(PAGES)
    mapped: tuple[int, ...] = (1, 2)
    """At which pages one of them maps its own."""
    content: tuple[int, ...] = (1, 2)
    rights: int = RW
    width: int = 64
    start: int = 0x100
    total: int = 8
    looked: int = 1
    fault: int = 0x30
    listed: int = 1


def drawn(seed: int, known: Secret | None = None) -> Secret:
    """Draw a secret; who has which frames, and how many references there are, as a known one has it, if one is given."""
    r = Random(seed)  # noqa: S311 - drawn, and not to be kept
    shuffled = [tuple(r.sample(part, len(part))) for part in (TABLES, PAGES)]
    out = Secret(
        others=r.choice(((B, C), (C, B))),
        tables=shuffled[0],
        pages=shuffled[1],
        mapped=tuple(r.sample(range(1, 60), 2)),
        content=tuple(r.sample(range(1, 1 << 20), 2)),
        rights=r.choice((READ, RW)),
        width=r.choice((32, 48, 64)),
        start=r.randrange(1, 1 << 19),
        total=r.randrange(4, 40),
        looked=r.randrange(3),
        fault=r.randrange(0x30, 0x200),
        listed=r.randrange(1, 5),
    )
    return out if known is None else replace(out, others=known.others, tables=known.tables, pages=known.pages)


def world(x: Secret) -> Script:
    """Return a run to where the caller has something of everything, and so have two others."""
    one, other = x.others
    mine, theirs = list(MY_TABLES), list(x.tables)
    cpu_space, io_space, other_space = its(one, THEIR_SPACE), its(one, THEIR_IO_SPACE), its(other, THEIR_OTHER_SPACE)
    job, search, grant, handle = its(one, THEIR_JOB), its(one, THEIR_SEARCH), its(one, THEIR_GRANT), its(other, THEIR_HANDLE)
    out: Script = [("boot", {})]
    owned = {A: [*MY_TABLES, *MY_POOL, *MY_PAGES], one: [*theirs[:6], *x.pages[:4]], other: [*theirs[6:], *x.pages[4:]]}
    owned[B] = [*owned[B], GRANTED]
    for vm in (A, B, C):
        out += [("create_vm", {"caller": HOST, "vm": vm}), *[step for n in owned[vm] for step in given(vm, range(n, n + 1))]]
        out += [("start_vm", {"caller": HOST, "vm": vm})]
    out += old_invalidations()
    out += space(A, MY_CPU_SPACE, MY_TAG, mine[:3], 0) + space(A, MY_IO_SPACE, MY_IO_TAG, mine[3:], 1)
    out += leaf(A, MY_CPU_SPACE, 0, MY_PAGES[0]) + leaf(A, MY_IO_SPACE, 0, MY_PAGES[0]) + pool(A, list(MY_POOL))
    out += created(A, MY_SPARE_SPACE, MY_POOL[0], MY_SPARE_TAG, 0)
    out += [*device(MY_FUNCTION, A, MY_IO_SPACE), *cleaned(CLEAN_FUNCTION)]
    out += space(one, cpu_space, THEIR_TAG, theirs[:3], 0) + space(one, io_space, THEIR_IO_TAG, theirs[3:6], 1)
    out += space(other, other_space, THEIR_OTHER_TAG, theirs[6:], 0)
    for page, frame in zip((0, *x.mapped), (x.pages[0], *x.pages[:2]), strict=True):
        out += leaf(one, cpu_space, page, frame, RW if page == 0 else x.rights)
    out += [*run(one, cpu_space, 1, THEIR_VCPU), ("cpu_root", {"cpu": 1}), *walk(THEIR_TAG, theirs[:2]), *fill(1, theirs[2], 0)]
    for index, target in enumerate(x.content):
        stored = {"index": index, "kind": 1, "target": target, "rights": RW}
        out += [("guest_store", {"cpu": 1, "asid": 0, "va": 0, **stored})]
    out += [
        ("share", {"caller": A, "grant": MY_GRANT, "frame": MY_PAGES[1], "to": B, "rights": RW}),
        ("share", {"caller": B, "grant": GRANT_TO_ME, "frame": GRANTED, "to": A, "rights": RW}),
        ("share", {"caller": one, "grant": grant, "frame": x.pages[2], "to": other, "rights": x.rights}),
        ("take_handle", {"caller": other, "handle": handle, "grant": grant}),
        ("pin", {"caller": A, "pin": MY_PIN, "frame": MY_PAGES[2]}),
        ("pin", {"caller": other, "pin": its(other, THEIR_PIN), "frame": x.pages[5]}),
        *begun(A, MY_IO_SPACE, MY_JOB, MY_SEARCH, 0x80, RW, 64, 3),
        *begun(one, io_space, job, search, x.start, x.rights, x.width, x.total),
        *[("job_extent", {"caller": one, "job": job, "frame": x.pages[n], "pages": n + 1}) for n in range(x.listed)],
        *[("search_step", {"caller": one, "job": search})] * x.looked,
        *device(THEIR_FUNCTION, one, io_space),
        ("dma_issue", {"request": 1, "rid": THEIR_FUNCTION, "page": x.fault, "write": 1}),
        ("dma_fault", {"request": 1}),
    ]
    return out


def begun(vm: int, number: int, job: int, search: int, start: int, rights: int, width: int, total: int) -> Script:  # noqa: PLR0913, PLR0917
    """Let a VM begin a job and a search in one of its address spaces."""
    of = {"caller": vm, "space": number, "width": width}
    return [
        ("job_begin", {**of, "job": job, "start": start, "rights": rights}),
        ("search_begin", {**of, "job": search, "total": total, "level": PAGE}),
    ]


Steps = dict[str, Transition]


def named(policy: Hypervisor) -> Steps:
    """Return the steps of a policy by name."""
    return {t.name: t for t in steps(policy)}


REFERENCE = named(Hypervisor())


def taken(s: Any, step: Transition, raw: dict[str, int]) -> Any:
    """Take a step with its arguments as numbers."""
    return step(s, **{n: kind(raw.get(n, 0)) for n, kind in step.params.items()})


@cache
def booted(x: Secret) -> Any:
    """Return the state that a run from boot ends in."""
    s: Any = PLATFORMS["small"]()
    for name, raw in world(x):
        s = taken(s, REFERENCE[name], raw)
    return s


def keys(s: Any, t: Any, part: str) -> Iterator[tuple[Any, ...]]:
    """Return the keys of a part at which one of two states has something."""
    shape = MachineState.shapes()[part]
    if not isinstance(shape, MapShape):
        yield ()
        return
    for raw in {raw for one in (s, t) for raw, _ in getattr(one, part).points.items()}:
        yield tuple(kind(n) for kind, n in zip(shape.keys, raw, strict=True))


def differences(s: Any, t: Any, name: str, given_args: dict[str, Any]) -> list[str]:
    """Return what a caller sees that is not the same in two states; its own data it sees as well, if no operation looks at it."""
    caller, out = given_args["caller"], []
    for part in MachineState.shapes():
        for key in keys(s, t, part):
            mine, theirs = (at_key(getattr(one, part), key) for one in (s, t))
            own_data = part == "memory" and owner_of_memory(s, *key) == caller
            for field in mine.fields():
                seen = [own_data or is_told(one, name, given_args, None, part, field, key) for one in (s, t)]
                if seen[0] != seen[1] or (seen[0] and getattr(mine, field) != getattr(theirs, field)):
                    out.append(f"{part}[{key}].{field}")
    return out


def answered(known: Steps, s: Any, step: str, raw: dict[str, int]) -> tuple[str, Any]:
    """Return what a policy answers, yes or a reason, and the state afterwards."""
    try:
        return "yes", taken(s, known[step], raw)
    except Refused as refused:
        return str(refused.reason), s


def told_apart(known: Steps, pair: tuple[Any, Any], step: str, raw: dict[str, int]) -> str:
    """Return how a request tells two states apart; nothing if it does not."""
    (yes, s), (no, t) = (answered(known, one, step, raw) for one in pair)
    if yes != no:
        return f"{step} {raw}: {yes}, and {no}"
    if yes != "yes":
        return ""  # nothing has changed
    args = {n: kind(raw.get(n, 0)) for n, kind in REFERENCE[step].params.items()}
    return "; ".join(differences(s, t, step, args))


@cache
def pairs(caller: int) -> list[tuple[Any, Any]]:
    """Return pairs of states that a caller cannot tell apart, of runs that differ."""
    first = Secret()
    found = [(booted(first), booted(drawn(seed, first if caller == HOST else None))) for seed in range(6)]
    found += [(booted(drawn(n)), booted(drawn(n + 100, drawn(n) if caller == HOST else None))) for n in range(3)]
    return found


#: What is granted, by whom it is asked.
GRANTED_REQUESTS: list[tuple[str, dict[str, int]]] = [
    ("map", {"caller": A, "space": MY_CPU_SPACE, "page": 2, "level": PAGE, "frame": MY_PAGES[3], "rights": RW}),
    ("unmap", {"caller": A, "space": MY_CPU_SPACE, "page": 0, "level": PAGE}),
    ("protect", {"caller": A, "space": MY_IO_SPACE, "page": 0, "level": PAGE, "rights": READ}),
    ("share", {"caller": A, "grant": NEW_GRANT, "frame": MY_PAGES[3], "to": C, "rights": READ}),
    ("unshare", {"caller": A, "grant": MY_GRANT}),
    ("take_handle", {"caller": A, "handle": NEW_HANDLE, "grant": GRANT_TO_ME}),
    ("pin", {"caller": A, "pin": NEW_PIN, "frame": MY_PAGES[3]}),
    ("unpin", {"caller": A, "pin": MY_PIN}),
    ("create_space", {"caller": A, "space": NEW_SPACE, "root": MY_POOL[1], "io": 0, **CLEAR}),
    ("use_space", {"caller": A, "vm": A, "space": MY_CPU_SPACE}),
    ("retire_tag", {"caller": A, "space": MY_SPARE_SPACE}),
    ("link_table", {"caller": A, "space": MY_CPU_SPACE, "page": 0x200, "level": BLOCK, "child": MY_POOL[2]}),
    ("close_table", {"caller": A, "table": MY_TABLES[2]}),
    ("begin_retype", {"caller": A, "frame": MY_PAGES[4]}),
    ("transfer", {"caller": A, "frame": MY_PAGES[5], "to": B}),
    ("reclaim", {"caller": A, "frame": MY_PAGES[6]}),
    ("job_begin", {"caller": A, "job": NEW_JOB, "space": MY_IO_SPACE, "start": 0x90, "rights": READ, "width": 64}),
    ("job_extent", {"caller": A, "job": MY_JOB, "frame": MY_PAGES[3], "pages": 1}),
    ("search_step", {"caller": A, "job": MY_SEARCH}),
    ("set_master", {"caller": A, "rid": MY_FUNCTION, "on": 0}),
    ("detach", {"caller": A, "rid": MY_FUNCTION}),
    ("handle_fault", {"caller": A, "rid": MY_FUNCTION, "page": 3, "frame": MY_PAGES[3], "rights": RW}),
    ("kill_vm", {"caller": A, "vm": A}),
    ("donate", {"caller": HOST, "vm": A, "frame": FREE[0]}),
    ("attach", {"caller": HOST, "rid": CLEAN_FUNCTION, "vm": A, "space": MY_IO_SPACE}),
    ("create_vcpu", {"caller": HOST, "vm": A, "vcpu": MY_VCPU}),
    ("create_vm", {"caller": HOST, "vm": 6}),
    ("detach", {"caller": HOST, "rid": THEIR_FUNCTION}),
    ("kill_vm", {"caller": HOST, "vm": B}),
]


def theirs(*numbers: int) -> tuple[int, ...]:
    """Return the names of things of the two other VMs with these numbers, whichever of them has them."""
    return tuple(its(vm, n) for n in numbers for vm in (B, C))


#: What an argument may be, by its name in an operation: what is the caller's, the others', free, and wrong.
SPACES = (MY_CPU_SPACE, MY_IO_SPACE, MY_SPARE_SPACE, NEW_SPACE, *theirs(THEIR_SPACE, THEIR_IO_SPACE, THEIR_OTHER_SPACE))
FRAMES = (*MY_TABLES, *MY_POOL, *MY_PAGES, *TABLES, *PAGES, GRANTED, *FREE)
JOBS = (0, MY_JOB, MY_SEARCH, NEW_JOB, *theirs(THEIR_JOB, THEIR_SEARCH))
FUNCTIONS = (MY_FUNCTION, THEIR_FUNCTION, CLEAN_FUNCTION)
CHOICES: dict[str, tuple[int, ...]] = {
    "Vm": (HOST, A, B, C, 6),
    "Space": SPACES,
    "Frame": FRAMES,
    "Tag": (MY_TAG, MY_IO_TAG, MY_SPARE_TAG, THEIR_TAG, THEIR_IO_TAG, THEIR_OTHER_TAG, NEW_TAG),
    "Grant": (MY_GRANT, GRANT_TO_ME, NEW_GRANT, *theirs(THEIR_GRANT)),
    "Handle": (NEW_HANDLE, *theirs(THEIR_HANDLE)),
    "Pin": (MY_PIN, NEW_PIN, *theirs(THEIR_PIN)),
    "Job": JOBS,
    "Rid": FUNCTIONS,
    "Vcpu": (MY_VCPU, THEIR_VCPU, 3),
    "Page": (0, 1, 2, 3, 0x80, 0x100, 0x200),
    "Ticket": tuple(range(9)),
    "AddressWidth": (32, 48, 64),
}
#: Requests that are drawn of each operation.
DRAWS = 24


def requests(step: Transition, caller: int) -> Iterator[dict[str, int]]:
    """Draw requests of an operation: from what there is, whosever it is, and now and then from small numbers."""
    r = Random(f"{step.name} {caller}")  # noqa: S311 - drawn, and not to be kept
    for _ in range(DRAWS):
        yield {n: r.choice(choices(kind)) for n, kind in step.params.items()} | {"caller": caller}


def choices(kind: type) -> tuple[int, ...]:
    """Return what an argument of a type is drawn from."""
    if kind is bool:
        return 0, 1
    return tuple(range(len(kind.names))) if issubclass(kind, Choice) else CHOICES.get(kind.__name__, (0, 1, 2, 3))


class PinTells(Hypervisor):
    """Pins nothing while the others' memory has an odd number at its start."""

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        """Look at what somebody wrote."""
        require((s.memory[Frame(PAGES[0]), Index(0)].frame & 1) == 0, Reason.EXHAUSTED)
        return super().pin(s, caller, pin, frame)


class ShareTells(Hypervisor):
    """Shares nothing while another VM's grant is one to write."""

    def share(self, s: MachineState, caller: Vm, grant: Grant, frame: Frame, to: Vm, rights: Rights) -> MachineState:
        """Look at the grant of another VM's."""
        require(s.grant[Grant(its(B, THEIR_GRANT))].rights != Rights(RW), Reason.EXHAUSTED)
        return super().share(s, caller, grant, frame, to, rights)


class UnpinTells(Hypervisor):
    """Refuses to give up another VM's pin for a reason that tells which frames are whose."""

    def unpin(self, s: MachineState, caller: Vm, pin: Pin) -> MachineState:
        """Give another reason, if the pin is the last VM's."""
        require(s.frame[s.pin[pin].frame].owner != Vm(C), Reason.NOT_OWNED)
        return super().unpin(s, caller, pin)


class MapMarks(Hypervisor):
    """Marks a leaf as accessed where another VM looks for an odd number of pages."""

    def map(
        self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, frame: Frame, rights: Rights
    ) -> MachineState:
        """Map, and tell by the bit."""
        after = super().map(s, caller, space, page, level, frame, rights)
        table, index = self.slot_for(s, space, page, level)
        told = (s.search[Job(its(B, THEIR_SEARCH))].total & 1) == 1
        entry = after.memory[table, index].replace(accessed=told)
        return after._with(memory=after.memory.set((table, index), entry))


class JobTells(Hypervisor):
    """Begins no job where another one is for narrow devices."""

    def job_begin(
        self, s: MachineState, caller: Vm, job: Job, space: Space, start: Page, rights: Rights, width: AddressWidth
    ) -> MachineState:
        """Look at the other job."""
        require(s.job[Job(its(B, THEIR_JOB))].width != AddressWidth(32), Reason.IN_USE)
        return super().job_begin(s, caller, job, space, start, rights, width)


class HandleTells(Hypervisor):
    """Notes in a new handle where another VM's device had its fault."""

    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        """Note it where a table will be."""
        after = super().take_handle(s, caller, handle, grant)
        told = s.fault[Rid(THEIR_FUNCTION)].page.to(Frame)
        return after.put("handle", handle, after.handle[handle].replace(cpu_table=told))


class DonateTells(Hypervisor):
    """Gives a frame where a VM has stored something, and refuses it where that is an odd number."""

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        """Look at what the host does not see."""
        require((s.memory[Frame(PAGES[0]), Index(1)].frame & 1) == 0, Reason.OCCUPIED)
        return super().donate(s, caller, vm, frame)


#: Policies that tell, each with the operation by which it does.
TELLING = (
    (PinTells, "pin"),
    (ShareTells, "share"),
    (UnpinTells, "unpin"),
    (MapMarks, "map"),
    (JobTells, "job_begin"),
    (HandleTells, "take_handle"),
    (DonateTells, "donate"),
)


def found(known: Steps, step: str, raw: dict[str, int]) -> list[str]:
    """Return how a request tells apart the pairs that its caller cannot tell apart."""
    return [told for pair in pairs(raw["caller"]) if (told := told_apart(known, pair, step, raw))]


@pytest.mark.parametrize("caller", [A, HOST])
def test_the_runs_differ_and_the_caller_sees_no_difference(caller: int) -> None:
    """In each pair other VMs' memory, mappings, jobs and faults differ; the caller sees much of each state, and all of it alike."""
    for s, t in pairs(caller):
        assert differences(s, t, "map", {"caller": Vm(caller)}) == []
        assert {"memory", "slot_note", "job", "search", "fault"} <= {p for p in MachineState.shapes() if not alike(s, t, p)}
    s = booted(Secret())
    more = answered(REFERENCE, s, *GRANTED_REQUESTS[0])[1]
    assert bool(differences(s, more, "map", {"caller": Vm(A)}))
    assert alike(s, s, "memory")


def alike(s: Any, t: Any, part: str) -> bool:
    """Say whether a part of two states is the same."""
    return all(at_key(getattr(s, part), key) == at_key(getattr(t, part), key) for key in keys(s, t, part))


@pytest.mark.parametrize(("step", "raw"), GRANTED_REQUESTS, ids=[f"{step} {raw['caller']}" for step, raw in GRANTED_REQUESTS])
def test_what_is_granted_is_granted_in_both_runs(step: str, raw: dict[str, int]) -> None:
    """The request is granted in every run, and what the caller sees afterwards is the same in both of a pair."""
    assert {answered(REFERENCE, s, step, raw)[0] for pair in pairs(raw["caller"]) for s in pair} == {"yes"}
    assert found(REFERENCE, step, raw) == []


@pytest.mark.parametrize("caller", sampled([A, HOST]))
def test_whatever_is_asked_is_answered_the_same_in_both_runs(caller: int) -> None:
    """Each operation, of whatever there is: of the others' things a caller hears what it hears of them in the other run."""
    asked = [step for step in REFERENCE.values() if step.actor == "hypervisor" and "caller" in step.params]
    assert len(asked) > 60
    answers = set[str]()
    for step in asked:
        for raw in requests(step, caller):
            for pair in pairs(caller)[::3]:
                assert told_apart(REFERENCE, pair, step.name, raw) == ""
                answers.add(answered(REFERENCE, pair[0], step.name, raw)[0])
    assert {"yes", "NOT_ALLOWED", "OCCUPIED", "WRONG_STATE"} <= answers


@pytest.mark.parametrize(("policy", "step"), TELLING)
def test_a_policy_that_tells_is_found(policy: type[Hypervisor], step: str) -> None:
    """Some pair of runs is told apart: by yes or no, by the reason, or by what the caller sees afterwards."""
    mine = [raw for name, raw in GRANTED_REQUESTS if name == step]
    drawn_ones = [raw for caller in (A, HOST) for raw in requests(REFERENCE[step], caller)]
    assert any(found(named(policy()), step, raw) for raw in (*mine, *drawn_ones))
