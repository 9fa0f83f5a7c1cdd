"""Content: what runs show of it, and changes of hardware and of the table of authority that one statement alone notices."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from proofs.engine.induction import Induction, Limits
from proofs.engine.query import FIRST
from proofs.engine.solvers.solver import forget
from proofs.policies.policy_statements import statements_of
from proofs.search.concrete import changed_keys
from proofs.search.replaying import arguments, take
from proofs.search.scenarios.runs.basics import hypervisors_own, in_flight, vms
from proofs.search.scenarios.runs.memory import grants
from proofs.search.scenarios.runs.parts import CPU_A, CPU_TAG_A, HOST, LEAF, RW, A, B, Script, fill, leaf, run, space, walk
from proofs.search.scenarios.teardown import numbered, unmapped
from proofs.statements import Kind
from proofs.theorems import CATALOGUE
from proofs.theorems.operations import authority
from proofs.theorems.operations.contracts import WORLD
from proofs.theorems.operations.terms.vms import is_looked_after
from proofs.theorems.promises import content
from pymodel.hardware.access import Granted, Writer
from pymodel.hardware.caches import Caches, entry_through
from pymodel.hardware.cpu import Guests, cpu_access
from pymodel.hardware.ids import READ, Asid, Cpu, Frame, Index, Page, Request, Rights, VirtualPage, Vm
from pymodel.hardware.iommu import Devices, RequestRecord
from pymodel.hardware.memory import Entry, EntryKind, scrub_frame, store
from pymodel.hypervisor.accounts import drop
from pymodel.hypervisor.ids import HolderKind, holder
from pymodel.hypervisor.leaves import remove_leaf
from pymodel.hypervisor.memory import FrameKind, FrameRecord, is_unreferenced
from pymodel.hypervisor.tables import TablePhase
from pymodel.hypervisor.vms import Life
from pymodel.language.outcomes import Reason, require
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import choose
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS

STATED = {name for name, st in CATALOGUE.statements.items() if st.area is content.AREA}


def test_each_is_promised() -> None:
    """Each statement is a clause of a theorem."""
    cited = {clause for theorem in CATALOGUE.theorems.values() for clause in theorem.clauses}
    assert len(STATED) > 9
    assert cited >= STATED


# What runs show


def stored(cpu: int) -> Script:
    """Write by a CPU at its first page, or at the one that is granted."""
    return [("guest_store", {"cpu": cpu, "asid": 0, "va": cpu, "index": 3, "kind": LEAF, "target": 0x30, "rights": RW})]


DELIVERED = ("dma_deliver", {"request": 1, "index": 0, "kind": LEAF, "target": 0x1C, "rights": RW})
#: VM A writes, is killed and writes, is stopped, and the host takes back what it wrote.
ENDED: Script = numbered(
    [
        *vms(),
        *space(A, CPU_A, CPU_TAG_A, [0x10, 0x11, 0x12], 0),
        *leaf(A, CPU_A, 0, 0x16),
        *run(A, CPU_A, 0, 1),
        *[("cpu_root", {"cpu": 0}), *walk(CPU_TAG_A, [0x10, 0x11]), *fill(0, 0x12, 0)],
        ("mark", {"tag": CPU_TAG_A, "table": 0x12, "page": 0, "write": 1}),
        ("kill_vm", {"caller": HOST, "vm": A}),
        *stored(0),
        *[(step, {"cpu": 0}) for step in ("switch_out", "unload")],
        *[("destroy_vcpu", {"caller": HOST, "vcpu": 1}), ("drain_vm", {"caller": HOST, "vm": A})],
        *unmapped(HOST, CPU_A, 0, CPU_TAG_A),
        ("reclaim", {"caller": HOST, "frame": 0x16}),
    ]
)
RUNS = ([*grants(), *stored(0), *stored(1)], [*in_flight(0x10), DELIVERED], [*hypervisors_own(), ("free", {"frame": 0x26})], ENDED)
#: What is to be seen: the step, what it writes into, who writes (none for an operation), whose it is, if it is given up.
SHOWN = {
    "an owner's store": ("guest_store", FrameKind.DATA, A, A, False),
    "a store by a grant": ("guest_store", FrameKind.DATA, B, A, False),
    "a device's write": ("dma_deliver", FrameKind.DATA, A, A, False),
    "a walk's mark": ("mark", FrameKind.TABLE, 1, A, False),
    "a table written": ("map", FrameKind.TABLE, None, A, False),
    "data scrubbed as it is given up": ("reclaim", FrameKind.DATA, None, A, True),
    "the hypervisor's write": ("hypervisor_writes", FrameKind.HYPERVISOR, None, 1, False),
    "the hypervisor's frame scrubbed": ("free", FrameKind.HYPERVISOR, None, 1, True),
}


def test_runs_show_each_way_of_changing_memory() -> None:
    """Scripted runs of the reference write in each way that the statements let through; a dying VM still writes."""
    known = {t.name: t for t in steps(Hypervisor())}
    seen, lives = set[tuple[Any, ...]](), set[tuple[Any, ...]]()
    for script in RUNS:
        s: Any = PLATFORMS["small"](MachineState)
        for number, (name, given) in enumerate(script):
            typed = arguments(known[name], given, number)
            after, refused = take(known[name], s, typed)
            assert not refused, (name, given, refused)
            for p, _ in changed_keys(s.memory, after.memory) if s.memory is not after.memory else ():
                old, new, writer = s.frame[p], after.frame[p], content.writer_of(s, name, typed)
                seen.add((name, old.kind, writer and writer.vm.raw, old.owner.raw, repr(old.kind) != repr(new.kind)))
                lives.add((name, s.vm[old.owner].life))
            s = after
    assert {text: found for text, found in SHOWN.items() if found not in seen} == {}
    assert {("guest_store", Life.DYING), ("reclaim", Life.DRAINED)} <= lives


# Changes that one statement notices


def failing(policy: Hypervisor, step: str, without: str = "") -> set[str]:
    """Return the statements about steps that are not proved of one; an invariant may be left out of what is assumed."""
    forget()
    invariants, about, _ = statements_of(policy)
    induction = Induction(policy, [st for st in invariants if st.name != without], [], Limits(), about)
    made = induction.explored(next(t for t in steps(policy) if t.name == step))
    asked = [st for st in about if st.kind == Kind.STEP]
    return {st.name for st in asked if not induction.decided_of(made, st, FIRST).holds}


def stores_where_it_may_read(  # noqa: PLR0913, PLR0917 - as the step
    self: Any, s: Any, cpu: Cpu, asid: Asid, va: VirtualPage, index: Index, kind: EntryKind, target: Frame, rights: Rights
) -> Any:
    """Let a guest write what it may read."""
    del self
    answer = cpu_access(s, cpu, asid, va, READ)
    require(isinstance(answer, Granted), Reason.RIGHTS)
    require(index <= 511, Reason.OUT_OF_RANGE)
    f = s.frame[answer.frame]  # type: ignore[union-attr]
    require(any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING), Reason.WRONG_STATE)
    return store(s, answer.frame, index, Entry(kind=kind, frame=target, rights=rights))  # type: ignore[union-attr]


def wipes_free_memory(  # noqa: PLR0913, PLR0917 - as the step
    self: Any, s: Any, cpu: Cpu, asid: Asid, va: VirtualPage, index: Index, kind: EntryKind, target: Frame, rights: Rights
) -> Any:
    """Let a guest wipe a free frame."""
    del self, cpu, asid, va, kind, rights
    require(s.frame[target].kind == FrameKind.FREE, Reason.WRONG_STATE)
    return s._with(memory=s.memory.set((target, index), Entry.default()))


def logs(self: Any, s: Any, cpu: Cpu, table: Frame, page: Page, wanted: Rights) -> Any:
    """Let a CPU that faults note it in a frame of the hypervisor's, which is declared."""
    del self, cpu, page
    f = s.frame[table]
    require(all_of(f.kind == FrameKind.HYPERVISOR, negate(f.clean)), Reason.WRONG_STATE)
    return s._with(memory=s.memory.set((table, Index(0)), Entry(kind=EntryKind.STALE, rights=wanted)))


