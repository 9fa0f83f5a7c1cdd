"""A pin is moved to another frame, and what it holds stays with the first one.

The record of the pin changes and the count does not. The frame that software uses now is reclaimed under it and given to
another VM; the frame that it used before can never be given back.

Source: mechanism: the number of a frame in a record changes, and the frame's count does not; CVE-2014-3601 unpins other frames
too.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, MachineState, Pin, Reason, Vm, all_of, operation, require, require_alive


class Faulty(Hypervisor):
    """Writes another frame into the record."""

    @operation
    def move_pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        """Keep another frame in the place of the one that was pinned."""
        require_alive(s, caller, pin.vm)
        f = s.frame[frame]
        require(all_of(f.owner == pin.vm, f.kind == FrameKind.DATA), Reason.NOT_OWNED)
        require(s.pin[pin].live, Reason.WRONG_STATE)
        return s.put("pin", pin, s.pin[pin].replace(frame=frame))


class Twin(Hypervisor):
    """Unpins the one and pins the other, in one operation."""

    @operation
    def move_pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        """Keep another frame in the place of the one that was pinned."""
        return self.pin(self.unpin(s, caller, pin), caller, pin, frame)
