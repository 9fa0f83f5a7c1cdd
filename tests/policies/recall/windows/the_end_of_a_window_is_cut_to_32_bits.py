"""The last page of a window is compared with what a device can address after it was cut to 32 bits.

A window far above what the device can address has an end that is small once its upper bits are gone. The device is told addresses
that it cannot put on the bus, and what it puts there are the low bits: other pages of the address space.

Source: Linux iommu mailing list, 24 June 2020, in another guise: numbers of pages are kept in an int.
"""

from __future__ import annotations

from pymodel import (
    Count,
    Extent,
    Frame,
    Hypervisor,
    Job,
    JobPhase,
    MachineState,
    Page,
    Reason,
    Vm,
    Word,
    all_of,
    drives,
    require,
    require_alive,
)


class Low(Word, width=32):
    """A page number in 32 bits."""


class Faulty(Hypervisor):
    """Keeps the end of a window in 32 bits."""

    def job_extent(self, s: MachineState, caller: Vm, job: Job, frame: Frame, pages: Page) -> MachineState:
        """Take over the next extent; the window must still lie below what the device can address."""
        require_alive(s, caller, job.vm)
        j = s.job[job]
        require(j.phase == JobPhase.LISTING, Reason.WRONG_STATE)
        require(pages != 0, Reason.OUT_OF_RANGE)
        total = j.total + pages
        end = j.start + (total - 1)
        require(all_of(total >= j.total, end >= j.start, total != 0), Reason.OUT_OF_RANGE)
        require(drives(j.width, end.to(Low).to(Page)), Reason.OUT_OF_RANGE)
        require(frame + (pages - 1).to(Frame) >= frame, Reason.OUT_OF_RANGE)
        require((pages - 1) <= (1 << 44) - 1, Reason.OUT_OF_RANGE)
        require(j.extents < Count.last(), Reason.EXHAUSTED)
        after = s.put("extent", (job, j.extents), Extent(frame=frame, pages=pages, before=j.total))
        return after.put("job", job, j.replace(extents=j.extents + 1, total=total))
