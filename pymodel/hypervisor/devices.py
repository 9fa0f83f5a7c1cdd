"""Invalidations, contexts and the functions behind them; boot.

A function passes from one owner to the next in one order only: its context says abort, everything cached for it is
invalidated (with what was translated delivered), it is reset, what it issued before is drained, and only then may it be
given again. No request issued under the old owner is left when the new one begins.

Read next: `pymodel.hypervisor.sriov`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.ids import HOST, NOBODY, Frame, Group, Level, Page, Rid, Rights, Tag, Ticket, Vf, Vm
from pymodel.hardware.invalidation import Invalidation, Scope, issue
from pymodel.hardware.iommu import ContextEntry, ContextMode, clear_fault, turn_iommu_on, wait_for_requests, write_context
from pymodel.hardware.pcie import function_level_reset, layout_of, set_bus_master
from pymodel.hypervisor.accounts import drop, is_unused, take
from pymodel.hypervisor.ids import AccountKind, HolderKind, Space, account, holder
from pymodel.hypervisor.leaves import Leaves
from pymodel.hypervisor.spaces import has_usable_tag
from pymodel.hypervisor.vms import Life, VmRecord, require_alive
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import AUTHORITY, Map, Record, State
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import Choice, Member, choose

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["DeviceOperations", "DeviceState", "FunctionPhase", "FunctionRecord", "GroupRecord", "PfRecord", "SriovPhase"]


class FunctionPhase(Choice):
    """Where a PCIe function is on its way from one owner to the next."""

    IDLE = Member()
    """Nobody's; may have requests of its own making in flight."""
    RESET = Member()
    """Reset; what it issued before may still be in flight."""
    CLEAN = Member()
    """Nobody's, reset and drained: ready to be given."""
    ATTACHED = Member()
    DETACHING = Member()
    """Its context says abort; caches may still hold the old one."""
    FLUSHED = Member()
    """Caches hold nothing for it; it must still be reset and drained."""


class FunctionRecord(Record, whose=AUTHORITY):
    """A PCIe function, physical or virtual: whose it is, and how far it is on its way from one owner to the next."""

    owner: Vm = NOBODY
    phase: FunctionPhase = FunctionPhase.IDLE
    space: Space = Space(0)
    since: Ticket = Ticket(0)


class GroupRecord(Record, whose=AUTHORITY):
    """An isolation group: who owns its functions, while anybody does."""

    owner: Vm = NOBODY


class SriovPhase(Choice):
    """Whether a PF has VFs; VF Enable is set from `ENABLED` until the last VF is gone."""

    OFF = Member()
    """VF Enable is clear; NumVFs and the ARI bit may be written, and offset and stride change with them."""
    ENUMERATING = Member()
    """Requester ids are worked out and entered, one VF a step; none can be given away yet."""
    ENABLED = Member()
    REMOVING = Member()
    """VFs are taken away, last one first; VF Enable is cleared with VF 0."""


class PfRecord(Record, whose=AUTHORITY):
    """A physical function with the SR-IOV capability: how far its VFs are on their way up or down."""

    phase: SriovPhase = SriovPhase.OFF
    cursor: Vf = Vf(0)
    """VFs entered so far."""


class DeviceState(State):
    """Every function, every isolation group, and every physical function that has virtual ones."""

    function: Map[Rid, FunctionRecord]
    group: Map[Group, GroupRecord]
    pf: Map[Rid, PfRecord]


