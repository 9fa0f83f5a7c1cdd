"""A device's fault is served with any frame that its owner owns, tables included.

Mapping for a fault has a path of its own, which asks whose the frame is and not what it is for. A guest has one of its own
tables mapped writable for its device, and the device writes entries to whatever frame it likes.

Source: Xen Security Advisory XSA-288, in another guise: a path to device mappings that does not look at the type.
"""

from __future__ import annotations

from pymodel import (
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
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Asks whose the frame is."""

    def handle_fault(self, s: MachineState, caller: Vm, rid: Rid, page: Page, frame: Frame, rights: Rights) -> MachineState:
        """Serve a translation fault of a function by mapping one of its owner's frames."""
        f = s.function[rid]
        require_alive(s, caller, f.owner)
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        require(s.frame[frame].owner == f.owner, Reason.NOT_OWNED)
        return self.put_leaf(s, f.space, page, Level.PAGE, leaf(frame, rights), SlotNote(max_cached_rights=rights))
