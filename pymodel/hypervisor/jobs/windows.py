"""Looking for a free window of an I/O address space, below what a device can address.

A search tries one aligned start after the other, and looks at one page in each step. A page is free when the address space
reaches it, it is not reserved, and nothing maps it: no leaf of any size, and no stale one, whose invalidation may be owed. A
start is given up for the first page of its window that is not free; that page is noted as its blocker. So when a search
fails, each start that there is has its blocker, and a window that was free all the while would not have one.

What is found is a proposal: a job that maps it looks at every slot again.

Read next: `pymodel.machine`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.ids import NOBODY, AddressWidth, Level, Page, Vm, page_index
from pymodel.hardware.iommu import last_page
from pymodel.hardware.memory import EntryKind
from pymodel.hardware.platform import is_reserved
from pymodel.hypervisor.accounts import drop, take
from pymodel.hypervisor.ids import AccountKind, HolderKind, Job, Space, account, holder
from pymodel.hypervisor.vms import require_alive, require_manages
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import AUTHORITY, GHOST, Map, Record, State
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import Choice, Member, choose

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = [
    "Blocker",
    "SearchPhase",
    "SearchRecord",
    "SearchState",
    "Windows",
    "forget_blockers",
    "note_blocker",
    "nth_of",
    "nth_start",
]


class SearchPhase(Choice):
    """Where a search for a free window is."""

    NONE = Member()
    LOOKING = Member()
    FOUND = Member()
    FAILED = Member()


class SearchRecord(Record, whose=AUTHORITY):
    """A search for a free window of an address space."""

    phase: SearchPhase = SearchPhase.NONE
    vm: Vm = NOBODY
    space: Space = Space(0)
    total: Page = Page(0)
    """Pages of the window."""
    level: Level = Level.PAGE
    """What its start is aligned to."""
    width: AddressWidth = AddressWidth(64)
    last: Page = Page(0)
    """The last page that a device of that width can put on the bus."""
    top: Page = Page(0)
    """The number of the last start whose window ends at or below that page."""
    nth: Page = Page(0)
    """The start that is looked at: the nth multiple of the level's size."""
    checked: Page = Page(0)
    """Pages of the window at that start that were seen free."""


class Blocker(Record, whose=GHOST, by="note_blocker and forget_blockers"):
    """The page for which a search gave up a start."""

    noted: bool = False
    page: Page = Page(0)


class SearchState(State):
    """Every search, and what blocked each start that it gave up."""

    search: Map[Job, SearchRecord]
    blocker: Map[tuple[Job, Page], Blocker]


def nth_start(n: Page, level: Level) -> Page:
    """Return the nth multiple of the size of a level's slots, in pages."""
    return choose(level == Level.PAGE, n, choose(level == Level.BLOCK, n << 9, n << 18))


def nth_of(start: Page, level: Level) -> Page:
    """Return which multiple of the size of a level's slots a page is at or behind."""
    return choose(level == Level.PAGE, start, choose(level == Level.BLOCK, start >> 9, start >> 18))


def note_blocker(s: MachineState, job: Job, nth: Page, page: Page) -> MachineState:
    """Note, for the statements, the page for which a search gives up a start."""
    return s._with(blocker=s.blocker.set((job, nth), Blocker(noted=True, page=page)))


def forget_blockers(s: MachineState, job: Job) -> MachineState:
    """Forget what blocked the starts of a search, with the search."""
    return s._with(blocker=s.blocker.reset(lambda of, _nth, _blocker: of == job))


class Windows:
    """The search for a window."""

    @operation
    def search_begin(
        self, s: MachineState, caller: Vm, job: Job, space: Space, total: Page, level: Level, width: AddressWidth
    ) -> MachineState:
        """Begin to look for that many free pages, aligned to a level, that a device of that width can address."""
        require_alive(s, caller, job.vm)
        require(space.vm == job.vm, Reason.NOT_ALLOWED)
        p = s.space[space]
        require(all_of(p.live, p.io), Reason.NOT_OWNED)
        require(s.search[job].phase == SearchPhase.NONE, Reason.OCCUPIED)
        require(all_of(width >= 24, width <= 64), Reason.OUT_OF_RANGE)
        last = last_page(width)
        require(all_of(total != 0, total - 1 <= last), Reason.OUT_OF_RANGE)
        record = SearchRecord(phase=SearchPhase.LOOKING, vm=job.vm, space=space, total=total, level=level, width=width, last=last)
        record = record.replace(top=nth_of(last - (total - 1), level))
        return take(s.put("search", job, record), account(AccountKind.JOBS, space), holder(HolderKind.SEARCH, job))

    def is_free(self, s: MachineState, space: Space, page: Page) -> bool:
        """Say whether a page can be mapped at all, is not reserved, nothing maps it, and nothing that did is still stale."""
        upper = s.memory[s.space[space].root, page_index(page, Level.HUGE)]
        lower = s.memory[upper.frame, page_index(page, Level.BLOCK)]
        leaf = s.memory[lower.frame, page_index(page, Level.PAGE)]
        below = any_of(
            lower.kind == EntryKind.NONE,
            all_of(lower.kind == EntryKind.LINK, leaf.kind == EntryKind.NONE),
        )
        reserved = is_reserved(s, s.space[space].layout, Level.PAGE, page)
        clear = all_of(negate(reserved), page_index(page, Level.HUGE) <= s.platform.mmu.root_last)
        return all_of(clear, any_of(upper.kind == EntryKind.NONE, all_of(upper.kind == EntryKind.LINK, below)))

    @operation
    def search_step(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Look at the next page of the window; if it is not free, go on with the next start, or give up after the last."""
        require_alive(s, caller, job.vm)
        x = s.search[job]
        require(x.phase == SearchPhase.LOOKING, Reason.WRONG_STATE)
        p = s.space[x.space]
        require(all_of(p.live, p.io), Reason.NOT_OWNED)
        page = nth_start(x.nth, x.level) + x.checked
        if self.is_free(s, x.space, page):
            seen = x.checked + 1
            found = choose(seen == x.total, SearchPhase.FOUND, SearchPhase.LOOKING)
            return s.put("search", job, x.replace(checked=seen, phase=found))
        after = note_blocker(s, job, x.nth, page)
        if x.nth < x.top:
            return after.put("search", job, x.replace(nth=x.nth + 1, checked=Page(0)))
        return after.put("search", job, x.replace(phase=SearchPhase.FAILED))

    @operation
    def search_end(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Forget a search."""
        require_manages(s, caller, job.vm)
        x = s.search[job]
        require(x.phase != SearchPhase.NONE, Reason.WRONG_STATE)
        return drop(forget_blockers(s, job).put("search", job, SearchRecord.default()), holder(HolderKind.SEARCH, job))
