"""A virtual function is given to a VM as soon as its physical function is not off.

That also holds while VFs are brought up and while they are removed. When the bringing-up fails, the VFs are removed again: one
is a VM's by then, of a physical function whose VF Enable was never set.

Source: mechanism: a state that is not "off" is taken for "on".
"""

from __future__ import annotations

from pymodel import (
    HOST,
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
    is_unused,
    layout_of,
    negate,
    require,
    take,
    write_context,
)


class Faulty(Hypervisor):
    """Asks whether the physical function is off."""

    def attach(self, s: MachineState, caller: Vm, rid: Rid, vm: Vm, space: Space) -> MachineState:
        """Give a clean function to a VM; a virtual one, if its physical function has VFs."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(any_of(s.vm[vm].life == Life.CREATED, s.vm[vm].life == Life.LIVE), Reason.WRONG_STATE)
        f, r, p = s.function[rid], s.pcie[rid], s.space[space]
        require(all_of(r.present, f.phase == FunctionPhase.CLEAN), Reason.WRONG_STATE)
        require(any_of(negate(r.virtual), s.pf[r.pf].phase != SriovPhase.OFF), Reason.WRONG_STATE)
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
