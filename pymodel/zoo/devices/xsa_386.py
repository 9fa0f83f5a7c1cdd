"""XSA-386: an early return leaves a removed device's context entry in place.

Removal first dealt with the device's reserved regions, and one harmless error there should have been passed over. The
test was written so that success left the function as well, before the context entry was touched. Everything after it,
flush, reset and drain, ran as usual; but hardware could read the old entry again at any time and walk the old owner's
tables for a device that was nobody's, or somebody else's by then.

Source: Xen Security Advisory XSA-386 (CVE-2021-28702); xen-project/xen, commit 192aaf7e146c.
"""

from __future__ import annotations

from pymodel import ContextEntry, ContextMode, Hypervisor, MachineState, Rid

ID = "XSA-386"
TITLE = "Removal of a device returns before its context entry is cleared"
PROMISES: tuple[str, ...] = ("CTX-1", "DMA-7", "INV-7")


class Faulty(Hypervisor):
    """Leaves the context entry as it is."""

    def context_after_detach(self, s: MachineState, rid: Rid) -> ContextEntry:
        """Return the entry that stands there."""
        return s.context[rid]


class Fixed(Hypervisor):
    """Switches the context entry off."""

    def context_after_detach(self, s: MachineState, rid: Rid) -> ContextEntry:
        """Return the entry that stands there, turned to abort."""
        return s.context[rid].replace(mode=ContextMode.ABORT)
