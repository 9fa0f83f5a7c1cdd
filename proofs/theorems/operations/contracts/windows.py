"""Contracts of the search for a free window."""

from __future__ import annotations

from proofs.theorems.operations.contract import (
    A_QUOTA,
    ACCOUNTS,
    NOTHING_TAKEN_DOWN,
    Contract,
    Lowers,
    anew,
    at,
)
from proofs.theorems.operations.stages import NOTHING, StageOf, flag
from proofs.theorems.operations.terms.core import arg, becomes, both, differs, is_, pair, turns
from proofs.theorems.operations.terms.memory import how_many
from proofs.theorems.operations.terms.ranges import (
    goes_on,
    is_width,
    level_sought,
    pages_seen_free,
    pages_sought,
    search_phase,
    space_of_search,
    start_looked_at,
    vm_of_search,
    width_sought,
    window_exists,
)
from proofs.theorems.operations.terms.tables import is_for_devices, space_is_live
from proofs.theorems.operations.terms.vms import builds_for, looks_after, whose
from pymodel.hardware.ids import Page
from pymodel.hypervisor.ids import AccountKind
from pymodel.hypervisor.jobs.windows import SearchPhase

JOB, SPACE = arg("job"), arg("space")
VM, OWNER, PHASE, LOOKED_IN = whose(JOB), whose(SPACE), search_phase(JOB), space_of_search(JOB)

#: The stages of searches.
STAGES: dict[str, StageOf] = {"search": lambda s, job: (flag(s.search[job].phase != SearchPhase.NONE), NOTHING)}

CONTRACTS = (
    Contract(
        "search_begin",
        authority=builds_for(VM),
        entitlement=both(
            builds_for(VM),
            is_(OWNER, VM),
            space_is_live(SPACE),
            is_for_devices(SPACE),
            is_(PHASE, SearchPhase.NONE),
            is_width(arg("width")),
            window_exists(arg("total"), arg("width")),
        ),
        excuses=(A_QUOTA(how_many(AccountKind.JOBS, SPACE)),),
        does=(
            turns(PHASE, (SearchPhase.NONE, SearchPhase.LOOKING)),
            is_(OWNER, VM),
            becomes(vm_of_search(JOB), VM),
            becomes(LOOKED_IN, SPACE),
            becomes(pages_sought(JOB), arg("total")),
            becomes(level_sought(JOB), arg("level")),
            becomes(width_sought(JOB), arg("width")),
            becomes(start_looked_at(JOB), Page(0)),
            becomes(pages_seen_free(JOB), Page(0)),
        ),
        touches=(*anew("search", JOB, fields="phase vm space total level width last top"), *ACCOUNTS),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "search_step",
        authority=builds_for(VM),
        entitlement=both(
            builds_for(VM),
            is_(PHASE, SearchPhase.LOOKING),
            space_is_live(LOOKED_IN),
            is_for_devices(LOOKED_IN),
        ),
        excuses=(),
        does=(goes_on(JOB),),
        touches=(*at("search", JOB, fields="phase nth checked"), *at("blocker", pair(JOB, start_looked_at(JOB)))),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "search_end",
        authority=looks_after(VM),
        entitlement=both(looks_after(VM), differs(PHASE, SearchPhase.NONE)),
        excuses=(),
        does=(becomes(PHASE, SearchPhase.NONE),),
        touches=(*anew("search", JOB), *anew("blocker", JOB), *ACCOUNTS),
        stage=Lowers("search", JOB),
    ),
)
