"""XSA-302: a device taken from a guest is handed to the host while its requests are still under way.

The host runs untranslated. So when detaching wrote the host's translation into the context, whatever the guest had told
its device to do before went on as DMA to physical addresses of the guest's choice. The repair parks the device behind a
context that lets nothing through, until it is flushed, reset and drained.

Source: Xen Security Advisory XSA-302; xen-project/xen, commit 7cb2f1dd7383 (made the default by XSA-306, e4899550ff78).
"""

from __future__ import annotations

from pymodel import ContextEntry, ContextMode, Hypervisor, MachineState, Rid

ID = "XSA-302"
TITLE = "A device goes back to the host with its old owner's requests in flight"
PROMISES: tuple[str, ...] = ("CTX-1", "DMA-1", "MEM-3", "VF-5")


class Faulty(Hypervisor):
    """Gives a detached function the host's translation, the identity."""

    def context_after_detach(self, s: MachineState, rid: Rid) -> ContextEntry:
        """Return the context that the host's own functions have."""
        del s, rid
        return ContextEntry(mode=ContextMode.BYPASS)


class Fixed(Hypervisor):
    """Lets nothing of a detached function through."""

    def context_after_detach(self, s: MachineState, rid: Rid) -> ContextEntry:
        """Return a context that aborts every request."""
        del s, rid
        return ContextEntry(mode=ContextMode.ABORT)
