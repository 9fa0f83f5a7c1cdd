"""Contracts of ranges of pages, mapped and taken away a page at a time."""

from __future__ import annotations

from typing import Any

from proofs.theorems.operations.contract import (
    A_DECISION,
    A_FLUSH,
    A_QUOTA,
    ACCOUNTS,
    AN_EARLIER_FLUSH,
    NOTHING_TAKEN_DOWN,
    Contract,
    Lowers,
    a_leaf,
    anew,
    at,
    emptied,
    made_stale,
)
from proofs.theorems.operations.stages import NOTHING, Stage, StageOf, flag
from proofs.theorems.operations.terms.core import arg, becomes, both, differs, is_, no, pair, plus, sum_of, turns
from proofs.theorems.operations.terms.memory import how_many
from proofs.theorems.operations.terms.ranges import (
    extent_fits,
    extent_frame,
    extent_pages,
    extents_of_job,
    is_width,
    job_phase,
    last_is_removed,
    last_placed,
    next_extent,
    next_frame,
    next_frame_is_its_vms,
    next_page,
    pages_mapped,
    pages_of_job,
    rights_of_job,
    space_of_job,
    start_of_job,
    vm_of_job,
    width_of_job,
)
from proofs.theorems.operations.terms.tables import (
    A_PAGE,
    entry_handle,
    entry_kind,
    has_empty_slot,
    has_loose_entry,
    has_some,
    is_clear,
    is_for_devices,
    lies_inside,
    maps,
    maps_nothing,
    other_half,
    removed_since,
    slot_at,
    space_is_live,
)
from proofs.theorems.operations.terms.vms import builds_for, looks_after, whose
from pymodel.hardware.ids import Page
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.ids import AccountKind, Count
from pymodel.hypervisor.jobs.ranges import JobPhase
from pymodel.language.outcomes import Reason
from pymodel.language.truth import any_of
from pymodel.language.words import choose
from pymodel.machine import MachineState

JOB, SPACE, PAGE, LEVEL = arg("job"), arg("space"), arg("page"), arg("level")
FIRST, LAST, FRAME, PAGES = arg("first"), arg("last"), arg("frame"), arg("pages")
OWNER, VM, PHASE, SLOT = whose(SPACE), whose(JOB), job_phase(JOB), last_placed(JOB)
MAPPED, EXTENT = pages_mapped(JOB), next_extent(JOB)
#: Where a job is that is not being undone yet.
BEGUN = (JobPhase.LISTING, JobPhase.MAPPING, JobPhase.DONE)


def job_stage(s: MachineState, job: Any) -> Stage:
    """Return the stage of a job: under way, or undone page by page."""
    j = s.job[job]
    begun = any_of(*(j.phase == p for p in (JobPhase.LISTING, JobPhase.MAPPING, JobPhase.DONE)))
    undoing = j.phase == JobPhase.UNDOING
    return choose(begun, Count(2), flag(undoing)), choose(undoing, j.cursor.to(Count), NOTHING)


STAGES: dict[str, StageOf] = {"job": job_stage}

