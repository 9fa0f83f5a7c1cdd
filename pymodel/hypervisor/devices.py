"""Chapter 15: invalidations, contexts and the functions behind them; boot.

A function passes from one owner to the next in one order only: its context says abort, everything cached for it is
invalidated (with what was translated delivered), it is reset, what it issued before is drained, and only then may it be
given again. No request issued under the old owner is left when the new one begins.

Not modelled: registers of functions beyond what their residue says.

Read next: `pymodel.hypervisor.sriov`.
"""

from __future__ import annotations

from pymodel.hardware.ids import (
    HOST,
    NOBODY,
    AccountKind,
    Frame,
    HolderKind,
    Level,
    Page,
    Rid,
    Rights,
    Space,
    Tag,
    Ticket,
    Vf,
    Vm,
    account,
    holder,
)
from pymodel.hardware.machine import (
    ContextEntry,
    ContextMode,
    FunctionPhase,
    Invalidation,
    Life,
    MachineState,
    RequestRecord,
    Scope,
    SriovPhase,
    VmRecord,
)
from pymodel.hypervisor.accounts import drop, is_unused, take
from pymodel.hypervisor.tables import Tables
from pymodel.language.outcomes import Reason, require
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate

__all__ = ["DeviceOperations"]


class DeviceOperations(Tables):
    """Operations on the IOMMU and on functions."""

    @operation
    def boot(self, s: MachineState) -> MachineState:
        """Fill the context table, then turn the IOMMU on; the host is the first to run."""
        require(negate(s.iommu.on), Reason.WRONG_STATE)
        on = s.iommu.replace(fill=self.boot_fill(s), on=True)
        return s.replace(iommu=on, vm=s.vm.set(HOST, VmRecord(life=Life.LIVE)))

    # Invalidations

    def issue(self, s: MachineState, request: Invalidation) -> MachineState:
        """Put an invalidation into the queue under the next ticket."""
        require(s.queue.next < Ticket.last(), Reason.EXHAUSTED)
        return s.replace(invalidation=s.invalidation.set(s.queue.next, request), queue=s.queue.replace(next=s.queue.next + 1))

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
        f, p = s.function[rid], s.sriov[rid]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(f.present, s.iommu.on), Reason.WRONG_STATE)
        require(any_of(f.phase == FunctionPhase.IDLE, f.phase == FunctionPhase.FLUSHED), Reason.WRONG_STATE)
        require(p.phase == SriovPhase.OFF, Reason.IN_USE)
        return s.replace(
            function=s.function.set(rid, f.replace(phase=FunctionPhase.RESET, master=False, residue=NOBODY)),
            sriov=s.sriov.set(rid, p.replace(ari=False, num_vfs=Vf(0), offset=Rid(0), stride=Rid(0))),
        )

    @operation
    def drain_function(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Wait until nothing that a reset function issued is under way; then it is clean and nobody's."""
        f = s.function[rid]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(f.phase == FunctionPhase.RESET, Reason.WRONG_STATE)

        def of_function(_key: object, r: RequestRecord) -> bool:
            return r.rid == rid

        after = s.replace(
            request=s.request.reset(of_function),
            function=s.function.set(rid, f.replace(phase=FunctionPhase.CLEAN, owner=NOBODY)),
        )
        if f.owner != NOBODY:
            after = drop(after, holder(HolderKind.FUNCTION, rid))
            after = drop(after, holder(HolderKind.MEMBER, rid))
        return after

    @operation
    def attach(self, s: MachineState, caller: Vm, rid: Rid, vm: Vm, space: Space) -> MachineState:
        """The host gives a clean function to a VM, translated by one of that VM's I/O address spaces."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(any_of(s.vm[vm].life == Life.CREATED, s.vm[vm].life == Life.LIVE), Reason.WRONG_STATE)
        f, p = s.function[rid], s.space[space]
        require(all_of(f.present, f.phase == FunctionPhase.CLEAN), Reason.WRONG_STATE)
        require(any_of(negate(f.virtual), s.sriov[f.pf].phase == SriovPhase.ENABLED), Reason.WRONG_STATE)
        require(all_of(p.live, p.vm == vm, p.io), Reason.NOT_OWNED)
        require(p.layout == f.layout, Reason.NOT_ALLOWED)
        require(self.tag_usable(s, space), Reason.WRONG_STATE)
        group = s.group[f.group]
        members = account(AccountKind.GROUP, f.group)
        require(any_of(is_unused(s, members), group.owner == vm), Reason.IN_USE)
        require(self.may_attach(s, rid, vm, space), Reason.POLICY)
        attached = f.replace(owner=vm, phase=FunctionPhase.ATTACHED, space=space)
        after = s.replace(
            function=s.function.set(rid, attached),
            context=s.context.set(rid, ContextEntry(mode=ContextMode.STAGE2, tag=p.tag, root=p.root)),
            group=s.group.set(f.group, group.replace(owner=vm)),
        )
        after = take(after, account(AccountKind.FUNCTIONS, vm), holder(HolderKind.FUNCTION, rid))
        after = take(after, members, holder(HolderKind.MEMBER, rid))
        return take(after, account(AccountKind.CONTEXTS, space), holder(HolderKind.CONTEXT, rid))

    @operation
    def set_master(self, s: MachineState, caller: Vm, rid: Rid, on: bool) -> MachineState:
        """A function's owner turns bus mastering on or off."""
        f = s.function[rid]
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        require(all_of(caller == f.owner, s.vm[caller].life == Life.LIVE), Reason.NOT_ALLOWED)
        return s.put("function", rid, f.replace(master=on, residue=f.owner))

    @operation
    def detach(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """The owner or the host takes a function out of its address space: from now on its context says abort."""
        f = s.function[rid]
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        require(any_of(all_of(caller == f.owner, s.vm[caller].life == Life.LIVE), caller == HOST), Reason.NOT_ALLOWED)
        return s.replace(
            function=s.function.set(rid, f.replace(phase=FunctionPhase.DETACHING, since=s.queue.next)),
            context=s.context.set(rid, self.context_after_detach(s, rid)),
        )

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
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        return self.map(s, caller, f.space, page, Level.PAGE, frame, rights)