class DeviceOperations(Leaves):
    """Operations on the IOMMU and on functions."""

    @operation
    def boot(self, s: MachineState) -> MachineState:
        """Fill the context table, then turn the IOMMU on; the host is the first to run."""
        require(negate(s.iommu.on), Reason.WRONG_STATE)
        return turn_iommu_on(s, self.boot_fill(s)).put("vm", HOST, VmRecord(life=Life.LIVE))

    # Invalidations

    def issue(self, s: MachineState, request: Invalidation) -> MachineState:
        """Put an invalidation into the queue under the next ticket."""
        return issue(s, request)

    @operation
    def invalidate_pages(self, s: MachineState, tag: Tag, page: Page, mask: Page) -> MachineState:
        """Issue an invalidation of an aligned power of two of pages under a tag; `mask` is that power less one."""
        require((mask & (mask + 1)) == 0, Reason.UNALIGNED)
        require((page & mask) == 0, Reason.UNALIGNED)
        return self.issue(s, Invalidation(scope=Scope.PAGES, tag=tag, page=page, mask=mask))

    @operation
    def invalidate_tag(self, s: MachineState, tag: Tag) -> MachineState:
        """Issue an invalidation of everything under a tag."""
        return self.issue(s, Invalidation(scope=Scope.TAG, tag=tag))

    @operation
    def invalidate_function(self, s: MachineState, rid: Rid) -> MachineState:
        """Issue an invalidation of everything that is cached for a function."""
        return self.issue(s, Invalidation(scope=Scope.FUNCTION, rid=rid))

    # Functions

    @operation
    def reset_function(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Reset a function that nobody uses any more: it stops issuing and forgets; what it issued stays in flight.

        A physical function is reset only without virtual functions, and its SR-IOV registers are then as at power-on.
        """
        f = s.function[rid]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(s.pcie[rid].present, s.iommu.on), Reason.WRONG_STATE)
        require(any_of(f.phase == FunctionPhase.IDLE, f.phase == FunctionPhase.FLUSHED), Reason.WRONG_STATE)
        require(s.pf[rid].phase == SriovPhase.OFF, Reason.IN_USE)
        return function_level_reset(s, rid).put("function", rid, f.replace(phase=FunctionPhase.RESET))

    @operation
    def drain_function(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Wait until nothing that a reset function issued is under way, and clear its fault: then it is clean and nobody's."""
        f = s.function[rid]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(f.phase == FunctionPhase.RESET, Reason.WRONG_STATE)

        clean = f.replace(phase=FunctionPhase.CLEAN, owner=NOBODY)
        after = clear_fault(wait_for_requests(s, rid), rid).put("function", rid, clean)
        if f.owner != NOBODY:
            after = drop(after, holder(HolderKind.FUNCTION, rid))
            after = drop(after, holder(HolderKind.MEMBER, rid))
            group = s.platform.function[rid].group
            left = choose(is_unused(after, account(AccountKind.GROUP, group)), NOBODY, s.group[group].owner)
            after = after.put("group", group, GroupRecord(owner=left))
        return after

    @operation
    def attach(self, s: MachineState, caller: Vm, rid: Rid, vm: Vm, space: Space) -> MachineState:
        """The host gives a clean function to a VM, translated by one of that VM's I/O address spaces."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(any_of(s.vm[vm].life == Life.CREATED, s.vm[vm].life == Life.LIVE), Reason.WRONG_STATE)
        f, r, p = s.function[rid], s.pcie[rid], s.space[space]
        require(all_of(r.present, f.phase == FunctionPhase.CLEAN), Reason.WRONG_STATE)
        require(any_of(negate(r.virtual), s.pf[r.pf].phase == SriovPhase.ENABLED), Reason.WRONG_STATE)
        require(all_of(p.live, space.vm == vm, p.io), Reason.NOT_OWNED)
        require(p.layout == layout_of(s, rid), Reason.NOT_ALLOWED)
        require(has_usable_tag(s, space), Reason.WRONG_STATE)
        group = s.platform.function[rid].group
        members = account(AccountKind.GROUP, group)
        require(any_of(is_unused(s, members), s.group[group].owner == vm), Reason.IN_USE)
        require(self.may_attach(s, rid, vm, space), Reason.POLICY)
        after = write_context(s, rid, ContextEntry(mode=ContextMode.STAGE2, tag=p.tag, root=p.root)).replace(
            function=s.function.set(rid, f.replace(owner=vm, phase=FunctionPhase.ATTACHED, space=space)),
            group=s.group.set(group, GroupRecord(owner=vm)),
        )
        after = take(after, account(AccountKind.FUNCTIONS, vm), holder(HolderKind.FUNCTION, rid))
        after = take(after, members, holder(HolderKind.MEMBER, rid))
        return take(after, account(AccountKind.CONTEXTS, space), holder(HolderKind.CONTEXT, rid))

    @operation
    def set_master(self, s: MachineState, caller: Vm, rid: Rid, on: bool) -> MachineState:
        """A function's owner turns bus mastering on or off."""
        f = s.function[rid]
        require(all_of(caller == f.owner, s.vm[caller].life == Life.LIVE), Reason.NOT_ALLOWED)
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        return set_bus_master(s, rid, on)

    @operation
    def detach(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """The owner or the host takes a function out of its address space: from now on its context says abort."""
        f = s.function[rid]
        require(any_of(all_of(caller == f.owner, s.vm[caller].life == Life.LIVE), caller == HOST), Reason.NOT_ALLOWED)
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        leaving = f.replace(phase=FunctionPhase.DETACHING, since=s.queue.next)
        return write_context(s, rid, self.context_after_detach(s, rid)).put("function", rid, leaving)

    @operation
    def finish_detach(self, s: MachineState, caller: Vm, rid: Rid, ticket: Ticket) -> MachineState:
        """Nothing is cached for the function any more, given a completed invalidation that covers it."""
        f = s.function[rid]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(f.phase == FunctionPhase.DETACHING, Reason.WRONG_STATE)
        require(self.is_function_flushed(s, rid, f.since, ticket), Reason.NOT_FLUSHED)
        after = s.put("function", rid, f.replace(phase=FunctionPhase.FLUSHED))
        return drop(after, holder(HolderKind.CONTEXT, rid))

    @operation
    def handle_fault(self, s: MachineState, caller: Vm, rid: Rid, page: Page, frame: Frame, rights: Rights) -> MachineState:
        """Serve a translation fault of a function by mapping one of its owner's frames, by the owner's own right."""
        f = s.function[rid]
        require_alive(s, caller, f.owner)
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        return self.map(s, caller, f.space, page, Level.PAGE, frame, rights)
