"""Chapter 7: guests on their CPUs.

A guest may use any virtual address, and its first-stage tables, which it writes as it likes, send that address to any
guest page with any rights. So a guest's access is a TLB entry that hardware was willing to fill, and what counts is the
second stage. A first-stage table fetch is an access like any other: it needs READ, and setting an accessed or dirty bit
needs WRITE, through the same second stage.

Not modelled: instruction fetch as something other than a read with an execute right; registers' contents.

Read next: `pymodel.hardware.iommu`.
"""

from __future__ import annotations

from pymodel.hardware.ids import READ, WRITE, Asid, Cpu, Frame, Index, Rights, VirtualPage
from pymodel.hardware.machine import Entry, EntryKind, MachineState
from pymodel.language.outcomes import Fault, FaultKind, Granted, Reason, require
from pymodel.language.steps import guest
from pymodel.language.truth import all_of

__all__ = ["Guests", "cpu_access", "store"]


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


def store(s: MachineState, frame: Frame, index: Index, kind: EntryKind, target: Frame, rights: Rights) -> MachineState:
    """Write eight bytes of a frame; read as a table slot they may say anything."""
    f = s.frame[frame]
    return s.replace(
        memory=s.memory.set((frame, index), Entry(kind=kind, frame=target, rights=rights)),
        frame=s.frame.set(frame, f.replace(clean=False, fresh=False)),
    )


class Guests:
    """What guests do."""

    @guest
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
        return store(s, answer.frame, index, kind, target, rights)

    @guest
    def stage1_fetch(self, s: MachineState, cpu: Cpu, asid: Asid, va: VirtualPage) -> MachineState:
        """A walk of the guest's first stage reads one of its tables; nothing changes."""
        answer = cpu_access(s, cpu, asid, va, READ)
        require(isinstance(answer, Granted), Reason.RIGHTS)
        return s
