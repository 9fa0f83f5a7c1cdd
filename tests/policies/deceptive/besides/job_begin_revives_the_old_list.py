"""job_begin takes the first extent of whatever job had that number before into the new list, if it fits; the sums are right.

Unsafe: the window of a device begins with frames that its VM did not list this time (a buffer of another device's), and each page
behind them lies elsewhere than the VM thinks; if the number was another VM's, the list cannot be mapped at all.

Breaks: a list of extents at a window translates each page to that of the extent that was *asked for*; a new job starts empty.
"""

from __future__ import annotations

from pymodel import AddressWidth, Count, Frame, Hypervisor, Job, MachineState, Page, Rights, Space, Vm, all_of, drives


class P(Hypervisor):
    """Begins range operations where the last one left off."""

    def job_begin(
        self, s: MachineState, caller: Vm, job: Job, space: Space, start: Page, rights: Rights, width: AddressWidth
    ) -> MachineState:
        """Begin with a list that is not quite empty."""
        after = super().job_begin(s, caller, job, space, start, rights, width)
        x = s.extent[job, Count(0)]
        more = x.pages - 1
        end = start + more
        there = all_of(x.before == 0, x.pages != 0, more <= (1 << 44) - 1, x.frame + more.to(Frame) >= x.frame)
        if all_of(there, end >= start, drives(width, end)):
            return after.put("job", job, after.job[job].replace(extents=Count(1), total=x.pages))
        return after
