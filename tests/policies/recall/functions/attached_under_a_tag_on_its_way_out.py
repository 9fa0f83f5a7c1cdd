"""A function is attached to an address space that has a tag, although the tag is on its way out.

That no function and no CPU uses the tag is looked at when its retiring begins. The function comes later. The tag is free after
its flush, and goes to another address space, while the function still carries it: its translations mix with that one's.

Source: mechanism: a state that is neither free nor in use is taken for in use.
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
    holder,
    is_unused,
    layout_of,
    negate,
    require,
    take,
    write_context,
)


class Faulty(Hypervisor):
    """Asks whether there is a tag."""

    def attach(self, s: MachineState, caller: Vm, rid: Rid, vm: Vm, space: Space) -> MachineState:
        """The host gives a clean function to a VM, translated by one of that VM's I/O address spaces."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(any_of(s.vm[vm].life == Life.CREATED, s.vm[vm].life == Life.LIVE), Reason.WRONG_STATE)
        f, r, p = s.function[rid], s.pcie[rid], s.space[space]
        require(all_of(r.present, f.phase == FunctionPhase.CLEAN), Reason.WRONG_STATE)
        require(any_of(negate(r.virtual), s.pf[r.pf].phase == SriovPhase.ENABLED), Reason.WRONG_STATE)
        require(all_of(p.live, space.vm == vm, p.io), Reason.NOT_OWNED)
        require(p.layout == layout_of(s, rid), Reason.NOT_ALLOWED)
        require(p.tagged, Reason.WRONG_STATE)
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
