"""A large leaf is mapped for devices because its first page is not reserved.

Reserved ranges are compared with the address of the leaf and not with its size. A guest maps 2 MiB over the pages that firmware
declares for the device, or over the interrupt window, and memory stands where the device's own accesses should go.

Source: Xen Security Advisory XSA-378: a guest may replace what is reserved for its device.
"""

from __future__ import annotations

from pymodel import NO_RIGHTS, Hypervisor, Level, MachineState, Page, Reason, Rights, Space, all_of, is_reserved, negate, require


class Faulty(Hypervisor):
    """Looks up the first page."""

    def require_leaf(self, s: MachineState, space: Space, page: Page, level: Level, rights: Rights) -> None:
        """Refuse a leaf without rights, and one for devices at a reserved page."""
        p = s.space[space]
        require(negate(all_of(p.io, is_reserved(s, p.layout, Level.PAGE, page))), Reason.OCCUPIED)
        require(rights != NO_RIGHTS, Reason.RIGHTS)
