"""A virtual function is checked against the isolation group of its physical function, not against its own.

With access control on the device a VF has a group of its own, and without it VFs share one that is not the PF's. A VM gets a VF
while another VM has one of the same group. The two reach each other below the IOMMU.

Source: mechanism: the group of a VF is taken from its PF.
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
    choose,
    has_usable_tag,
    holder,
    is_unused,
    layout_of,
    negate,
    require,
    take,
    write_context,
)


class Faulty(Hypervisor):
    """Looks up the group of the physical function."""

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
        group = s.platform.function[choose(r.virtual, r.pf, rid)].group
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


class Twin(Hypervisor):
    """Lets the policy's decision refuse a VF while its physical function is a VM's."""

    def may_attach(self, s: MachineState, rid: Rid, vm: Vm, space: Space) -> bool:
        """Say whether a function is physical, or its physical function is nobody's or the host's."""
        r = s.pcie[rid]
        owner = s.function[r.pf].owner
        return any_of(negate(r.virtual), owner == NOBODY, owner == HOST)
