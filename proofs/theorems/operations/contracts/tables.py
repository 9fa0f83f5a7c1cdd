"""Contracts of address spaces, their tags and their tables."""

from __future__ import annotations

from typing import Any

from proofs.theorems.operations.contract import (
    A_DECISION,
    A_FLUSH,
    A_QUOTA,
    ACCOUNTS,
    NOTHING_TAKEN_DOWN,
    Contract,
    Lowers,
    a_table,
    anew,
    at,
    those,
)
from proofs.theorems.operations.stages import NOTHING, Stage, StageOf, flag, rank
from proofs.theorems.operations.terms.core import arg, becomes, both, differs, either, is_, is_true, keeps, named, no, turns
from proofs.theorems.operations.terms.memory import how_many, is_pooled, kind_of, one_less, one_more, owner_of, unused
from proofs.theorems.operations.terms.tables import (
    entry_kind,
    gets_a_free_tag,
    has_empty_slot,
    has_usable_tag,
    is_for_devices,
    is_mirror,
    is_scanned,
    is_tagged,
    layout_of,
    level_of_table,
    links,
    next_slot,
    parent_slot,
    retired_since,
    root_of,
    slot_at,
    space_is_live,
    space_of_table,
    table_phase,
    tag_is_free,
    tag_of,
    tag_phase,
    unlinked_since,
    vm_of_space,
)
from proofs.theorems.operations.terms.vms import builds_for, exists, has_space, is_host, life_of, looks_after, space_used_by, whose
from pymodel.hardware.ids import NO_TAG, Level, slots
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.ids import AccountKind, Count
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.language.outcomes import Reason
from pymodel.language.truth import any_of
from pymodel.language.words import choose
from pymodel.machine import MachineState

FREE = named("free", TagPhase.FREE)
VM, SPACE, ROOT, TAG = arg("vm"), arg("space"), arg("root"), arg("tag")
PAGE, LEVEL, CHILD, TABLE = arg("page"), arg("level"), arg("child"), arg("table")
OWNER, TAG_OF_SPACE = whose(SPACE), tag_of(SPACE)
OWNER_OF_TABLE, SLOT = owner_of(TABLE), slot_at(SPACE, PAGE, LEVEL)
#: Whether a space gets the tag that is proposed, another or none is the policy's to decide.
ANOTHER_TAG = A_DECISION(Reason.OCCUPIED, "next_tag")


def table_stage(s: MachineState, table: Any) -> Stage:
    """Return the stage of a table: being built, open, closed, unlinked; and the slots that are not looked at or filled yet."""
    t = s.table[table]
    left = choose(t.scanned, NOTHING, slots(t.level).to(Count) - t.cursor.to(Count) + 1)
    phases = (TablePhase.RETIRED, TablePhase.CLOSING, TablePhase.LINKED, TablePhase.BUILDING)
    return rank(t.phase, *phases), choose(any_of(t.phase == TablePhase.CLOSING, t.phase == TablePhase.BUILDING), left, NOTHING)


#: The stages of tags, address spaces and tables.
STAGES: dict[str, StageOf] = {
    "tag": lambda s, tag: (rank(s.tag[tag].phase, TagPhase.RETIRING, TagPhase.BOUND), NOTHING),
    "space": lambda s, space: (flag(s.space[space].live), NOTHING),
    "table": table_stage,
}

