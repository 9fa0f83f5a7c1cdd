"""The small system of `spec/Isolation/Isolation.tla`, written in the language of the model: the same actions, guards and invariant.

Two VMs, as in the module's instance, since a guard names them all: a frame is unused when none of them reaches it. Frames are as
many as the hardware has.
"""

from __future__ import annotations

from pymodel.hardware.ids import HYPERVISOR, NOBODY, Frame, Vm
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import Map, Record, State
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, implies, negate

__all__ = ["Isolation"]

VMS = (Vm(3), Vm(4))


class Owned(Record):
    """Whose a frame is."""

    owner: Vm = NOBODY


class Pair(Record):
    """Whether a frame is granted to a VM, and whether the VM can reach it."""

    granted: bool = False
    reached: bool = False


class Access(Record):
    """What the last step reached, if it was an access."""

    made: bool = False
    vm: Vm = NOBODY
    frame: Frame = Frame(0)  # noqa: RUF009 - a word is immutable


class Small(State):
    """Frames, VMs with frames, and the last access."""

    frame: Map[Frame, Owned]
    pair: Map[tuple[Vm, Frame], Pair]
    access: Access


def is_guest(vm: Vm) -> bool:
    """Say whether it is one of the VMs."""
    return any_of(*(vm == v for v in VMS))


def is_allowed(s: Small, vm: Vm, frame: Frame) -> bool:
    """Say whether a VM may reach a frame: it owns it, or is granted it."""
    return any_of(s.frame[frame].owner == vm, s.pair[vm, frame].granted)


def change_owner(s: Small, frame: Frame, old: Vm, new: Vm) -> Small:
    """Pass on a frame that nobody reaches and no grant names."""
    require(s.frame[frame].owner == old, Reason.NOT_OWNED)
    require(all_of(*(negate(any_of(s.pair[v, frame].granted, s.pair[v, frame].reached)) for v in VMS)), Reason.IN_USE)
    return s.put("frame", frame, Owned(owner=new)).replace(access=Access.default())


def relate(s: Small, vm: Vm, frame: Frame, pair: Pair) -> Small:
    """Change what a VM has to do with a frame."""
    return s.put("pair", (vm, frame), pair).replace(access=Access.default())


class Isolation:
    """The invariant and the steps; `Rest`, which changes nothing, is left out."""

    State = Small

    def no_access_is_foreign(self, s: Small) -> bool:
        """What the last step reached, the VM owns or is granted."""
        return implies(s.access.made, is_allowed(s, s.access.vm, s.access.frame))

    def no_reach_is_foreign(self, s: Small, vm: Vm, frame: Frame) -> bool:
        """What a VM can reach it owns or is granted, and it is one of the VMs."""
        return implies(s.pair[vm, frame].reached, all_of(is_guest(vm), is_allowed(s, vm, frame)))

    def a_grant_is_of_an_owned_frame(self, s: Small, vm: Vm, frame: Frame) -> bool:
        """A frame that is granted to a VM is another VM's."""
        owner = s.frame[frame].owner
        return implies(s.pair[vm, frame].granted, all_of(is_guest(vm), is_guest(owner), owner != vm))

    @operation
    def donate(self, s: Small, frame: Frame, vm: Vm) -> Small:
        """Give a free frame to a VM."""
        require(is_guest(vm), Reason.NOT_ALLOWED)
        return change_owner(s, frame, NOBODY, vm)

    @operation
    def reclaim(self, s: Small, frame: Frame, vm: Vm) -> Small:
        """Take a VM's frame back."""
        require(is_guest(vm), Reason.NOT_ALLOWED)
        return change_owner(s, frame, vm, NOBODY)

    @operation
    def transfer(self, s: Small, frame: Frame, vm: Vm, to: Vm) -> Small:
        """Pass a VM's frame on to another VM."""
        require(all_of(is_guest(vm), is_guest(to), vm != to), Reason.NOT_ALLOWED)
        return change_owner(s, frame, vm, to)

    @operation
    def retype(self, s: Small, frame: Frame, vm: Vm) -> Small:
        """Make a VM's frame a table."""
        require(is_guest(vm), Reason.NOT_ALLOWED)
        return change_owner(s, frame, vm, HYPERVISOR)

    @operation
    def unpool(self, s: Small, frame: Frame, vm: Vm) -> Small:
        """Make a table a VM's data again."""
        require(is_guest(vm), Reason.NOT_ALLOWED)
        return change_owner(s, frame, HYPERVISOR, vm)

    @operation
    def allocate(self, s: Small, frame: Frame) -> Small:
        """Take a free frame for the hypervisor."""
        return change_owner(s, frame, NOBODY, HYPERVISOR)

    @operation
    def free(self, s: Small, frame: Frame) -> Small:
        """Give up a frame of the hypervisor's."""
        return change_owner(s, frame, HYPERVISOR, NOBODY)

    @operation
    def share(self, s: Small, frame: Frame, to: Vm) -> Small:
        """Grant a VM's frame to another VM."""
        owner = s.frame[frame].owner
        require(all_of(is_guest(to), is_guest(owner), owner != to), Reason.NOT_ALLOWED)
        return relate(s, to, frame, s.pair[to, frame].replace(granted=True))

    @operation
    def unshare(self, s: Small, frame: Frame, to: Vm) -> Small:
        """End a grant through which nothing is reached."""
        p = s.pair[to, frame]
        require(all_of(p.granted, negate(p.reached)), Reason.IN_USE)
        return relate(s, to, frame, p.replace(granted=False))

    @operation
    def map(self, s: Small, vm: Vm, frame: Frame) -> Small:
        """Let a VM reach what it may reach."""
        require(all_of(is_guest(vm), is_allowed(s, vm, frame)), Reason.NOT_ALLOWED)
        return relate(s, vm, frame, s.pair[vm, frame].replace(reached=True))

    @operation
    def release(self, s: Small, vm: Vm, frame: Frame) -> Small:
        """Let it reach that no more."""
        return relate(s, vm, frame, s.pair[vm, frame].replace(reached=False))

    @operation
    def replace(self, s: Small, vm: Vm, old: Frame, frame: Frame) -> Small:
        """Let a VM reach a frame in place of another."""
        return self.map(self.release(s, vm, old), vm, frame)

    @operation
    def reach(self, s: Small, vm: Vm, frame: Frame) -> Small:
        """Let a VM reach a frame."""
        require(s.pair[vm, frame].reached, Reason.NOT_MAPPED)
        return s.replace(access=Access(made=True, vm=vm, frame=frame))
