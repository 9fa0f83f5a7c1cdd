"""A device's fault is served by a path of its own, which does not ask whether the page is reserved.

The path asks for the frame, the slot and the rights, as mapping does, and leaves out the look at the layout. A page of the
interrupt window, or one that firmware uses, is mapped to a frame of the guest's choice when the device faults there.

Source: Xen Security Advisory XSA-378, in another guise: what is reserved for a device is replaced by ordinary memory.
"""

from __future__ import annotations

from pymodel import (
    NO_RIGHTS,
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
    leaf,
    negate,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Serves faults without a look at what is reserved."""

    def handle_fault(self, s: MachineState, caller: Vm, rid: Rid, page: Page, frame: Frame, rights: Rights) -> MachineState:
        """Serve a translation fault of a function by mapping one of its owner's frames."""
        f = s.function[rid]
        require_alive(s, caller, f.owner)
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        self.require_mappable(s, caller, f.space, Level.PAGE, frame, rights)
        require(negate(s.space[f.space].mirror), Reason.NOT_ALLOWED)
        require(rights != NO_RIGHTS, Reason.RIGHTS)
        table, index = self.empty_slot_for(s, f.space, page, Level.PAGE)
        return self.fill_slot(s, table, index, Level.PAGE, leaf(frame, rights), SlotNote(max_cached_rights=rights))


class Twin(Hypervisor):
    """Serves faults by a path of its own that asks for all of it."""

    def handle_fault(self, s: MachineState, caller: Vm, rid: Rid, page: Page, frame: Frame, rights: Rights) -> MachineState:
        """Serve a translation fault of a function by mapping one of its owner's frames."""
        f = s.function[rid]
        require_alive(s, caller, f.owner)
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        self.require_mappable(s, caller, f.space, Level.PAGE, frame, rights)
        require(negate(s.space[f.space].mirror), Reason.NOT_ALLOWED)
        self.require_leaf(s, f.space, page, Level.PAGE, rights)
        table, index = self.empty_slot_for(s, f.space, page, Level.PAGE)
        return self.fill_slot(s, table, index, Level.PAGE, leaf(frame, rights), SlotNote(max_cached_rights=rights))
