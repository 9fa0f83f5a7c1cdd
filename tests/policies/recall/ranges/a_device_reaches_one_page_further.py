"""The limit of a device is taken for the last page that it can address: a search goes one page too far.

The first page that the device cannot address is page 2^(w-12). The search treats it as the last one that it can. A device of 32
bits gets a window whose last page is at 4 GiB, and its accesses there arrive at page 0.

Source: mechanism: a mask of address bits and a size are one apart.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    AddressWidth,
    HolderKind,
    Hypervisor,
    Job,
    Level,
    MachineState,
    Page,
    Reason,
    SearchPhase,
    SearchRecord,
    Space,
    Vm,
    account,
    all_of,
    choose,
    holder,
    is_width,
    nth_of,
    require,
    require_alive,
    take,
)


class Faulty(Hypervisor):
    """Takes the size of the device's address space for its last page."""

    def search_begin(
        self, s: MachineState, caller: Vm, job: Job, space: Space, total: Page, level: Level, width: AddressWidth
    ) -> MachineState:
        """Begin to look for that many free pages, aligned to a level, that a device of that width can address."""
        require_alive(s, caller, job.vm)
        require(space.vm == job.vm, Reason.NOT_ALLOWED)
        p = s.space[space]
        require(all_of(p.live, p.io), Reason.NOT_OWNED)
        require(s.search[job].phase == SearchPhase.NONE, Reason.OCCUPIED)
        require(is_width(width), Reason.OUT_OF_RANGE)
        limit = choose(width == 64, Page.last(), Page(1) << (width - 12).to(Page))
        require(all_of(total != 0, total - 1 <= limit), Reason.OUT_OF_RANGE)
        record = SearchRecord(phase=SearchPhase.LOOKING, vm=job.vm, space=space, total=total, level=level, width=width)
        record = record.replace(last=limit, top=nth_of(limit - (total - 1), level))
        return take(s.put("search", job, record), account(AccountKind.JOBS, space), holder(HolderKind.SEARCH, job))


class Twin(Hypervisor):
    """Computes the last page by shifting all ones to the right."""

    def search_begin(
        self, s: MachineState, caller: Vm, job: Job, space: Space, total: Page, level: Level, width: AddressWidth
    ) -> MachineState:
        """Begin to look for that many free pages, aligned to a level, that a device of that width can address."""
        require_alive(s, caller, job.vm)
        require(space.vm == job.vm, Reason.NOT_ALLOWED)
        p = s.space[space]
        require(all_of(p.live, p.io), Reason.NOT_OWNED)
        require(s.search[job].phase == SearchPhase.NONE, Reason.OCCUPIED)
        require(is_width(width), Reason.OUT_OF_RANGE)
        last = Page.last() >> (AddressWidth(64) - width).to(Page)
        require(all_of(total != 0, total - 1 <= last), Reason.OUT_OF_RANGE)
        record = SearchRecord(phase=SearchPhase.LOOKING, vm=job.vm, space=space, total=total, level=level, width=width)
        record = record.replace(last=last, top=nth_of(last - (total - 1), level))
        return take(s.put("search", job, record), account(AccountKind.JOBS, space), holder(HolderKind.SEARCH, job))
