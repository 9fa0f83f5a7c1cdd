"""An isolation group is anybody's as soon as one of its functions is given back.

Who has the group is noted and who is in it is not counted, and the note is cleared with the first function that leaves. Another
VM gets that function while the others stay where they are. The two reach each other below the IOMMU.

Source: mechanism: the owner of a shared thing is cleared by the first user that goes.
"""

from __future__ import annotations

from pymodel import (
    HOST,
    NOBODY,
    AccountKind,
    ContextEntry,
    ContextMode,
    FunctionPhase,
    GroupRecord,
    HolderKind,
    Hypervisor,
    Life,
    MachineState,
    Reason,
    Rid,
    Space,
    SriovPhase,
    Vm,
    account,
    all_of,
    any_of,
    has_usable_tag,
    holder,
    layout_of,
    negate,
    require,
    take,
    write_context,
)


class Faulty(Hypervisor):
    """Clears the owner of a group with each function, and asks for the owner alone."""

    def drain_function(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Drain a function; its group is free again."""
        after = super().drain_function(s, caller, rid)
        return after.put("group", s.platform.function[rid].group, GroupRecord())

    def attach(self, s: MachineState, caller: Vm, rid: Rid, vm: Vm, space: Space) -> MachineState:
        """Give a clean function to a VM, if its group is free or that VM's."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(any_of(s.vm[vm].life == Life.CREATED, s.vm[vm].life == Life.LIVE), Reason.WRONG_STATE)
        f, r, p = s.function[rid], s.pcie[rid], s.space[space]
        require(all_of(r.present, f.phase == FunctionPhase.CLEAN), Reason.WRONG_STATE)
        require(any_of(negate(r.virtual), s.pf[r.pf].phase == SriovPhase.ENABLED), Reason.WRONG_STATE)
        require(all_of(p.live, space.vm == vm, p.io), Reason.NOT_OWNED)
        require(p.layout == layout_of(s, rid), Reason.NOT_ALLOWED)
        require(has_usable_tag(s, space), Reason.WRONG_STATE)
        group = s.platform.function[rid].group
        owner = s.group[group].owner
        require(any_of(owner == NOBODY, owner == vm), Reason.IN_USE)
        require(self.may_attach(s, rid, vm, space), Reason.POLICY)
        after = write_context(s, rid, ContextEntry(mode=ContextMode.STAGE2, tag=p.tag, root=p.root)).replace(
            function=s.function.set(rid, f.replace(owner=vm, phase=FunctionPhase.ATTACHED, space=space)),
            group=s.group.set(group, GroupRecord(owner=vm)),
        )
        after = take(after, account(AccountKind.FUNCTIONS, vm), holder(HolderKind.FUNCTION, rid))
        after = take(after, account(AccountKind.GROUP, group), holder(HolderKind.MEMBER, rid))
        return take(after, account(AccountKind.CONTEXTS, space), holder(HolderKind.CONTEXT, rid))


class Twin(Faulty):
    """Clears the owner with the last function of a group, and asks for the owner alone."""

    def drain_function(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Drain a function; its group is free again if it was the last one that was owned."""
        return Hypervisor.drain_function(self, s, caller, rid)