CONTRACTS = (
    Contract(
        "create_space",
        authority=builds_for(OWNER),
        entitlement=both(
            builds_for(OWNER),
            is_pooled(ROOT, OWNER),
            no(space_is_live(SPACE)),
            either(is_true(arg("io")), no(is_true(arg("mirror")))),
        ),
        excuses=(A_QUOTA(how_many(AccountKind.SPACES, OWNER)),),
        does=(
            becomes(space_is_live(SPACE), True),
            is_(owner_of(ROOT), OWNER),
            becomes(vm_of_space(SPACE), OWNER),
            becomes(root_of(SPACE), ROOT),
            becomes(is_for_devices(SPACE), arg("io")),
            becomes(is_mirror(SPACE), arg("mirror")),
            becomes(layout_of(SPACE), arg("layout")),
            becomes(is_tagged(SPACE), False),
            becomes(kind_of(ROOT), FrameKind.TABLE),
            becomes(table_phase(ROOT), TablePhase.LINKED),
            one_more(AccountKind.SPACES, OWNER),
        ),
        touches=(
            *at("space", SPACE),
            *a_table(ROOT),
            *ACCOUNTS,
        ),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "use_space",
        authority=builds_for(VM),
        entitlement=both(builds_for(VM), no(has_space(VM)), space_is_live(SPACE), is_(OWNER, VM), no(is_for_devices(SPACE))),
        excuses=(),
        does=(becomes(has_space(VM), True), becomes(space_used_by(VM), SPACE), keeps(life_of(VM))),
        touches=at("vm", VM, fields="space has_space"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "retire_tag",
        authority=looks_after(OWNER),
        entitlement=both(looks_after(OWNER), space_is_live(SPACE), has_usable_tag(SPACE), unused(AccountKind.CONTEXTS, SPACE)),
        excuses=(),
        does=(turns(tag_phase(TAG_OF_SPACE), (TagPhase.BOUND, TagPhase.RETIRING)),),
        touches=at("tag", TAG_OF_SPACE),
        stage=Lowers("tag", TAG_OF_SPACE),
    ),
    Contract(
        "free_tag",
        authority=looks_after(OWNER),
        entitlement=both(
            looks_after(OWNER), space_is_live(SPACE), is_tagged(SPACE), is_(tag_phase(TAG_OF_SPACE), TagPhase.RETIRING)
        ),
        excuses=(A_FLUSH(SPACE, retired_since(TAG_OF_SPACE)),),
        does=(turns(tag_phase(TAG_OF_SPACE), (TagPhase.RETIRING, TagPhase.FREE)), becomes(is_tagged(SPACE), False)),
        touches=(*at("space", SPACE, fields="tagged"), *anew("tag", TAG_OF_SPACE)),
        stage=Lowers("tag", TAG_OF_SPACE),
    ),
    Contract(
        "bind_tag",
        authority=both(is_host(), exists(OWNER)),
        entitlement=both(
            is_host(),
            exists(OWNER),
            space_is_live(SPACE),
            no(is_tagged(SPACE)),
            tag_is_free(TAG, is_for_devices(SPACE)),
            differs(TAG, NO_TAG),
        ),
        excuses=(ANOTHER_TAG,),
        does=(becomes(is_tagged(SPACE), True), gets_a_free_tag(SPACE)),
        touches=(*at("space", SPACE, fields="tagged tag"), *those("tag", "phase", FREE, fields="phase space")),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "destroy_space",
        authority=looks_after(OWNER),
        entitlement=both(
            looks_after(OWNER),
            space_is_live(SPACE),
            no(is_tagged(SPACE)),
            is_(table_phase(root_of(SPACE)), TablePhase.CLOSING),
            is_scanned(root_of(SPACE)),
            unused(AccountKind.TABLES, SPACE),
            unused(AccountKind.JOBS, SPACE),
        ),
        excuses=(),
        does=(
            becomes(space_is_live(SPACE), False),
            becomes(kind_of(root_of(SPACE)), FrameKind.POOL),
            becomes(table_phase(root_of(SPACE)), TablePhase.NONE),
            keeps(life_of(OWNER)),
            one_less(AccountKind.SPACES, OWNER),
        ),
        touches=(
            *anew("space", SPACE),
            *at("vm", OWNER, fields="has_space"),
            *at("frame", root_of(SPACE), fields="kind clean"),
            *anew("table", root_of(SPACE)),
            *anew("memory", root_of(SPACE)),
            *ACCOUNTS,
        ),
        stage=Lowers("space", SPACE),
    ),
    Contract(
        "link_table",
        authority=builds_for(OWNER),
        entitlement=both(
            builds_for(OWNER), is_pooled(CHILD, OWNER), differs(LEVEL, Level.PAGE), has_empty_slot(SPACE, PAGE, LEVEL)
        ),
        excuses=(A_QUOTA(how_many(AccountKind.TABLES, SPACE)),),
        does=(
            links(SLOT, CHILD),
            turns(table_phase(CHILD), (TablePhase.NONE, TablePhase.LINKED)),
            becomes(space_of_table(CHILD), SPACE),
            becomes(kind_of(CHILD), FrameKind.TABLE),
        ),
        touches=(
            *anew("memory", SLOT, fields="kind frame"),
            *a_table(CHILD),
            *ACCOUNTS,
        ),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "close_table",
        authority=looks_after(OWNER_OF_TABLE),
        entitlement=both(looks_after(OWNER_OF_TABLE), is_(table_phase(TABLE), TablePhase.LINKED)),
        excuses=(),
        does=(turns(table_phase(TABLE), (TablePhase.LINKED, TablePhase.CLOSING)), becomes(is_scanned(TABLE), False)),
        touches=at("table", TABLE, fields="phase cursor scanned"),
        stage=Lowers("table", TABLE),
    ),
    Contract(
        "reopen_table",
        authority=looks_after(OWNER_OF_TABLE),
        entitlement=both(looks_after(OWNER_OF_TABLE), is_(table_phase(TABLE), TablePhase.CLOSING)),
        excuses=(),
        does=(turns(table_phase(TABLE), (TablePhase.CLOSING, TablePhase.LINKED)),),
        touches=at("table", TABLE, fields="phase"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "scan_table",
        authority=looks_after(OWNER_OF_TABLE),
        entitlement=both(
            looks_after(OWNER_OF_TABLE),
            is_(table_phase(TABLE), TablePhase.CLOSING),
            no(is_scanned(TABLE)),
            is_(entry_kind(next_slot(TABLE)), EntryKind.NONE),
        ),
        excuses=(),
        does=(turns(table_phase(TABLE), (TablePhase.CLOSING, TablePhase.CLOSING)),),
        touches=at("table", TABLE, fields="cursor scanned"),
        stage=Lowers("table", TABLE),
    ),
    Contract(
        "unlink_table",
        authority=looks_after(OWNER_OF_TABLE),
        entitlement=both(
            looks_after(OWNER_OF_TABLE),
            is_(table_phase(TABLE), TablePhase.CLOSING),
            is_scanned(TABLE),
            differs(level_of_table(TABLE), Level.HUGE),
        ),
        excuses=(),
        does=(
            turns(table_phase(TABLE), (TablePhase.CLOSING, TablePhase.RETIRED)),
            becomes(entry_kind(parent_slot(TABLE)), EntryKind.NONE),
        ),
        touches=(*anew("memory", parent_slot(TABLE)), *at("table", TABLE, fields="phase since")),
        stage=Lowers("table", TABLE),
    ),
    Contract(
        "free_table",
        authority=looks_after(OWNER_OF_TABLE),
        entitlement=both(looks_after(OWNER_OF_TABLE), is_(table_phase(TABLE), TablePhase.RETIRED)),
        excuses=(A_FLUSH(space_of_table(TABLE), unlinked_since(TABLE)),),
        does=(
            turns(table_phase(TABLE), (TablePhase.RETIRED, TablePhase.NONE)),
            becomes(kind_of(TABLE), FrameKind.POOL),
        ),
        touches=(*at("frame", TABLE, fields="kind clean"), *anew("table", TABLE), *anew("memory", TABLE), *ACCOUNTS),
        stage=Lowers("table", TABLE),
    ),
)
