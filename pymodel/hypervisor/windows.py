"""Chapter 18: looking for a free window of an I/O address space, below what a device can address.

A search tries one aligned start after the other, and looks at one page in each step. A page is free when the address space
reaches it, it is not reserved, and nothing maps it: no leaf of any size, and no stale one, whose invalidation may be owed. A
start is given up for the first page of its window that is not free; that page is noted as its blocker. So when a search
fails, each start that there is has its blocker, and a window that was free all the while would not have one.

What is found is a proposal: a job that maps it looks at every slot again.

Read next: `pymodel.machine`.
"""

from __future__ import annotations

from pymodel.hardware.ids import AddressWidth, Job, Level, Page, Space, Vm, page_index
from pymodel.hardware.iommu import last_page
from pymodel.hardware.machine import Blocker, EntryKind, MachineState, SearchPhase, SearchRecord
from pymodel.hypervisor.ranges import Ranges
from pymodel.hypervisor.vms import require_alive, require_manages
from pymodel.language.outcomes import Reason, require
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import choose

__all__ = ["Windows", "nth_of", "nth_start"]


def nth_start(n: Page, level: Level) -> Page:
    """Return the nth multiple of the size of a level's slots, in pages."""
    return choose(level == Level.PAGE, n, choose(level == Level.BLOCK, n << 9, n << 18))


def nth_of(start: Page, level: Level) -> Page:
    """Return which multiple of the size of a level's slots a page is at or behind."""
    return choose(level == Level.PAGE, start, choose(level == Level.BLOCK, start >> 9, start >> 18))


class Windows(Ranges):
    """The search for a window."""

    @operation
    def search_begin(
        self, s: MachineState, caller: Vm, job: Job, space: Space, total: Page, level: Level, width: AddressWidth
    ) -> MachineState:
        """Begin to look for that many free pages, aligned to a level, that a device of that width can address."""
        p = s.space[space]
        require_alive(s, caller, p.vm)
        require(all_of(p.live, p.io), Reason.NOT_OWNED)
        require(s.search[job].phase == SearchPhase.NONE, Reason.OCCUPIED)
        require(all_of(width >= 24, width <= 64), Reason.OUT_OF_RANGE)
        last = last_page(width)
        require(all_of(total != 0, total - 1 <= last), Reason.OUT_OF_RANGE)
        record = SearchRecord(phase=SearchPhase.LOOKING, vm=p.vm, space=space, total=total, level=level, width=width, last=last)
        record = record.replace(top=nth_of(last - (total - 1), level))
        return s.put("search", job, record)

    def is_free(self, s: MachineState, space: Space, page: Page) -> bool:
        """Say whether a page can be mapped at all, is not reserved, nothing maps it, and nothing that did is still stale."""
        upper = s.memory[s.space[space].root, page_index(page, Level.HUGE)]
        lower = s.memory[upper.frame, page_index(page, Level.BLOCK)]
        leaf = s.memory[lower.frame, page_index(page, Level.PAGE)]
        below = any_of(
            lower.kind == EntryKind.NONE,
            all_of(lower.kind == EntryKind.LINK, leaf.kind == EntryKind.NONE),
        )
        reserved = s.reserved[s.space[space].layout, Level.PAGE, page].reserved
        clear = all_of(negate(reserved), page_index(page, Level.HUGE) <= s.mmu.root_last)
        return all_of(clear, any_of(upper.kind == EntryKind.NONE, all_of(upper.kind == EntryKind.LINK, below)))

    @operation
    def search_step(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Look at the next page of the window; if it is not free, go on with the next start, or give up after the last."""
        x = s.search[job]
        require(x.phase == SearchPhase.LOOKING, Reason.WRONG_STATE)
        require_alive(s, caller, x.vm)
        p = s.space[x.space]
        require(all_of(p.live, p.io, p.vm == x.vm), Reason.NOT_OWNED)
        page = nth_start(x.nth, x.level) + x.checked
        if self.is_free(s, x.space, page):
            seen = x.checked + 1
            found = choose(seen == x.total, SearchPhase.FOUND, SearchPhase.LOOKING)
            return s.put("search", job, x.replace(checked=seen, phase=found))
        after = s.put("blocker", (job, x.nth), Blocker(noted=True, page=page))
        if x.nth < x.top:
            return after.put("search", job, x.replace(nth=x.nth + 1, checked=Page(0)))
        return after.put("search", job, x.replace(phase=SearchPhase.FAILED))

    @operation
    def search_end(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Forget a search."""
        x = s.search[job]
        require(x.phase != SearchPhase.NONE, Reason.WRONG_STATE)
        require_manages(s, caller, x.vm)
        return s.replace(
            search=s.search.set(job, SearchRecord.default()),
            blocker=s.blocker.reset(lambda of, _nth, _b: of == job),
        )
