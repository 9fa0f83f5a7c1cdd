"""A handle is given up when CPUs map nothing through it; whether a device does is not asked.

The handle is gone, so the grant has none and ends. The receiver's device still has the frame mapped, and reads and writes it when
it is granted to nobody.

Source: Xen Security Advisory XSA-230, in another guise: a grant counts as unused while one of its uses goes on.
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
    drop,
    holder,
    negate,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Looks at the use by CPUs."""

    def drop_handle(self, s: MachineState, caller: Vm, handle: Handle) -> MachineState:
        """The receiver gives up a handle that maps nothing for its CPUs."""
        require_manages(s, caller, handle.vm)
        h = s.handle[handle]
        require(h.live, Reason.WRONG_STATE)
        require(negate(h.cpu_use), Reason.IN_USE)
        return drop(s.put("handle", handle, HandleRecord()), holder(HolderKind.HANDLE, handle))