def marks_at_a_fault(self: Any, s: Any, cpu: Cpu, table: Frame, page: Page, wanted: Rights) -> Any:
    """Set the accessed bit of a leaf that does not give what was wanted."""
    del self
    c = s.cpu[cpu]
    require(all_of(c.stage2, c.vcpu != 0), Reason.WRONG_STATE)
    entry, index, _ = entry_through(s, c.tag, table, page)
    require(all_of(entry.kind == EntryKind.LEAF, negate(entry.rights.allows(wanted))), Reason.RIGHTS)
    live = s.vm[s.space[s.table[table].space].vm].life == Life.LIVE
    return s._with(memory=s.memory.set((table, index), entry.replace(accessed=choose(live, READ, entry.rights) == READ)))


def marks_at_delivery(self: Any, s: Any, request: Request, index: Index, kind: EntryKind, target: Frame, rights: Rights) -> Any:
    """Let a device set the dirty bit of the leaf by which its request was translated."""
    del self, index, kind, target, rights
    r = s.request[request]
    e = s.memory[r.table, r.index]
    require(all_of(e.kind == EntryKind.LEAF, s.frame[r.table].kind == FrameKind.TABLE), Reason.WRONG_STATE)
    after = s._with(request=s.request.set(request, RequestRecord.default()))
    return after._with(memory=s.memory.set((r.table, r.index), e.replace(dirty=True)))


def host_on(s: Any, cpu: Cpu) -> Writer:
    """Take what a guest writes for the host's."""
    del s, cpu
    return Writer(Vm(2), Frame(0), Index(0))


