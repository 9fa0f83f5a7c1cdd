"""Contracts of leaves, and large ones that are split."""

from __future__ import annotations

from proofs.theorems.operations.contract import (
    A_FLUSH,
    A_QUOTA,
    ACCOUNTS,
    AN_EARLIER_FLUSH,
    NOTHING_TAKEN_DOWN,
    Contract,
    Lowers,
    a_leaf,
    a_table,
    anew,
    at,
    emptied,
    made_stale,
)
from proofs.theorems.operations.stages import NOTHING, StageOf, rank
from proofs.theorems.operations.terms.core import arg, becomes, both, differs, is_, keeps, named, no, pair, turns
from proofs.theorems.operations.terms.memory import (
    grant_behind,
    granted_frame,
    granted_rights,
    handle_is_live,
    has_cpu_mapping,
    has_device_mapping,
    how_many,
    is_pooled,
    kind_of,
    owner_of,
)
from proofs.theorems.operations.terms.tables import (
    A_PAGE,
    child_of_slot,
    entry_frame,
    entry_handle,
    entry_kind,
    entry_rights,
    goes_through,
    has_empty_slot,
    has_leaf,
    has_loose_entry,
    has_some,
    is_clear,
    is_for_devices,
    is_mirror,
    is_open,
    is_reserved,
    is_scanned,
    is_split,
    keeps_its_frame,
    leaf_frame,
    leaf_rights,
    level_of_table,
    links,
    mapped_rights,
    maps,
    maps_nothing,
    may_have,
    may_map,
    mirrors_once,
    next_piece,
    next_slot,
    other_half,
    parent_slot,
    removed_since,
    settles,
    slot_at,
    space_of_table,
    table_phase,
    within,
)
from proofs.theorems.operations.terms.vms import builds_for, looks_after, space_used_by, whose
from pymodel.hardware.ids import Level
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.ids import AccountKind
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.tables import TablePhase

SPACE, PAGE, LEVEL, FRAME = arg("space"), arg("page"), arg("level"), arg("frame")
RIGHTS, HANDLE, CHILD = arg("rights"), arg("handle"), arg("child")
OWNER, SLOT, OWN_SPACE = whose(SPACE), slot_at(SPACE, PAGE, LEVEL), space_used_by(whose(SPACE))
PAGE_SLOT = slot_at(SPACE, PAGE)
OWNER_OF_CHILD, BROKEN = owner_of(CHILD), parent_slot(CHILD)

STAGES: dict[str, StageOf] = {
    "memory": lambda s, slot: (rank(s.memory[slot].kind, EntryKind.LINK, EntryKind.STALE, EntryKind.LEAF), NOTHING),
}

