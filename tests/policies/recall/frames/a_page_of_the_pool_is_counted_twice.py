"""A page that comes out of the pool is counted as its VM's once more.

Taking a page into the pool did not change what the VM is charged with; taking it out charges the VM again. The count of its
frames never returns to zero: the VM cannot be taken down, and its name is not free again.

Source: mechanism: an account that is charged on a path that never discharges it.
"""

from __future__ import annotations

from pymodel import AccountKind, Frame, HolderKind, Hypervisor, MachineState, Vm, account, holder, take


class Faulty(Hypervisor):
    """Charges the VM with its own page."""

    def unpool(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """A blank page of the pool becomes data of its VM, which is charged with it."""
        vm = s.frame[frame].owner
        after = super().unpool(s, caller, frame)
        return take(after, account(AccountKind.FRAMES, vm), holder(HolderKind.FRAME, frame))
