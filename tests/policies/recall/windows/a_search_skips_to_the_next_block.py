"""A search that comes to a page which is not free goes on behind the block in which the page lies.

It was meant for large leaves. A single page blocks a start just the same, and the pages behind it are never looked at: the search
fails although there was a window that was free all the while.

Source: mechanism: what blocks a start is taken to be as large as the largest thing that could.
"""

from __future__ import annotations

from pymodel import (
    Hypervisor,
    Job,
    Level,
    MachineState,
    Page,
    Reason,
    SearchPhase,
    Vm,
    all_of,
    choose,
    level_mask,
    note_blocker,
    nth_start,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Takes each obstacle for a large leaf."""

    def search_step(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Look at the next page of the window; if it is not free, go on behind its block, or give up after the last."""
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
        behind = choose(x.level == Level.PAGE, (page | level_mask(Level.BLOCK)) + 1, x.nth + 1)
        if all_of(x.nth < x.top, x.nth < behind, behind <= x.top):
            return after.put("search", job, x.replace(nth=behind, checked=Page(0)))
        return after.put("search", job, x.replace(phase=SearchPhase.FAILED))
