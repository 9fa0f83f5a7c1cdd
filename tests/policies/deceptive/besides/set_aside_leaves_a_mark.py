"""set_aside, an operation of the policy's own, begins to retype a frame of the caller's, and leaves a mark in its first slot.

Unsafe: the frame is the VM's memory still, which its devices read and write, and which it gets back when it cancels: the hypervisor
has written there. Who looks at frames that are data before and after looks elsewhere: this one is being retyped by then.

Breaks: a VM's data is written by nobody but its own side and whom it grants it, also in a step that makes it something else.
"""

from __future__ import annotations

from pymodel import Entry, EntryKind, Frame, FrameKind, Hypervisor, Index, MachineState, Reason, Rights, Vm
from pymodel import is_unreferenced, operation, require, require_alive, store


class SetsAside(Hypervisor):
    """Begins to retype what nothing refers to, by another name."""

    @operation
    def set_aside(self, s: MachineState, caller: Vm, frame: Frame, rights: Rights) -> MachineState:
        """Let nothing new map a frame."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        return s.put("frame", frame, f.replace(kind=FrameKind.RETYPING))


class P(SetsAside):
    """Marks it."""

    @operation
    def set_aside(self, s: MachineState, caller: Vm, frame: Frame, rights: Rights) -> MachineState:
        """Let nothing new map a frame, and note in it why."""
        return store(super().set_aside(s, caller, frame, rights), frame, Index(0), Entry(kind=EntryKind.LEAF, rights=rights))
