"""A VM moves a function to another of its address spaces by writing the context, and flushes nothing.

The context cache and the IOTLB still have the old address space, its tag and its root. When that address space is given up,
nobody uses it by the books; its tables and its tag go to others, and the function is still translated by them.

Source: Xen Security Advisory XSA-442: a device moves on with what was cached under its former tag.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    ContextEntry,
    ContextMode,
    FunctionPhase,
    HolderKind,
    Hypervisor,
    MachineState,
    Reason,
    Rid,
    Space,
    Vm,
    account,
    all_of,
    drop,
    has_usable_tag,
    holder,
    layout_of,
    operation,
    require,
    require_alive,
    take,
    write_context,
)


class Faulty(Hypervisor):
    """Writes the context of a function that is in use."""

    @operation
    def move_function(self, s: MachineState, caller: Vm, rid: Rid, space: Space) -> MachineState:
        """The owner of a function has it translated by another of its address spaces."""
        f, p = s.function[rid], s.space[space]
        require_alive(s, caller, f.owner)
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        require(all_of(p.live, space.vm == f.owner, p.io), Reason.NOT_OWNED)
        require(p.layout == layout_of(s, rid), Reason.NOT_ALLOWED)
        require(has_usable_tag(s, space), Reason.WRONG_STATE)
        after = drop(s, holder(HolderKind.CONTEXT, rid))
        after = write_context(after, rid, ContextEntry(mode=ContextMode.STAGE2, tag=p.tag, root=p.root))
        after = after.put("function", rid, f.replace(space=space))
        return take(after, account(AccountKind.CONTEXTS, space), holder(HolderKind.CONTEXT, rid))
