"""seize, an operation of the policy's own, takes a frame of a drained VM for the hypervisor, with what is in it.

Unsafe: a VM is dead, nothing is left that refers to its memory, and what it had there is kept and not scrubbed. No VM gets the frame,
so who looks at what a new owner finds looks at VMs alone.

Breaks: transfer does not save the frames of a dead VM from scrubbing.
"""

from __future__ import annotations

from pymodel import HOST, HYPERVISOR, Frame, FrameKind, HolderKind, Hypervisor, Life, MachineState, Reason, Vm
from pymodel import all_of, drop, holder, is_unreferenced, is_vm, operation, require, scrub_frame


class Seizes(Hypervisor):
    """Takes frames of dead VMs for the hypervisor, scrubbed."""

    @operation
    def seize(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """The host has the hypervisor take a frame of a drained VM."""
        return scrub_frame(self.seized(s, caller, frame), frame)

    def seized(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Take it as it is."""
        f = s.frame[frame]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(is_vm(f.owner), s.vm[f.owner].life == Life.DRAINED), Reason.NOT_ALLOWED)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        taken = s.put("frame", frame, f.replace(owner=HYPERVISOR, kind=FrameKind.HYPERVISOR, clean=False))
        return drop(taken, holder(HolderKind.FRAME, frame))


class P(Seizes):
    """Leaves what is in it."""

    @operation
    def seize(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """The host has the hypervisor take a frame of a drained VM, for later."""
        return self.seized(s, caller, frame)
