"""A frame becomes a table because a check some time ago found that nothing refers to it.

The check is a step of its own, so that the last step of a retyping is short. Its outcome is noted, and the note outlives a
retyping that was called off. The owner maps the frame meanwhile and begins once more; the note says that nothing refers to the
frame. The frame becomes a table while the owner, or its device, has it mapped and writes the entries that it would like.

Source: Xen Security Advisory XSA-401: what was checked is checked before the new type keeps others out.
"""

from __future__ import annotations

from typing import Any

from pymodel import (
    Frame,
    FrameKind,
    Hypervisor,
    MachineState,
    Map,
    Pin,
    Reason,
    Record,
    Vm,
    all_of,
    any_of,
    implies,
    invariant,
    is_unreferenced,
    operation,
    require,
    require_alive,
    scrub_frame,
)


class Check(Record):
    """Whether nothing referred to a frame when it was looked at."""

    empty: bool = False


class Checks(MachineState):
    """The machine, and what was found of frames that are retyped."""

    checked: Map[Frame, Check]


class Faulty(Hypervisor):
    """Believes a note, however old it is."""

    State = Checks  # type: ignore[assignment] # a part more than the machine has

    @operation
    def check_references(self, s: Any, caller: Vm, frame: Frame) -> Any:
        """The owner has it noted that nothing refers to a frame that is being retyped."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.RETYPING, Reason.WRONG_STATE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        return s.put("checked", frame, Check(empty=True))

    def finish_retype(self, s: Any, caller: Vm, frame: Frame) -> Any:
        """Make the frame a blank page of the pool; it is looked at once more only if it was not checked."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.RETYPING, Reason.WRONG_STATE)
        require(any_of(s.checked[frame].empty, is_unreferenced(s, frame)), Reason.IN_USE)
        return scrub_frame(s, frame).put("frame", frame, f.replace(kind=FrameKind.POOL, clean=True))


class Twin(Faulty):
    """Forgets the note when a retyping begins, and when the frame is pinned."""

    @invariant
    def what_was_checked_is_unreferenced(self, s: Any, frame: Frame) -> bool:
        """Nothing refers to a frame that is being retyped and was checked."""
        return implies(all_of(s.checked[frame].empty, s.frame[frame].kind == FrameKind.RETYPING), is_unreferenced(s, frame))

    def begin_retype(self, s: Any, caller: Vm, frame: Frame) -> Any:
        """From now on nothing new may map the frame; it was not checked yet."""
        return super().begin_retype(s, caller, frame).put("checked", frame, Check())

    def pin(self, s: Any, caller: Vm, pin: Pin, frame: Frame) -> Any:
        """Pin a frame, and forget that nothing referred to it."""
        return super().pin(s, caller, pin, frame).put("checked", frame, Check())
