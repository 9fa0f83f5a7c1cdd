"""A search for a window goes on to the last page that the device can address, whatever the window's length.

The last start is computed without the length. The search finds windows that begin below 4 GiB and end above, and proposes them
for a device of 32 bits.

Source: mechanism: the upper bound of a search is that of an address and not that of a range.
"""

from __future__ import annotations

from pymodel import AddressWidth, Hypervisor, Job, Level, MachineState, Page, Space, Vm, nth_of


class Faulty(Hypervisor):
    """Computes the last start from the last page alone."""

    def search_begin(
        self, s: MachineState, caller: Vm, job: Job, space: Space, total: Page, level: Level, width: AddressWidth
    ) -> MachineState:
        """Begin to look for that many free pages, up to the last page of the device."""
        after = super().search_begin(s, caller, job, space, total, level, width)
        x = after.search[job]
        return after.put("search", job, x.replace(top=nth_of(x.last, level)))
