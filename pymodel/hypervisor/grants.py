"""Pins, grants and handles: who else may see a frame, and what keeps it from being taken back.

The owner of a frame grants it to one receiver with some rights; the receiver takes handles on the grant, and maps through them. A
grant ends when it has no handle, a handle when it maps nothing. What the host grants of a VM that it prepares is an offer: the VM
finds it under one of its own names when it runs, and nobody uses it unless the VM accepts it. A pin is a reference by software.

Read next: `pymodel.hypervisor.tables`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.ids import NO_RIGHTS, NOBODY, Frame, Index, Level, Rights, Vm
from pymodel.hypervisor.accounts import drop, is_unused, mappings, take
from pymodel.hypervisor.ids import AccountKind, Grant, Handle, HolderKind, Pin, account, holder
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.vms import Life, require_alive, require_exists, require_manages
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import AUTHORITY, Map, Record, State
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["GrantRecord", "GrantState", "Grants", "HandleRecord", "PinRecord"]


class PinRecord(Record, whose=AUTHORITY):
    """A software reference to a frame."""

    live: bool = False
    frame: Frame = Frame(0)


class GrantRecord(Record, whose=AUTHORITY):
    """A grant of one frame."""

    active: bool = False
    granter: Vm = NOBODY
    receiver: Vm = NOBODY
    frame: Frame = Frame(0)
    rights: Rights = NO_RIGHTS
    offered: bool = False
    """Made by the host for a VM that had not started, and not accepted by the VM yet."""


class HandleRecord(Record, whose=AUTHORITY):
    """A receiver's use of a grant, with one CPU mapping and one device mapping at most."""

    live: bool = False
    grant: Grant = Grant(0)
    cpu_use: bool = False
    cpu_table: Frame = Frame(0)
    cpu_index: Index = Index(0)
    device_use: bool = False
    device_table: Frame = Frame(0)
    device_index: Index = Index(0)


class GrantState(State):
    """Every pin, grant and handle."""

    pin: Map[Pin, PinRecord]
    grant: Map[Grant, GrantRecord]
    handle: Map[Handle, HandleRecord]


class Grants:
    """Operations on pins, grants and handles."""

    @operation
    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        """Keep a frame from being reclaimed or retyped until it is unpinned."""
        require_alive(s, caller, pin.vm)
        f = s.frame[frame]
        require(f.owner == pin.vm, Reason.NOT_ALLOWED)
        require(any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING), Reason.WRONG_STATE)
        require(negate(s.pin[pin].live), Reason.OCCUPIED)
        after = s.put("pin", pin, PinRecord(live=True, frame=frame))
        return take(after, mappings(frame, Level.PAGE), holder(HolderKind.PIN, pin))

    @operation
    def unpin(self, s: MachineState, caller: Vm, pin: Pin) -> MachineState:
        """Give up a pin."""
        require_manages(s, caller, pin.vm)
        require(s.pin[pin].live, Reason.WRONG_STATE)
        return drop(s.put("pin", pin, PinRecord.default()), holder(HolderKind.PIN, pin))

    @operation
    def share(self, s: MachineState, caller: Vm, grant: Grant, frame: Frame, to: Vm, rights: Rights) -> MachineState:
        """The owner of a frame grants it to another VM with some rights."""
        require_alive(s, caller, grant.vm)
        f = s.frame[frame]
        require(f.owner == grant.vm, Reason.NOT_ALLOWED)
        require_exists(s, to)
        require(to != grant.vm, Reason.NOT_ALLOWED)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(rights != NO_RIGHTS, Reason.RIGHTS)
        require(negate(s.grant[grant].active), Reason.OCCUPIED)
        offered = caller != grant.vm
        record = GrantRecord(active=True, granter=grant.vm, receiver=to, frame=frame, rights=rights, offered=offered)
        after = take(s.put("grant", grant, record), mappings(frame, Level.PAGE), holder(HolderKind.GRANT, grant))
        return take(after, account(AccountKind.GRANTS, to), holder(HolderKind.RECEIVED, grant))

    @operation
    def accept(self, s: MachineState, caller: Vm, grant: Grant) -> MachineState:
        """A VM agrees to what the host granted of its memory before it started."""
        require(all_of(caller == grant.vm, s.vm[caller].life == Life.LIVE), Reason.NOT_ALLOWED)
        g = s.grant[grant]
        require(all_of(g.active, g.offered), Reason.WRONG_STATE)
        return s.put("grant", grant, g.replace(offered=False))

    @operation
    def unshare(self, s: MachineState, caller: Vm, grant: Grant) -> MachineState:
        """The granter ends a grant that has no handle."""
        require_manages(s, caller, grant.vm)
        require(s.grant[grant].active, Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.HANDLES, grant)), Reason.IN_USE)
        after = drop(s.put("grant", grant, GrantRecord.default()), holder(HolderKind.GRANT, grant))
        return drop(after, holder(HolderKind.RECEIVED, grant))

    @operation
    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        """The receiver of a grant gets a handle on it, through which it may map the frame."""
        require(all_of(caller == handle.vm, s.vm[caller].life == Life.LIVE), Reason.NOT_ALLOWED)
        g = s.grant[grant]
        require(all_of(g.active, g.receiver == caller), Reason.NOT_ALLOWED)
        require(negate(g.offered), Reason.WRONG_STATE)
        require(negate(s.handle[handle].live), Reason.OCCUPIED)
        after = s.put("handle", handle, HandleRecord(live=True, grant=grant))
        return take(after, account(AccountKind.HANDLES, grant), holder(HolderKind.HANDLE, handle))

    @operation
    def drop_handle(self, s: MachineState, caller: Vm, handle: Handle) -> MachineState:
        """The receiver gives up a handle that maps nothing."""
        require_manages(s, caller, handle.vm)
        h = s.handle[handle]
        require(h.live, Reason.WRONG_STATE)
        require(all_of(negate(h.cpu_use), negate(h.device_use)), Reason.IN_USE)
        return drop(s.put("handle", handle, HandleRecord.default()), holder(HolderKind.HANDLE, handle))
