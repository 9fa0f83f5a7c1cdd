"""wish_vfs lets any live VM note a number of VFs, and the host's set_ari then writes that number into NumVFs as well.

Unsafe: a guest decides how many virtual functions a device that is not its own brings up, when the host only meant to set the ARI
bit: ids and queues of the device are used up, or the VFs that the host asked for are never there.

Breaks: set_ari writes the ARI bit and leaves NumVFs as the host set it; only the host has a say in a PF's registers.
"""

from pymodel import Hypervisor, Life, MachineState, Map, Reason, Record, Rid, Vf, Vm, all_of, operation, require, write_sriov


class Wish(Record):
    """How many VFs somebody would like."""

    number: Vf = Vf(0)


class Wishes(MachineState):
    """The machine, and what is wished for."""

    wish: Map[Rid, Wish]


class P(Hypervisor):
    """Hears what guests would like."""

    State = Wishes

    @operation
    def wish_vfs(self, s: Wishes, caller: Vm, pf: Rid, number: Vf) -> Wishes:
        """Note a wish."""
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        return s.put("wish", pf, Wish(number=number))

    def set_ari(self, s: Wishes, caller: Vm, pf: Rid, on: bool, offset: Rid, stride: Rid) -> Wishes:
        """Write the ARI bit, and grant a wish."""
        after, n = super().set_ari(s, caller, pf, on, offset, stride), s.wish[pf].number
        grants = all_of(n != 0, n <= s.platform.function[pf].total_vfs)
        return write_sriov(after, pf, after.sriov[pf].replace(num_vfs=n)) if grants else after
