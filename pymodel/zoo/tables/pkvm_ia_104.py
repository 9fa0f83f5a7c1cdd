"""PKVM-IA-104: a walk in software goes down through a large leaf and reads a guest's data as a table.

The walk that finds the entry to remove asked whether an entry is present, and not whether it links a table. A large leaf
is present too. So the walk took the first page behind it for a table, in which the guest had written entries to its
liking, and gave up references on the strength of them that nobody had ever taken.

Source: intel-staging/pKVM-IA, issue 104, repaired in pull request 105.
"""

from __future__ import annotations

from pymodel import Entry, EntryKind, Hypervisor, MachineState, any_of

ID = "PKVM-IA-104"
TITLE = "An unmapping walks through a large leaf into a guest's data"
PROMISES: tuple[str, ...] = ("MEM-6", "MEM-9", "XLT-5")


class Faulty(Hypervisor):
    """Takes whatever is present for a link."""

    def is_table(self, s: MachineState, entry: Entry) -> bool:
        """Say whether the entry is present."""
        del s
        return any_of(entry.kind == EntryKind.LINK, entry.kind == EntryKind.LEAF)


class Fixed(Hypervisor):
    """Follows links alone."""

    def is_table(self, s: MachineState, entry: Entry) -> bool:
        """Say whether the entry links a table."""
        del s
        return entry.kind == EntryKind.LINK
