"""Windows: a search for free pages fails only when every start there is has been blocked."""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, state, step
from proofs.theorems.operations.effects import slots
from pymodel.hardware.ids import Level, Page, page_index
from pymodel.hardware.iommu import drives
from pymodel.hardware.memory import EntryKind
from pymodel.hardware.platform import is_reserved
from pymodel.hypervisor.ids import Job, Space
from pymodel.hypervisor.windows import SearchPhase, SearchRecord
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import choose
from pymodel.machine import MachineState

AREA = Area("windows", promise=True)


def start_of(x: SearchRecord, n: Page) -> Page:
    """Return the nth start that is aligned as a search asks for."""
    return choose(x.level == Level.PAGE, n, choose(x.level == Level.BLOCK, n << 9, n << 18))


def is_occupied(s: MachineState, space: Space, page: Page) -> bool:
    """Say whether a page is out of reach, reserved, or something maps it: a leaf of any size, or one whose flush may be owed."""
    upper, lower, leaf = slots(s, space, page)
    mapped = [any_of(e.kind == EntryKind.LEAF, e.kind == EntryKind.STALE) for e in (upper, lower)]
    through = [e.kind == EntryKind.LINK for e in (upper, lower)]
    return any_of(
        page_index(page, Level.HUGE) > s.platform.mmu.root_last,
        is_reserved(s, s.space[space].layout, Level.PAGE, page),
        mapped[0],
        all_of(through[0], mapped[1]),
        all_of(*through, negate(leaf.kind == EntryKind.NONE)),
    )


def is_given_up(s: MachineState, job: Job, n: Page) -> bool:
    """Say whether a start lies in front of a search's own, or is one of those that there are, once the search failed."""
    x = s.search[job]
    return any_of(all_of(x.phase == SearchPhase.FAILED, n <= x.top), all_of(x.phase != SearchPhase.NONE, n < x.nth))


@state
def a_search_knows_the_devices_last_page(s: MachineState, job: Job) -> bool:
    """The device can put the last page that its search knows on the bus, and not the one after it."""
    x = s.search[job]
    known = all_of(drives(x.width, x.last), any_of(x.last == Page.last(), negate(drives(x.width, x.last + 1))))
    return implies(x.phase != SearchPhase.NONE, all_of(x.width >= 24, x.width <= 64, known))


@state
def a_search_knows_its_last_start(s: MachineState, job: Job) -> bool:
    """The last start is the aligned one at, or next below, the page from which the window just ends at the device's last."""
    x = s.search[job]
    furthest = x.last - (x.total - 1)
    number = choose(x.level == Level.PAGE, furthest, choose(x.level == Level.BLOCK, furthest >> 9, furthest >> 18))
    return implies(x.phase != SearchPhase.NONE, all_of(x.total != 0, x.total - 1 <= x.last, x.top == number))


@state
def a_search_found_what_it_saw_free(s: MachineState, job: Job) -> bool:
    """A search looks at the pages of one window after the other, up to the last start; found, all of it was seen free."""
    x = s.search[job]
    return all_of(
        implies(x.phase != SearchPhase.NONE, x.nth <= x.top),
        implies(x.phase == SearchPhase.LOOKING, x.checked < x.total),
        implies(x.phase == SearchPhase.FOUND, x.checked == x.total),
    )


@state
def every_start_given_up_has_a_blocker(s: MachineState, job: Job, n: Page) -> bool:
    """Each start in front of a search's own, and each one that there is once it failed, has a blocker."""
    return implies(is_given_up(s, job, n), s.blocker[job, n].noted)


@state
def no_other_start_has_a_blocker(s: MachineState, job: Job, n: Page) -> bool:
    """A blocker is of a start that this search has given up: none is left over from an earlier one."""
    return implies(s.blocker[job, n].noted, is_given_up(s, job, n))


@step
def a_blocker_is_a_page_that_is_not_free(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, job: Job, n: Page
) -> bool:
    """A blocker is a page of its window, noted by the step that finds it occupied: a window free throughout has none."""
    old, new = s.blocker[job, n], after.blocker[job, n]
    noted = all_of(new.noted, any_of(negate(old.noted), old.page != new.page))
    if name != "search_step":
        return negate(noted)
    x = s.search[job]
    of_window = all_of(job == args["job"], n == x.nth, new.page - start_of(x, x.nth) < x.total)
    return implies(noted, all_of(of_window, is_occupied(s, x.space, new.page)))


@step
def a_search_keeps_to_what_was_asked(s: MachineState, name: str, args: dict[str, Any], after: MachineState, job: Job) -> bool:
    """A search is for the space, size, alignment and width that it was begun with."""
    old, new = s.search[job], after.search[job]
    if name == "search_begin":
        asked = all_of(new.space == args["space"], new.total == args["total"], new.level == args["level"])
        return implies(job == args["job"], all_of(asked, new.width == args["width"], new.nth == 0, new.checked == 0))
    same = all_of(old.space == new.space, old.total == new.total, old.level == new.level, old.width == new.width)
    return implies(all_of(old.phase != SearchPhase.NONE, new.phase != SearchPhase.NONE), same)


@step
def a_search_goes_on(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """Each step of a search sees one more page free, or goes on to the next start and sees none of it yet, or gives up."""
    if name != "search_step":
        return True
    old, new = s.search[args["job"]], after.search[args["job"]]
    page = start_of(old, old.nth) + old.checked
    seen = all_of(new.nth == old.nth, new.checked == old.checked + 1, negate(is_occupied(s, old.space, page)))
    given_up = all_of(new.nth == old.nth + 1, new.checked == 0, new.phase == SearchPhase.LOOKING)
    return any_of(seen, given_up, new.phase == SearchPhase.FAILED)
