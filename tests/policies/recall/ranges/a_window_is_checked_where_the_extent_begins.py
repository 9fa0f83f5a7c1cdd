"""An extent is taken into a window because its first page lies below what the device can address.

The page that is checked is that at which the extent begins, not that at which it ends. A device of 32 bits gets a window across
4 GiB. It drops the upper bits of an address, and what was meant for the end of the buffer goes to pages at the beginning of its
address space.

Source: mechanism: a DMA mask is compared with the address of a buffer and not with its last byte.
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
    all_of,
    any_of,
    drives,
    last_page,
    negate,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Checks the first page of the extent."""

    def job_extent(self, s: MachineState, caller: Vm, job: Job, frame: Frame, pages: Page) -> MachineState:
        """Take over the next extent; it must lie below what the device can address."""
        require_alive(s, caller, job.vm)
        j = s.job[job]
        require(j.phase == JobPhase.LISTING, Reason.WRONG_STATE)
        require(pages != 0, Reason.OUT_OF_RANGE)
        total, begin = j.total + pages, j.start + j.total
        end = j.start + (total - 1)
        require(all_of(total >= j.total, end >= j.start, total != 0), Reason.OUT_OF_RANGE)
        require(drives(j.width, begin), Reason.OUT_OF_RANGE)
        require(frame + (pages - 1).to(Frame) >= frame, Reason.OUT_OF_RANGE)
        require((pages - 1) <= (1 << 44) - 1, Reason.OUT_OF_RANGE)
        require(j.extents < Count.last(), Reason.EXHAUSTED)
        after = s.put("extent", (job, j.extents), Extent(frame=frame, pages=pages, before=j.total))
        return after.put("job", job, j.replace(extents=j.extents + 1, total=total))


class Twin(Hypervisor):
    """Compares the last page of the extent with the last one that the device can address."""

    def job_extent(self, s: MachineState, caller: Vm, job: Job, frame: Frame, pages: Page) -> MachineState:
        """Take over the next extent; the window must still end within the device's reach."""
        require_alive(s, caller, job.vm)
        j = s.job[job]
        require(j.phase == JobPhase.LISTING, Reason.WRONG_STATE)
        require(all_of(pages != 0, (pages - 1) <= Frame.last().to(Page)), Reason.OUT_OF_RANGE)
        require(negate(any_of(j.total.add_overflows(pages), frame.add_overflows((pages - 1).to(Frame)))), Reason.OUT_OF_RANGE)
        total = j.total + pages
        require(negate(j.start.add_overflows(total - 1)), Reason.OUT_OF_RANGE)
        require(j.start + (total - 1) <= last_page(j.width), Reason.OUT_OF_RANGE)
        require(j.extents < Count.last(), Reason.EXHAUSTED)
        after = s.put("extent", (job, j.extents), Extent(frame=frame, pages=pages, before=j.total))
        return after.put("job", job, j.replace(extents=j.extents + 1, total=total))
