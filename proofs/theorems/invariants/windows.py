"""Windows: a search for free pages fails only when every start there is has been blocked."""

from __future__ import annotations

from proofs.statements import Area, state
from pymodel.hardware.ids import Level, Page
from pymodel.hardware.iommu import drives
from pymodel.hypervisor.ids import Job
from pymodel.hypervisor.jobs.windows import SearchPhase
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import choose
from pymodel.machine import MachineState

AREA = Area("windows", promise=True)


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