@pytest.mark.parametrize(
    ("where", "step", "changed", "statement"),
    [
        (Guests, "guest_store", stores_where_it_may_read, "a_vms_data_is_written_by_who_may"),
        (Guests, "guest_store", wipes_free_memory, "what_is_nobodys_is_only_scrubbed"),
        (Devices, "dma_deliver", marks_at_delivery, "a_table_is_written_as_a_table"),
    ],
)
def test_one_statement_notices(
    monkeypatch: pytest.MonkeyPatch, where: type, step: str, changed: Callable[..., Any], statement: str
) -> None:
    """Other hardware breaks one promise about steps alone."""
    changed.__step__ = getattr(where, step).__step__  # type: ignore[attr-defined]
    monkeypatch.setattr(where, step, changed)
    assert failing(Hypervisor(), step) == {statement}


@pytest.mark.long
def test_a_declared_log_is_the_hypervisors_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardware that writes into the hypervisor's frames is noticed, though it says that it writes."""
    logs.__step__ = "hardware"  # type: ignore[attr-defined]
    monkeypatch.setattr(Caches, "cpu_fault", logs)
    monkeypatch.setitem(WORLD, "cpu_fault", dataclasses.replace(WORLD["cpu_fault"], writes=WORLD["mark"].writes))
    assert failing(Hypervisor(), "cpu_fault") == {"the_hypervisor_alone_writes_its_frames", "a_fault_is_reported_as_it_was"}


@pytest.mark.long
def test_what_is_not_declared_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that marks the entry is no write, and the walk's mark is none that nobody declares."""
    marks_at_a_fault.__step__ = "hardware"  # type: ignore[attr-defined]
    monkeypatch.setattr(Caches, "cpu_fault", marks_at_a_fault)
    noticed = {"what_is_no_write_leaves_memory_alone", "what_a_dying_vm_owns_stays_as_it_is"}
    assert failing(Hypervisor(), "cpu_fault") == {*noticed, "a_fault_is_reported_as_it_was"}
    monkeypatch.setitem(WORLD, "mark", dataclasses.replace(WORLD["mark"], writes=None))
    assert failing(Hypervisor(), "mark") == noticed


@pytest.mark.long
def test_who_writes_is_believed_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is declared to be another VM's is not let through."""
    monkeypatch.setitem(WORLD, "guest_store", dataclasses.replace(WORLD["guest_store"], writes=host_on))
    assert failing(Hypervisor(), "guest_store") == {"a_vms_data_is_written_by_who_may"}


class Impatient(Hypervisor):
    """Has operations by which the host takes things from a VM."""

    @operation
    def take_early(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Take a frame of a VM's."""
        f = s.frame[frame]
        require(caller == 2, Reason.NOT_ALLOWED)
        require(authority.may_act_for(s, caller, f.owner, False), Reason.NOT_ALLOWED)
        require(all_of(f.kind == FrameKind.DATA, is_unreferenced(s, frame)), Reason.IN_USE)
        after = scrub_frame(s, frame).put("frame", frame, FrameRecord(kind=FrameKind.FREE, clean=True))
        return drop(after, holder(HolderKind.FRAME, frame))

    @operation
    def cut_off(self, s: MachineState, caller: Vm, table: Frame, index: Index) -> MachineState:
        """Remove a leaf."""
        require(caller == 2, Reason.NOT_ALLOWED)
        require(authority.may_act_for(s, caller, s.space[s.table[table].space].vm, False), Reason.NOT_ALLOWED)
        n = s.slot_note[table, index]
        require(all_of(s.frame[table].kind == FrameKind.TABLE, s.table[table].phase == TablePhase.LINKED), Reason.WRONG_STATE)
        require(s.memory[table, index].kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        require(n.job == 0, Reason.IN_USE)
        return remove_leaf(s, table, index)


def also_the_dying(s: Any, caller: Vm, vm: Vm) -> bool:
    """Let the host look after dying VMs."""
    return any_of(is_looked_after(s, caller, vm), all_of(caller == 2, s.vm[vm].life == Life.DYING))


DYING = "what_a_dying_vm_owns_stays_as_it_is"
LET_GO = "nothing_of_a_dead_vm_is_let_go_while_something_acts_for_it"


@pytest.mark.parametrize(("step", "noticed"), [("take_early", {DYING, LET_GO}), ("cut_off", {DYING})])
def test_a_table_of_authority_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch, step: str, noticed: set[str]) -> None:
    """If the table let the host take from dying VMs, these statements alone would say that it must not."""
    assert failing(Impatient(), step) == set()
    monkeypatch.setattr("proofs.theorems.operations.authority.is_looked_after", also_the_dying)
    assert failing(Impatient(), step) == noticed


@pytest.mark.long
def test_a_drained_vm_for_which_a_device_acts_is_noticed() -> None:
    """Were VMs drained that have functions or virtual CPUs, to take back their frames would break this one promise."""
    assert failing(Hypervisor(), "reclaim", "a_drained_vm_has_no_device_and_no_cpu") == {LET_GO}
    assert failing(Hypervisor(), "reclaim") == set()