CONTRACTS = (
    Contract(
        "map",
        authority=builds_for(OWNER),
        entitlement=may_map(SPACE, PAGE, LEVEL, FRAME, RIGHTS),
        excuses=(A_QUOTA(how_many(AccountKind.MAPPINGS, FRAME, LEVEL)),),
        does=(maps(SPACE, PAGE, LEVEL, FRAME, RIGHTS),),
        touches=(
            *a_leaf(SLOT),
            *ACCOUNTS,
        ),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "map_granted",
        authority=builds_for(OWNER),
        entitlement=both(
            builds_for(OWNER),
            handle_is_live(HANDLE),
            is_(whose(HANDLE), OWNER),
            within(RIGHTS, granted_rights(grant_behind(HANDLE))),
            has_some(RIGHTS),
            no(both(is_for_devices(SPACE), has_device_mapping(HANDLE))),
            no(both(no(is_for_devices(SPACE)), has_cpu_mapping(HANDLE))),
            has_empty_slot(SPACE, PAGE),
            is_clear(SPACE, PAGE),
        ),
        excuses=(A_QUOTA(how_many(AccountKind.MAPPINGS, granted_frame(grant_behind(HANDLE)))),),
        does=(
            maps(SPACE, PAGE, A_PAGE, granted_frame(grant_behind(HANDLE)), RIGHTS),
            goes_through(SPACE, PAGE, HANDLE),
            keeps(grant_behind(HANDLE)),
        ),
        touches=(
            *a_leaf(PAGE_SLOT, note="handle"),
            *at("handle", HANDLE, fields="cpu_use cpu_table cpu_index device_use device_table device_index"),
            *ACCOUNTS,
        ),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "mirror_page",
        authority=builds_for(OWNER),
        entitlement=both(
            builds_for(OWNER),
            is_mirror(SPACE),
            mirrors_once(SPACE, PAGE),
            has_empty_slot(SPACE, PAGE),
            no(is_reserved(SPACE, PAGE)),
        ),
        excuses=(A_QUOTA(how_many(AccountKind.MAPPINGS, leaf_frame(OWN_SPACE, PAGE))),),
        does=(
            has_leaf(OWN_SPACE, PAGE),
            maps(SPACE, PAGE, A_PAGE, leaf_frame(OWN_SPACE, PAGE), leaf_rights(OWN_SPACE, PAGE)),
        ),
        touches=(
            *a_leaf(PAGE_SLOT),
            *at("mirror_link", PAGE_SLOT, slot_at(OWN_SPACE, PAGE)),
            *ACCOUNTS,
        ),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "unmap",
        authority=looks_after(OWNER),
        entitlement=both(looks_after(OWNER), has_loose_entry(SPACE, PAGE, LEVEL, EntryKind.LEAF)),
        excuses=(AN_EARLIER_FLUSH,),
        does=(maps_nothing(SPACE, PAGE, LEVEL), becomes(entry_kind(SLOT), EntryKind.STALE)),
        touches=made_stale(SLOT),
        stage=Lowers("memory", SLOT),
    ),
    Contract(
        "release",
        authority=looks_after(OWNER),
        entitlement=both(looks_after(OWNER), has_loose_entry(SPACE, PAGE, LEVEL, EntryKind.STALE)),
        excuses=(A_FLUSH(SPACE, removed_since(SLOT)),),
        does=(maps_nothing(SPACE, PAGE, LEVEL), becomes(entry_kind(SLOT), EntryKind.NONE)),
        touches=(
            *emptied(SLOT),
            *at("handle", entry_handle(SLOT), fields="cpu_use device_use"),
            *at("mirror_link", SLOT, other_half(SLOT)),
            *ACCOUNTS,
        ),
        stage=Lowers("memory", SLOT),
    ),
    Contract(
        "replace",
        authority=builds_for(OWNER),
        entitlement=both(
            builds_for(OWNER),
            looks_after(OWNER),
            may_have(SPACE, A_PAGE, FRAME, RIGHTS),
            has_loose_entry(SPACE, PAGE, A_PAGE, EntryKind.STALE),
            is_open(SPACE, PAGE),
            is_clear(SPACE, PAGE),
        ),
        excuses=(A_QUOTA(how_many(AccountKind.MAPPINGS, FRAME)), A_FLUSH(SPACE, removed_since(PAGE_SLOT))),
        does=(maps(SPACE, PAGE, A_PAGE, FRAME, RIGHTS),),
        touches=(
            *a_leaf(PAGE_SLOT),
            *at("handle", entry_handle(PAGE_SLOT), fields="cpu_use device_use"),
            *at("mirror_link", PAGE_SLOT, other_half(PAGE_SLOT)),
            *ACCOUNTS,
        ),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "protect",
        authority=looks_after(OWNER),
        entitlement=both(
            looks_after(OWNER),
            has_loose_entry(SPACE, PAGE, LEVEL, EntryKind.LEAF),
            within(RIGHTS, mapped_rights(SLOT)),
            has_some(RIGHTS),
        ),
        excuses=(),
        does=(keeps_its_frame(SPACE, PAGE, LEVEL, RIGHTS),),
        touches=(*at("memory", SLOT, fields="rights"), *at("slot_note", SLOT, fields="since")),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "confirm_downgrade",
        authority=looks_after(OWNER),
        entitlement=both(looks_after(OWNER), has_loose_entry(SPACE, PAGE, LEVEL, EntryKind.LEAF)),
        excuses=(A_FLUSH(SPACE, removed_since(SLOT)),),
        does=(settles(SLOT), keeps(entry_kind(SLOT)), keeps(entry_frame(SLOT)), keeps(entry_rights(SLOT))),
        touches=at("slot_note", SLOT, fields="max_cached_rights"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "begin_split",
        authority=looks_after(OWNER),
        entitlement=both(
            looks_after(OWNER),
            has_loose_entry(SPACE, PAGE, LEVEL, EntryKind.LEAF),
            differs(LEVEL, Level.PAGE),
            is_pooled(CHILD, OWNER),
        ),
        excuses=(A_QUOTA(how_many(AccountKind.TABLES, SPACE)),),
        does=(
            becomes(entry_kind(SLOT), EntryKind.STALE),
            becomes(is_split(SLOT), True),
            becomes(child_of_slot(SLOT), CHILD),
            turns(table_phase(CHILD), (TablePhase.NONE, TablePhase.BUILDING)),
            becomes(kind_of(CHILD), FrameKind.TABLE),
        ),
        touches=(
            *at("memory", SLOT, fields="kind"),
            *at("slot_note", SLOT, fields="since split child"),
            *a_table(CHILD),
            *ACCOUNTS,
        ),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "fill_split",
        authority=looks_after(OWNER_OF_CHILD),
        entitlement=both(looks_after(OWNER_OF_CHILD), is_(table_phase(CHILD), TablePhase.BUILDING), no(is_scanned(CHILD))),
        excuses=(A_QUOTA(how_many(AccountKind.MAPPINGS, next_piece(CHILD), level_of_table(CHILD))),),
        does=(
            turns(table_phase(CHILD), (TablePhase.BUILDING, TablePhase.BUILDING)),
            becomes(entry_kind(next_slot(CHILD)), EntryKind.LEAF),
            becomes(entry_frame(next_slot(CHILD)), next_piece(CHILD)),
            becomes(entry_rights(next_slot(CHILD)), entry_rights(BROKEN)),
        ),
        touches=(
            *a_leaf(next_slot(CHILD)),
            *at("table", CHILD, fields="cursor scanned"),
            *anew("block", pair(named("a block", Level.BLOCK), next_piece(CHILD)), fields="phase owner"),
            *ACCOUNTS,
        ),
        stage=Lowers("table", CHILD, adds=("memory", "block")),
    ),
    Contract(
        "finish_split",
        authority=looks_after(OWNER_OF_CHILD),
        entitlement=both(looks_after(OWNER_OF_CHILD), is_(table_phase(CHILD), TablePhase.BUILDING), is_scanned(CHILD)),
        excuses=(A_FLUSH(space_of_table(CHILD), removed_since(BROKEN)),),
        does=(links(BROKEN, CHILD), turns(table_phase(CHILD), (TablePhase.BUILDING, TablePhase.LINKED))),
        touches=(
            *anew("memory", BROKEN, fields="kind frame"),
            *anew("slot_note", BROKEN),
            *at("table", CHILD, fields="phase"),
            *ACCOUNTS,
        ),
        stage=Lowers("table", CHILD),
    ),
)
