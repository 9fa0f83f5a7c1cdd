"""XSA-442: a device moves on with translations cached under its former tag.

Giving a device another context was followed by a flush that was too small: what the IOTLB held under the old tag stayed,
and hardware still used it for that device. Here a flush of some pages under the old tag is enough for the fault; it takes
a flush of the whole function, context and translations alike, for the repaired version.

Source: Xen Security Advisory XSA-442 (CVE-2023-34326); xen-project/xen, commit 1b8dbe48d6ff.
"""

from __future__ import annotations

from pymodel import (
    Hypervisor,
    Invalidation,
    MachineState,
    Rid,
    Ticket,
    all_of,
    any_of,
    covers_function,
)

ID = "XSA-442"
TITLE = "A device changes hands without a flush of what its old tag has cached"
PROMISES: tuple[str, ...] = ("CTX-1", "DMA-1", "INV-1")


def names_old_tag(s: MachineState, rid: Rid, inv: Invalidation) -> bool:
    """Say whether an invalidation is one under the tag that a function had, however little it covers."""
    return inv.tag == s.space[s.function[rid].space].tag


class Faulty(Hypervisor):
    """Takes any invalidation under the old tag for enough."""

    def is_function_flushed(self, s: MachineState, rid: Rid, since: Ticket, ticket: Ticket) -> bool:
        """Ask for a completed invalidation that has to do with the function."""
        inv = s.invalidation[ticket]
        return all_of(inv.done, ticket >= since, any_of(covers_function(inv, rid), names_old_tag(s, rid, inv)))


class Fixed(Hypervisor):
    """Asks for an invalidation of everything that the function has cached."""

    def is_function_flushed(self, s: MachineState, rid: Rid, since: Ticket, ticket: Ticket) -> bool:
        """Ask for a completed invalidation that covers the function."""
        inv = s.invalidation[ticket]
        return all_of(inv.done, ticket >= since, covers_function(inv, rid))
