# ruff: noqa: ARG002, D102 - what each does is said by its class
"""Policies that state something of themselves, or assume something of the world."""

from typing import Any

from pymodel import (
    HOST,
    Frame,
    Hypervisor,
    Life,
    MachineState,
    Map,
    Pin,
    Reason,
    Record,
    Rid,
    Space,
    Vm,
    VmRecord,
    all_of,
    any_of,
    assume,
    invariant,
    operation,
    require,
    require_exists,
    set_bus_master,
)


class Note(Record):
    """Whether a pin is in use."""

    used: bool = False


class Noted(MachineState):
    """The machine, and a note of each pin."""

    note: Map[Pin, Note]


class Notes(Hypervisor):
    """Notes which pins are in use."""

    State = Noted  # type: ignore[assignment] # a part more than the machine has

    @invariant
    def a_pin_in_use_is_noted(self, s: Any, pin: Pin) -> bool:
        return all_of(noted(s, pin) == s.pin[pin].live)

    def pin(self, s: Any, caller: Vm, pin: Pin, frame: Frame) -> Any:
        return super().pin(s, caller, pin, frame).put("note", pin, Note(used=True))

    def unpin(self, s: Any, caller: Vm, pin: Pin) -> Any:
        return super().unpin(s, caller, pin).put("note", pin, Note())


def noted(s: Any, pin: Pin) -> Any:
    """Return what a note says."""
    return s.note[pin].used


class Forgets(Notes):
    """Leaves the note of a pin that was given up."""

    def unpin(self, s: Any, caller: Vm, pin: Pin) -> Any:
        return Hypervisor.unpin(self, s, caller, pin)


class Fifth(Hypervisor):
    """Forgets the fifth VM at once when it is killed, with all that it has."""

    def kill_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        if vm == 5:  # noqa: PLR2004 - the fifth
            require_exists(s, vm)
            return s.put("vm", vm, VmRecord.default())
        return super().kill_vm(s, caller, vm)


class FifthIsNever(Fifth):
    """Does so too, in a world without a fifth VM."""

    @assume("there are at most four VMs")
    def no_fifth(self, s: MachineState, vm: Vm) -> bool:
        return any_of(vm != 5, s.vm[vm].life == Life.ABSENT)  # noqa: PLR2004 - the fifth


class Leave(Record):
    """Whether a VM may have a function."""

    given: bool = False


class Listing(MachineState):
    """The machine, and which VM may have which function."""

    leave: Map[tuple[Rid, Vm], Leave]


class Listed(Hypervisor):
    """Gives functions to VMs that the host has listed before, by an operation of the policy's own."""

    State = Listing  # type: ignore[assignment] # a part more than the machine has

    @operation
    def allow(self, s: Any, caller: Vm, rid: Rid, vm: Vm) -> Any:
        require(caller == HOST, Reason.NOT_ALLOWED)
        return s.put("leave", (rid, vm), Leave(given=True))

    def may_attach(self, s: Any, rid: Rid, vm: Vm, space: Space) -> Any:
        return s.leave[rid, vm].given


class Masters(Listed):
    """Turns the function on while it is at it, though the owner alone may."""

    @operation
    def allow(self, s: Any, caller: Vm, rid: Rid, vm: Vm) -> Any:
        return set_bus_master(super().allow(s, caller, rid, vm), rid, True)


class TakesBack(Hypervisor):
    """Resets and drains a function that comes back to the host in one operation."""

    @operation
    def take_back(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        return self.drain_function(self.reset_function(s, caller, rid), caller, rid)


class GivesAway(Hypervisor):
    """Lets whoever asks do so, and leaves out that the host asks."""

    @operation
    def take_back(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        return self.drain_function(self.reset_function(s, HOST, rid), HOST, rid)
