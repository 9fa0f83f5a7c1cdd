# ruff: noqa: ARG002, D102 - what an operation refuses is said by its class
"""Policies that keep guests apart by saying no, each with a twin that says no only where it may."""

from pymodel import (
    Frame,
    Grant,
    Hypervisor,
    Level,
    MachineState,
    Map,
    Page,
    Pin,
    Reason,
    Record,
    Rights,
    Space,
    Vm,
    excuse,
    negate,
    refuse,
    require,
)


class NoPins(Hypervisor):
    """Pins nothing."""

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        return refuse(Reason.NOT_OWNED)


class FewPins(Hypervisor):
    """Has 64 pins for each VM, and no more."""

    @excuse("pin", Reason.EXHAUSTED)
    def there_are_64(self, s: MachineState, pin: Pin) -> bool:
        """There are pins 0 to 63 for each VM."""
        return (pin & 0xFFFF) >= 64

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        require((pin & 0xFFFF) < 64, Reason.EXHAUSTED)
        return super().pin(s, caller, pin, frame)


class Shared(Record):
    """Whether a frame was ever shared."""

    ever: bool = False


class Noted(MachineState):
    """The machine, and what was shared."""

    shared: Map[Frame, Shared]


class Remembers(Hypervisor):
    """Remembers which frames were shared."""

    State = Noted  # type: ignore[assignment] # a part more than the machine has

    def share(self, s: MachineState, caller: Vm, grant: Grant, frame: Frame, to: Vm, rights: Rights) -> MachineState:
        return super().share(s, caller, grant, frame, to, rights).put("shared", frame, Shared(ever=True))


class KeepsShared(Remembers):
    """Takes back no frame that was ever shared."""

    def reclaim(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        require(negate(s.shared[frame].ever), Reason.IN_USE)  # type: ignore[attr-defined]
        return super().reclaim(s, caller, frame)


def flushed_last(s: MachineState) -> bool:
    """Say whether the invalidation that was issued last has completed."""
    return s.invalidation[s.queue.next - 1].done


class UnmapsNothingMeanwhile(Hypervisor):
    """Unmaps nothing unless the last invalidation has completed, and says that the page is in use."""

    def unmap(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level) -> MachineState:
        require(flushed_last(s), Reason.IN_USE)
        return super().unmap(s, caller, space, page, level)


class WaitsForFlush(Hypervisor):
    """Does the same, and says that a flush is waited for."""

    def unmap(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level) -> MachineState:
        require(flushed_last(s), Reason.NOT_FLUSHED)
        return super().unmap(s, caller, space, page, level)


class Superstitious(Hypervisor):
    """Pins nothing under one number."""

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        require(pin != 0x31313, Reason.OUT_OF_RANGE)
        return super().pin(s, caller, pin, frame)


class EvenFrames(Hypervisor):
    """Donates no odd frame."""

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        require((frame & 1) == 0, Reason.OCCUPIED)
        return super().donate(s, caller, vm, frame)


class Reserve(Hypervisor):
    """Keeps the first frames in reserve, whoever asks."""

    @excuse("donate", Reason.EXHAUSTED)
    def are_kept_back(self, s: MachineState, frame: Frame) -> bool:
        """Frames 0 to 15 are the hypervisor's."""
        return frame < 0x10

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        require(frame >= 0x10, Reason.EXHAUSTED)
        return super().donate(s, caller, vm, frame)