CONTRACTS = (
    Contract(
        "unmap_range",
        authority=looks_after(OWNER),
        entitlement=both(
            looks_after(OWNER),
            has_loose_entry(SPACE, PAGE, LEVEL, EntryKind.LEAF),
            lies_inside(PAGE, LEVEL, FIRST, LAST),
        ),
        excuses=(AN_EARLIER_FLUSH, A_DECISION(Reason.UNALIGNED, "removes_whole")),
        does=(lies_inside(PAGE, LEVEL, FIRST, LAST), maps_nothing(SPACE, PAGE, LEVEL)),
        touches=(*made_stale(slot_at(SPACE, PAGE, LEVEL)),),
        stage=Lowers("memory", slot_at(SPACE, PAGE, LEVEL)),
    ),
    Contract(
        "job_begin",
        authority=builds_for(VM),
        entitlement=both(
            builds_for(VM),
            is_(OWNER, VM),
            space_is_live(SPACE),
            is_for_devices(SPACE),
            is_(PHASE, JobPhase.NONE),
            is_width(arg("width")),
            has_some(arg("rights")),
        ),
        excuses=(A_QUOTA(how_many(AccountKind.JOBS, SPACE)),),
        does=(
            turns(PHASE, (JobPhase.NONE, JobPhase.LISTING)),
            is_(OWNER, VM),
            becomes(vm_of_job(JOB), VM),
            becomes(space_of_job(JOB), SPACE),
            becomes(start_of_job(JOB), arg("start")),
            becomes(rights_of_job(JOB), arg("rights")),
            becomes(width_of_job(JOB), arg("width")),
            becomes(MAPPED, Page(0)),
        ),
        touches=(*anew("job", JOB, fields="phase vm space start rights width"), *ACCOUNTS),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "job_extent",
        authority=builds_for(VM),
        entitlement=both(builds_for(VM), is_(PHASE, JobPhase.LISTING), extent_fits(JOB, FRAME, PAGES)),
        excuses=(A_QUOTA(extents_of_job(JOB)),),
        does=(
            turns(PHASE, (JobPhase.LISTING, JobPhase.LISTING)),
            becomes(extents_of_job(JOB), plus(extents_of_job(JOB), 1)),
            becomes(pages_of_job(JOB), sum_of(pages_of_job(JOB), PAGES)),
            becomes(extent_frame(EXTENT), FRAME),
            becomes(extent_pages(EXTENT), PAGES),
        ),
        touches=(*at("job", JOB, fields="extents total"), *at("extent", EXTENT)),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "job_start",
        authority=builds_for(VM),
        entitlement=both(builds_for(VM), is_(PHASE, JobPhase.LISTING), differs(pages_of_job(JOB), 0)),
        excuses=(),
        does=(turns(PHASE, (JobPhase.LISTING, JobPhase.MAPPING)),),
        touches=at("job", JOB, fields="phase"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "job_map",
        authority=builds_for(VM),
        entitlement=both(
            builds_for(VM),
            is_(PHASE, JobPhase.MAPPING),
            next_frame_is_its_vms(JOB),
            has_empty_slot(space_of_job(JOB), next_page(JOB)),
            is_clear(space_of_job(JOB), next_page(JOB)),
        ),
        excuses=(A_QUOTA(how_many(AccountKind.MAPPINGS, next_frame(JOB))),),
        does=(
            turns(PHASE, (JobPhase.MAPPING, JobPhase.MAPPING), (JobPhase.MAPPING, JobPhase.DONE)),
            becomes(MAPPED, plus(MAPPED, 1)),
            maps(space_of_job(JOB), next_page(JOB), A_PAGE, next_frame(JOB), rights_of_job(JOB)),
        ),
        touches=(
            *at("job", JOB, fields="phase cursor extent within"),
            *a_leaf(slot_at(space_of_job(JOB), next_page(JOB)), note="job"),
            *at("placed", pair(JOB, MAPPED)),
            *ACCOUNTS,
        ),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "job_undo",
        authority=looks_after(VM),
        entitlement=both(looks_after(VM), is_(PHASE, *BEGUN)),
        excuses=(),
        does=(turns(PHASE, *((phase, JobPhase.UNDOING) for phase in BEGUN)),),
        touches=at("job", JOB, fields="phase"),
        stage=Lowers("job", JOB),
    ),
    Contract(
        "undo_unmap",
        authority=looks_after(VM),
        entitlement=both(looks_after(VM), is_(PHASE, JobPhase.UNDOING), differs(MAPPED, 0), no(last_is_removed(JOB))),
        excuses=(),
        does=(turns(PHASE, (JobPhase.UNDOING, JobPhase.UNDOING)), becomes(entry_kind(SLOT), EntryKind.STALE)),
        touches=made_stale(SLOT),
        stage=Lowers("memory", SLOT),
    ),
    Contract(
        "undo_release",
        authority=looks_after(VM),
        entitlement=both(looks_after(VM), is_(PHASE, JobPhase.UNDOING), differs(MAPPED, 0), last_is_removed(JOB)),
        excuses=(A_FLUSH(space_of_job(JOB), removed_since(SLOT)),),
        does=(
            turns(PHASE, (JobPhase.UNDOING, JobPhase.UNDOING)),
            becomes(MAPPED, plus(MAPPED, -1)),
            becomes(entry_kind(SLOT), EntryKind.NONE),
        ),
        touches=(
            *at("job", JOB, fields="cursor"),
            *emptied(SLOT),
            *at("handle", entry_handle(SLOT), fields="cpu_use device_use"),
            *at("mirror_link", SLOT, other_half(SLOT)),
            *ACCOUNTS,
        ),
        stage=Lowers("memory", SLOT),
    ),
    Contract(
        "job_end",
        authority=looks_after(VM),
        entitlement=both(looks_after(VM), is_(PHASE, JobPhase.UNDOING), is_(MAPPED, 0)),
        excuses=(),
        does=(is_(MAPPED, 0), becomes(PHASE, JobPhase.NONE)),
        touches=(*anew("job", JOB), *ACCOUNTS),
        stage=Lowers("job", JOB),
    ),
)
