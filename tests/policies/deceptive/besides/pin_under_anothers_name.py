"""pin takes a name of whatever VM the caller likes, as long as the frame is the caller's own.

Unsafe: a VM takes the names of another one's pins before that VM does, which is refused then, and learns which of them are in use.

Breaks: a name says whose the thing is.
"""

from __future__ import annotations

from pymodel import (
    Frame,
    FrameKind,
    HolderKind,
    Hypervisor,
    Level,
    MachineState,
    Pin,
    PinRecord,
    Reason,
    Vm,
    any_of,
    holder,
    mappings,
    negate,
    require,
    require_alive,
    take,
)


class P(Hypervisor):
    """Pins frames."""

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        """Pin a frame of the caller's under any name."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING), Reason.WRONG_STATE)
        require(negate(s.pin[pin].live), Reason.OCCUPIED)
        after = s.put("pin", pin, PinRecord(live=True, frame=frame))
        return take(after, mappings(frame, Level.PAGE), holder(HolderKind.PIN, pin))
