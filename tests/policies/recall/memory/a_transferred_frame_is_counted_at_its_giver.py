"""A transferred frame stays on the account of the VM that gave it.

The owner changes and the account does not. The giver can never be found empty, since a frame is counted that it has not; and the
receiver is found empty, and its name used again, while it owns the frame.

Source: Xen Security Advisory XSA-284: the accounting of a page that was transferred is not set up.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, is_unreferenced, require, require_alive, require_exists


class Faulty(Hypervisor):
    """Changes the owner of a frame alone."""

    def transfer(self, s: MachineState, caller: Vm, frame: Frame, to: Vm) -> MachineState:
        """A VM gives a frame, with what is in it, to another VM that takes it over."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require_exists(s, to)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        return s.put("frame", frame, f.replace(owner=to))
