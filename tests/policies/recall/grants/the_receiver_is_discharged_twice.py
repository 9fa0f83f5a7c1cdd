"""The receiver of a grant is discharged of it with its last handle, and once more when the grant ends.

Who has no handle uses the grant no more, so it is not charged with the grant. But the grant lives on and names it. The receiver
is found to have nothing, is taken down, and the next VM under its name is the receiver. The second discharge takes away what
something else is charged with.

Source: mechanism: a count goes down on two paths for one that went up.
"""

from __future__ import annotations

from pymodel import AccountKind, Handle, HolderKind, Hypervisor, MachineState, Vm, account, drop, holder, is_unused


class Faulty(Hypervisor):
    """Discharges early."""

    def drop_handle(self, s: MachineState, caller: Vm, handle: Handle) -> MachineState:
        """The receiver gives up a handle that maps nothing, and with the last one what it is charged with."""
        grant = s.handle[handle].grant
        after = super().drop_handle(s, caller, handle)
        if is_unused(after, account(AccountKind.HANDLES, grant)):
            return drop(after, holder(HolderKind.RECEIVED, grant))
        return after
