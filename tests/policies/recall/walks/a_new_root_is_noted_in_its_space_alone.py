"""An address space gets another root while functions and CPUs use the one that it had.

The root is empty, so nobody seems to lose anything. Contexts, CPUs and walk caches still name it. It becomes memory of the
guest's again, and hardware walks what the guest writes there.

Source: Xen Security Advisory XSA-311, in another guise: the root of a device's tables is exchanged while the device runs.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    Frame,
    FrameKind,
    Hypervisor,
    Level,
    MachineState,
    Reason,
    Space,
    TablePhase,
    TableRecord,
    Vm,
    account,
    all_of,
    is_unused,
    negate,
    operation,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Exchanges a root whoever uses it."""

    @operation
    def renew_root(self, s: MachineState, caller: Vm, space: Space, root: Frame) -> MachineState:
        """Whoever looks after an address space exchanges its root, which was scanned empty, for a blank page of the pool."""
        require_alive(s, caller, space.vm)
        p, f = s.space[space], s.frame[root]
        require(f.owner == space.vm, Reason.NOT_ALLOWED)
        require(f.kind == FrameKind.POOL, Reason.WRONG_STATE)
        require(p.live, Reason.WRONG_STATE)
        t = s.table[p.root]
        require(all_of(t.phase == TablePhase.CLOSING, t.scanned), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.TABLES, space)), Reason.IN_USE)
        after = self.blank_table(s, p.root)
        record = TableRecord(phase=TablePhase.LINKED, space=space, level=Level.HUGE)
        return after.replace(
            space=after.space.set(space, p.replace(root=root)),
            frame=after.frame.set(root, f.replace(kind=FrameKind.TABLE, clean=False)),
            table=after.table.set(root, record),
        )


class Twin(Hypervisor):
    """Exchanges a root that nothing is cached of, and that nobody uses: its address space has no tag."""

    @operation
    def renew_root(self, s: MachineState, caller: Vm, space: Space, root: Frame) -> MachineState:
        """Whoever looks after an address space exchanges its root, which was scanned empty, for a blank page of the pool."""
        require_alive(s, caller, space.vm)
        p, f = s.space[space], s.frame[root]
        require(f.owner == space.vm, Reason.NOT_ALLOWED)
        require(f.kind == FrameKind.POOL, Reason.WRONG_STATE)
        require(all_of(p.live, negate(p.tagged)), Reason.WRONG_STATE)
        t = s.table[p.root]
        require(all_of(t.phase == TablePhase.CLOSING, t.scanned), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.TABLES, space)), Reason.IN_USE)
        after = self.blank_table(s, p.root)
        record = TableRecord(phase=TablePhase.LINKED, space=space, level=Level.HUGE)
        return after.replace(
            space=after.space.set(space, p.replace(root=root)),
            frame=after.frame.set(root, f.replace(kind=FrameKind.TABLE, clean=False)),
            table=after.table.set(root, record),
        )
