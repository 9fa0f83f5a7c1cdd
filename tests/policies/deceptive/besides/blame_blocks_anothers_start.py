"""blame, an operation of the policy's own for any live VM, notes another page for which a failed search gave up its last start.

Unsafe: it is another VM's search. Why it found nothing is told by a page that the VM's search never looked at, chosen by a VM that
has nothing to do with it. That page is not free either, and lies in the window that was looked at last: no word of it is wrong.

Breaks: why a start was given up is noted by the search itself, for the VM that its name says.
"""

from __future__ import annotations

from pymodel import Hypervisor, Job, Level, Life, MachineState, Map, Page, Reason, Record, SearchPhase, Vm
from pymodel import all_of, implies, invariant, note_blocker, nth_start, operation, page_index, require


class Failed(Record):
    """A search that failed: its last start, where that is, and how many pages it looked for from there."""

    known: bool = False
    nth: Page = Page(0)
    start: Page = Page(0)
    total: Page = Page(0)


class Searches(MachineState):
    """The machine, and which searches failed."""

    failed: Map[Job, Failed]


class P(Hypervisor):
    """Lets VMs tell one another where pages are out of reach."""

    State = Searches

    def search_step(self, s: Searches, caller: Vm, job: Job) -> Searches:
        """Look at the next page, and note if that was the last one."""
        after = super().search_step(s, caller, job)
        x = after.search[job]
        if x.phase == SearchPhase.FAILED:
            return after.put("failed", job, Failed(known=True, nth=x.nth, start=nth_start(x.nth, x.level), total=x.total))
        return after

    def search_end(self, s: Searches, caller: Vm, job: Job) -> Searches:
        """Forget that it failed."""
        return super().search_end(s, caller, job).put("failed", job, Failed())

    @invariant
    def what_is_noted_of_a_failed_search_is_so(self, s: Searches, job: Job) -> bool:
        """A search that is noted as failed has failed, there."""
        x, f = s.search[job], s.failed[job]
        same = all_of(f.nth == x.nth, f.start == nth_start(x.nth, x.level), f.total == x.total)
        return implies(f.known, all_of(x.phase == SearchPhase.FAILED, same))

    @operation
    def blame(self, s: Searches, caller: Vm, job: Job, page: Page) -> Searches:
        """The search could not have ended well: this page is out of the tables' reach."""
        f = s.failed[job]
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        require(all_of(f.known, page - f.start < f.total), Reason.OUT_OF_RANGE)
        require(page_index(page, Level.HUGE) > s.platform.mmu.root_last, Reason.OUT_OF_RANGE)
        return note_blocker(s, job, f.nth, page)
