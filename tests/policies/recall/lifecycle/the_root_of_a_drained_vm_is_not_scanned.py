"""The address space of a drained VM is given up without a look at what its root still holds.

No CPU and no device uses the tables of a drained VM, so the root is blanked as it is. The leaves that stood in it held
references, which nobody gives up any more: their frames are never given back, and the VM never becomes empty.

Source: mechanism: tear-down of tables that drops entries and not what they hold.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    HolderKind,
    Hypervisor,
    Life,
    MachineState,
    Reason,
    Space,
    SpaceRecord,
    TablePhase,
    Vm,
    account,
    all_of,
    any_of,
    drop,
    holder,
    is_unused,
    negate,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Takes the root of a drained VM for empty."""

    def destroy_space(self, s: MachineState, caller: Vm, space: Space) -> MachineState:
        """Give up an address space whose root was scanned empty, or whose VM is drained."""
        require_manages(s, caller, space.vm)
        p, v = s.space[space], s.vm[space.vm]
        require(all_of(p.live, negate(p.tagged)), Reason.WRONG_STATE)
        t = s.table[p.root]
        scanned = all_of(t.phase == TablePhase.CLOSING, t.scanned)
        require(any_of(scanned, v.life == Life.DRAINED), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.TABLES, space)), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.JOBS, space)), Reason.IN_USE)
        after = s.put("space", space, SpaceRecord.default())
        if v.space == space:
            after = after.put("vm", space.vm, v.replace(has_space=False))
        return drop(self.blank_table(after, p.root), holder(HolderKind.SPACE, space))
