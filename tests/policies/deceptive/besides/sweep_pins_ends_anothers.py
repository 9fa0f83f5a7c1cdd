"""sweep_pins, an operation of the policy's own that nobody asks for, ends whatever pin is held, so that memory can be moved about.

Unsafe: a VM pinned a frame because something outside of the model works on it; the frame can be taken back, retyped or given away
under that, and the VM's own unpin is refused. Nothing dangles: the reference is given up with the pin, as `unpin` does it.

Breaks: a pin is the VM's that its name says, and is ended by whoever looks after that VM; the hypervisor ends none by itself.
"""

from __future__ import annotations

from pymodel import HolderKind, Hypervisor, MachineState, Pin, PinRecord, Reason, drop, holder, operation, require


class P(Hypervisor):
    """Keeps memory movable."""

    @operation
    def sweep_pins(self, s: MachineState, pin: Pin) -> MachineState:
        """End a pin that has stayed for too long."""
        who = holder(HolderKind.PIN, pin)
        require(s.reference[who].taken, Reason.WRONG_STATE)
        return drop(s.put("pin", pin, PinRecord.default()), who)
