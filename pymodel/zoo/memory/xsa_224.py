"""XSA-224: a grant's reference is given up although one of its two uses goes on.

A receiver may use a grant for its CPUs and for its devices. A call to end the use that named no device address left the
device's mapping alone, but gave up what was held for it. When the granter then found nobody using the grant it took the
frame back, and the receiver's device could still reach it.

Source: Xen Security Advisory XSA-224; xen-project/xen, commits 6ec173b1e3ad, 4964e8615684 and 3217129eb65c.
"""

from __future__ import annotations

from pymodel import (
    Handle,
    HandleRecord,
    HolderKind,
    Hypervisor,
    MachineState,
    Reason,
    Vm,
    all_of,
    drop,
    holder,
    negate,
    require,
    require_manages,
)

ID = "XSA-224"
TITLE = "Ending one use of a grant gives up the reference of the other"
PROMISES: tuple[str, ...] = ("DMA-1", "MEM-7")


class Faulty(Hypervisor):
    """Looks at the CPU's mapping alone."""

    def drop_handle(self, s: MachineState, caller: Vm, handle: Handle) -> MachineState:
        """The receiver gives up a handle that its CPUs do not use."""
        h = s.handle[handle]
        require(h.live, Reason.WRONG_STATE)
        require_manages(s, caller, s.grant[h.grant].receiver)
        require(negate(h.cpu_use), Reason.IN_USE)
        return drop(s.put("handle", handle, HandleRecord.default()), holder(HolderKind.HANDLE, handle))


class Fixed(Hypervisor):
    """Looks at both mappings."""

    def drop_handle(self, s: MachineState, caller: Vm, handle: Handle) -> MachineState:
        """The receiver gives up a handle that neither its CPUs nor its devices use."""
        h = s.handle[handle]
        require(h.live, Reason.WRONG_STATE)
        require_manages(s, caller, s.grant[h.grant].receiver)
        require(all_of(negate(h.cpu_use), negate(h.device_use)), Reason.IN_USE)
        return drop(s.put("handle", handle, HandleRecord.default()), holder(HolderKind.HANDLE, handle))
