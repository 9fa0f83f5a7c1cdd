"""CPUs, and guests on them.

A guest may use any virtual address, and its first-stage tables, which it writes as it likes, send that address to any
guest page with any rights. So a guest's access is a TLB entry that hardware was willing to fill, and what counts is the
second stage. A first-stage table fetch is an access like any other: it needs READ, and setting an accessed or dirty bit
needs WRITE, through the same second stage.

Hypervisors write a CPU's registers by four commands: `load_cpu`, `unload_cpu`, `turn_stage2_on` and `turn_stage2_off`.

Not modelled: instruction fetch as something other than a read with an execute right; registers' contents.

Read next: `pymodel.hardware.pcie`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.access import Fault, FaultKind, Granted, Writer
from pymodel.hardware.ids import READ, WRITE, Asid, Cpu, Frame, Index, Level, Page, Rights, Tag, Vcpu, VirtualPage
from pymodel.hardware.memory import Entry, EntryKind, store
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import HARDWARE, Map, Record, State
from pymodel.language.steps import guest, writes
from pymodel.language.truth import all_of

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = [
    "CpuRecord",
    "CpuState",
    "Guests",
    "Syndrome",
    "cpu_access",
    "load_cpu",
    "turn_stage2_off",
    "turn_stage2_on",
    "unload_cpu",
]


class CpuRecord(Record, whose=HARDWARE, by="load_cpu, unload_cpu, turn_stage2_on and turn_stage2_off"):
    """A physical CPU's registers: first stage loaded for `vcpu`, second stage on with a tag and a root."""

    vcpu: Vcpu = Vcpu(0)
    stage2: bool = False
    tag: Tag = Tag(0)
    root: Frame = Frame(0)


class Syndrome(Record, whose=HARDWARE):
    """What a CPU reports of a fault in its second stage: the page that was asked for, the level of the entry, what was wrong."""

    valid: bool = False
    kind: FaultKind = FaultKind.TRANSLATION
    level: Level = Level.PAGE
    page: Page = Page(0)


class CpuState(State):
    """The registers of every CPU."""

    cpu: Map[Cpu, CpuRecord]
    syndrome: Map[Cpu, Syndrome]


def load_cpu(s: MachineState, cpu: Cpu, vcpu: Vcpu) -> MachineState:
    """Command: load the first-stage registers of a virtual CPU, the second stage being off."""
    return s._with(cpu=s.cpu.set(cpu, CpuRecord(vcpu=vcpu)))


def unload_cpu(s: MachineState, cpu: Cpu) -> MachineState:
    """Command: take the first-stage registers of a virtual CPU off, the second stage being off."""
    return s._with(cpu=s.cpu.set(cpu, CpuRecord.default()))


def turn_stage2_on(s: MachineState, cpu: Cpu, tag: Tag, root: Frame) -> MachineState:
    """Command: turn the second stage of a CPU on, with a tag and a root."""
    return s._with(cpu=s.cpu.set(cpu, s.cpu[cpu].replace(stage2=True, tag=tag, root=root)))


def turn_stage2_off(s: MachineState, cpu: Cpu) -> MachineState:
    """Command: turn the second stage of a CPU off: nothing can be filled or used by it."""
    return s._with(cpu=s.cpu.set(cpu, s.cpu[cpu].replace(stage2=False)))


def cpu_access(s: MachineState, cpu: Cpu, asid: Asid, va: VirtualPage, wanted: Rights) -> Granted | Fault:
    """Answer a CPU's access to a virtual page: the frame and the rights it gets, or the fault."""
    c = s.cpu[cpu]
    if not all_of(c.stage2, c.vcpu != 0):
        return Fault(FaultKind.NOT_RUNNING, 2)
    entry = s.tlb[cpu, c.tag, asid, va]
    if not entry.valid:
        return Fault(FaultKind.TRANSLATION, 2)
    if not entry.rights.allows(wanted):
        return Fault(FaultKind.PERMISSION, 2)
    return Granted(entry.frame, entry.rights)


def guest_on(s: MachineState, cpu: Cpu, asid: Asid, va: VirtualPage) -> Writer:
    """Return who writes by a CPU: the VM whose virtual CPU it has loaded."""
    c = s.cpu[cpu]
    entry = s.tlb[cpu, c.tag, asid, va]
    return Writer(s.vcpu[c.vcpu].vm, entry.table, entry.index)


class Guests:
    """What guests do."""

    @guest
    @writes(guest_on)
    def guest_store(
        self,
        s: MachineState,
        cpu: Cpu,
        asid: Asid,
        va: VirtualPage,
        index: Index,
        kind: EntryKind,
        target: Frame,
        rights: Rights,
    ) -> MachineState:
        """A guest writes eight bytes at a virtual address."""
        answer = cpu_access(s, cpu, asid, va, WRITE)
        if not isinstance(answer, Granted):
            require(False, Reason.RIGHTS)
            return s
        require(index <= 511, Reason.OUT_OF_RANGE)
        return store(s, answer.frame, index, Entry(kind=kind, frame=target, rights=rights))

    @guest
    def stage1_fetch(self, s: MachineState, cpu: Cpu, asid: Asid, va: VirtualPage) -> MachineState:
        """A walk of the guest's first stage reads one of its tables; nothing changes."""
        answer = cpu_access(s, cpu, asid, va, READ)
        require(isinstance(answer, Granted), Reason.RIGHTS)
        return s
