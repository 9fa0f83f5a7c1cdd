"""On its way down the walk in software tests the upper entry twice and the lower one never.

The second test is a copy of the first. Below a leaf of 2 MiB the walk goes on into the guest's data and takes it for a table.
The guest has written entries there to its liking: the hypervisor gives up references on the strength of them, to whatever
frames they name.

Source: pKVM on Intel, issue 104: a walk goes through a large leaf and reads a guest's data as a table.
"""

from __future__ import annotations

from pymodel import (
    Entry,
    EntryKind,
    Frame,
    Hypervisor,
    Level,
    MachineState,
    Page,
    Reason,
    Space,
    any_of,
    choose,
    negate,
    page_index,
    require,
)


class Faulty(Hypervisor):
    """Tests the upper entry where it means the lower one."""

    def table_for(self, s: MachineState, space: Space, page: Page, level: Level) -> Frame:
        """Walk from the root to the table whose slots have that level; refused where there is none."""
        root = s.space[space].root
        upper = s.memory[root, page_index(page, Level.HUGE)]
        require(any_of(level == Level.HUGE, self.is_table(s, upper)), Reason.NOT_MAPPED)
        lower = s.memory[upper.frame, page_index(page, Level.BLOCK)]
        require(any_of(level != Level.PAGE, self.is_table(s, upper)), Reason.NOT_MAPPED)
        return choose(level == Level.HUGE, root, choose(level == Level.BLOCK, upper.frame, lower.frame))


class Twin(Hypervisor):
    """Tests for what is no table: nothing, a leaf, and one that was removed."""

    def is_table(self, s: MachineState, entry: Entry) -> bool:
        """Say whether an entry is none of those at which a walk ends."""
        ends = any_of(entry.kind == EntryKind.NONE, entry.kind == EntryKind.LEAF, entry.kind == EntryKind.STALE)
        return negate(ends)
