"""A fault of a device's write is served with a right to write, whatever rights were checked.

The rights that the caller asks for are checked against the frame, and the right to write is added for the faulting request. A
published page may be mapped to read; the device of whoever does so writes it.

Source: CVE-2021-22543: that a frame may only be read is ignored when it is mapped for a fault.
"""

from __future__ import annotations

from pymodel import (
    WRITE,
    Frame,
    FunctionPhase,
    Hypervisor,
    Level,
    MachineState,
    Page,
    Reason,
    Rid,
    Rights,
    SlotNote,
    Vm,
    all_of,
    choose,
    leaf,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Adds a right after the check."""

    def handle_fault(self, s: MachineState, caller: Vm, rid: Rid, page: Page, frame: Frame, rights: Rights) -> MachineState:
        """Serve a fault by mapping one of the owner's frames, so that the request that failed would succeed."""
        f = s.function[rid]
        require_alive(s, caller, f.owner)
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        self.require_mappable(s, caller, f.space, Level.PAGE, frame, rights)
        fault = s.fault[rid]
        given = choose(all_of(fault.valid, fault.write), rights | WRITE, rights)
        return self.put_leaf(s, f.space, page, Level.PAGE, leaf(frame, given), SlotNote(max_cached_rights=given))
