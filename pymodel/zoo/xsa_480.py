"""A table page returns to the pool before the flush that was put off for it has run.

Walk caches still point to the page, and a walk goes on through whatever it holds by then.

Source: Xen advisory XSA-480 (2026), CVE-2026-23554.
"""

from __future__ import annotations

from pymodel.hardware.caches import covers_tag
from pymodel.hardware.ids import Tag, Ticket
from pymodel.hardware.machine import MachineState
from pymodel.hypervisor import Hypervisor
from pymodel.words import all_of

__all__ = ["ID", "PROMISES", "TITLE", "Fault", "Twin"]

ID = "XSA-480"
TITLE = "A table page is freed while walk caches may still point to it"
PROMISES = ("XLT-5", "INV-4")


class Fault(Hypervisor):
    """Frees a table as soon as it is unlinked."""

    def is_table_flushed(self, s: MachineState, tag: Tag, since: Ticket, ticket: Ticket) -> bool:
        """Take every table for flushed."""
        return True


class Twin(Hypervisor):
    """Frees a table after a flush of its whole tag, issued after the unlinking, is done."""

    def is_table_flushed(self, s: MachineState, tag: Tag, since: Ticket, ticket: Ticket) -> bool:
        """Look at the invalidation that the caller points to."""
        inv = s.invalidation[ticket]
        return all_of(covers_tag(inv, tag), since <= ticket, inv.done)
