"""Terms about address spaces, their tags, tables and leaves."""

from __future__ import annotations

from typing import Any

from proofs.theorems.operations.terms.core import (
    Args,
    Cell,
    Fact,
    Flag,
    Value,
    becomes,
    both,
    cell,
    either,
    fact,
    flag,
    is_,
    is_so,
    named,
    no,
    value,
)
from proofs.theorems.operations.terms.vms import builds_for, whose
from proofs.theorems.operations.terms.walks import is_linked, slot_of, translation
from pymodel.hardware import platform
from pymodel.hardware.caches import last_slot
from pymodel.hardware.ids import NO_RIGHTS, READ, Frame, Level, Page, Rights, Tag, frame_base, level_mask, page_base, slot_page
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.ids import Space
from pymodel.hypervisor.memory import BlockPhase, FrameKind
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.language.truth import all_of, any_of, negate
from pymodel.machine import MachineState

A_PAGE = named("a page", Level.PAGE)

# Address spaces and tags


def space_is_live(space: Value) -> Flag:
    """An address space is in use."""
    return flag(f"{space} is in use", lambda s, p: s.space[p].live, space)


def vm_of_space(space: Value) -> Cell:
    """The VM whose address space it is."""
    return cell(f"the owner of {space}", lambda s, p: s.space[p].vm, space)


def root_of(space: Value) -> Cell:
    """The root table of an address space."""
    return cell(f"the root of {space}", lambda s, p: s.space[p].root, space)


def is_for_devices(space: Value) -> Flag:
    """An address space is a device's, and no CPU's."""
    return flag(f"{space} is for devices", lambda s, p: s.space[p].io, space)


def is_mirror(space: Value) -> Flag:
    """An address space is a mirror of its VM's own."""
    return flag(f"{space} is a mirror", lambda s, p: s.space[p].mirror, space)


def layout_of(space: Value) -> Cell:
    """The layout of reserved pages that an address space is kept clear of."""
    return cell(f"the layout of {space}", lambda s, p: s.space[p].layout, space)


def is_tagged(space: Value) -> Flag:
    """An address space has a tag."""
    return flag(f"{space} has a tag", lambda s, p: s.space[p].tagged, space)


def tag_of(space: Value) -> Cell:
    """The tag of an address space."""
    return cell(f"the tag of {space}", lambda s, p: s.space[p].tag, space)


def tag_phase(tag: Value) -> Cell:
    """Whether a tag is in use."""
    return cell(f"the phase of {tag}", lambda s, t: s.tag[t].phase, tag)


def tag_is_free(tag: Value, io: Value | Flag) -> Fact:
    """A tag is free, and a device's or a CPU's as asked."""

    def meaning(s: MachineState, t: Tag, wanted: bool) -> bool:
        return all_of(s.tag[t].phase == TagPhase.FREE, t.is_io == wanted)

    return fact(f"{tag} is free and of the right side", meaning, tag, io)


def gets_a_free_tag(space: Value) -> Fact:
    """An address space has a tag that was free and stands for it then: a device's or a CPU's, as it is."""

    def meaning(s: MachineState, args: Args, after: Any) -> bool:
        key = space(s, args)
        tag = after.space[key].tag
        new = after.tag[tag]
        bound = all_of(s.tag[tag].phase == TagPhase.FREE, new.phase == TagPhase.BOUND, new.space == key)
        return all_of(bound, tag.is_io == s.space[key].io)

    return Fact(f"then a tag that was free stands for {space}", meaning)


def has_usable_tag(space: Value) -> Fact:
    """An address space has a tag that is not on its way out."""
    return both(is_tagged(space), is_(tag_phase(tag_of(space)), TagPhase.BOUND))


# Tables


def table_phase(table: Value) -> Cell:
    """Where a table is on its way."""
    return cell(f"the phase of {table}", lambda s, t: s.table[t].phase, table)


def space_of_table(table: Value) -> Cell:
    """The address space that a table is of."""
    return cell(f"the address space of {table}", lambda s, t: s.table[t].space, table)


def level_of_table(table: Value) -> Cell:
    """What one slot of a table covers."""
    return cell(f"the level of {table}", lambda s, t: s.table[t].level, table)


def is_scanned(table: Value) -> Flag:
    """The last slot of a table was looked at, or filled."""
    return flag(f"{table} was gone through to its end", lambda s, t: s.table[t].scanned, table)


def next_slot(table: Value) -> Value:
    """The slot of a table that is looked at or filled next."""
    return value(f"the next slot of {table}", lambda s, t: (t, s.table[t].cursor), table)


def parent_slot(table: Value) -> Value:
    """The slot in which a table hangs, or will."""
    return value(f"the slot above {table}", lambda s, t: (s.table[t].parent, s.table[t].slot), table)


def next_piece(table: Value) -> Value:
    """The frame of the broken leaf that is due in the next slot of the table in its place."""

    def meaning(s: MachineState, t: Frame) -> Frame:
        r = s.table[t]
        return s.memory[r.parent, r.slot].frame | slot_page(Page(0), r.cursor, r.level).to(Frame)

    return value(f"the next piece for {table}", meaning, table)


# Slots


def slot_at(space: Value, page: Value, level: Value = A_PAGE) -> Value:
    """The slot of a level that a walk of an address space for a page ends in."""
    return value(f"the slot of {space} at {page}", slot_of, space, page, level)


def entry_kind(slot: Value) -> Cell:
    """What a slot holds: nothing, a leaf, a link, or a leaf that was removed."""
    return cell(f"the kind of {slot}", lambda s, key: s.memory[key].kind, slot)


def entry_frame(slot: Value) -> Cell:
    """The frame that a slot names."""
    return cell(f"the frame in {slot}", lambda s, key: s.memory[key].frame, slot)


def entry_rights(slot: Value) -> Cell:
    """The rights that a slot gives."""
    return cell(f"the rights in {slot}", lambda s, key: s.memory[key].rights, slot)


def entry_handle(slot: Value) -> Cell:
    """The handle that the leaf in a slot goes through."""
    return cell(f"the handle of {slot}", lambda s, key: s.slot_note[key].handle, slot)


def other_half(slot: Value) -> Value:
    """The slot that the link of a mirrored page leads to from a slot."""
    return value(f"the other half of {slot}", lambda s, key: (s.mirror_link[key].table, s.mirror_link[key].index), slot)


def removed_since(slot: Value) -> Cell:
    """Since when a flush is owed for the leaf in a slot."""
    return cell(f"the ticket noted of {slot}", lambda s, key: s.slot_note[key].since, slot)


def unlinked_since(table: Value) -> Cell:
    """Since when a flush is owed for a table."""
    return cell(f"the ticket noted of {table}", lambda s, t: s.table[t].since, table)


def retired_since(tag: Value) -> Cell:
    """Since when a flush is owed for a tag."""
    return cell(f"the ticket noted of {tag}", lambda s, t: s.tag[t].since, tag)


def entry_job(slot: Value) -> Cell:
    """The job that the leaf in a slot belongs to."""
    return cell(f"the job of {slot}", lambda s, key: s.slot_note[key].job, slot)


def is_split(slot: Value) -> Flag:
    """The leaf in a slot was removed in order to be split."""
    return flag(f"{slot} is being split", lambda s, key: s.slot_note[key].split, slot)


def child_of_slot(slot: Value) -> Cell:
    """The table that is built in the place of a broken leaf."""
    return cell(f"the table built for {slot}", lambda s, key: s.slot_note[key].child, slot)


def settles(slot: Value) -> Fact:
    """What caches may hold of a leaf is then what the leaf gives."""

    def meaning(s: MachineState, args: Args, after: Any) -> bool:
        key = slot(s, args)
        return is_so(after.slot_note[key].max_cached_rights == after.memory[key].rights)

    return Fact(f"then caches hold no more rights than {slot}", meaning)


# What an address space may map


def is_open(space: Value, page: Value, level: Value = A_PAGE) -> Fact:
    """An address space in use has an open table with a slot for an aligned page."""

    def meaning(s: MachineState, p: Space, at: Page, size: Level) -> bool:
        table, _ = slot_of(s, p, at, size)
        linked = all_of(is_linked(s, p, at, size), s.table[table].phase == TablePhase.LINKED)
        return all_of(s.space[p].live, page_base(at, size) == at, linked)

    return fact(f"{space} has an open table for {page}", meaning, space, page, level)


def has_empty_slot(space: Value, page: Value, level: Value = A_PAGE) -> Fact:
    """An address space in use has an open table with an empty slot for an aligned page."""

    def meaning(s: MachineState, p: Space, at: Page, size: Level) -> bool:
        table, index = slot_of(s, p, at, size)
        return all_of(index <= last_slot(s, size), s.memory[table, index].kind == EntryKind.NONE)

    empty = fact(f"the slot of {space} at {page} is empty", meaning, space, page, level)
    return both(is_open(space, page, level), empty)


def is_reserved(space: Value, page: Value, level: Value = A_PAGE) -> Fact:
    """The layout of an address space reserves some page of a slot."""

    def meaning(s: MachineState, p: Space, at: Page, size: Level) -> bool:
        return is_so(platform.is_reserved(s, s.space[p].layout, size, at))

    return fact(f"{page} is reserved", meaning, space, page, level)


def is_clear(space: Value, page: Value, level: Value = A_PAGE) -> Fact:
    """An address space may map a page: it is no mirror, and if it is for devices the page is not reserved."""
    return no(either(is_mirror(space), both(is_for_devices(space), is_reserved(space, page, level))))


def may_have(space: Value, level: Value, frame: Value, rights: Value) -> Fact:
    """A frame or block is the own one of an address space's VM, or a page published to all, to be read; with some rights."""

    def meaning(s: MachineState, where: Space, size: Level, what: Frame, wanted: Rights) -> bool:
        vm, f, b = where.vm, s.frame[what], s.block[size, what]
        whole = all_of(frame_base(what, size) == what, b.phase == BlockPhase.WHOLE, b.owner == vm)
        own = all_of(f.owner == vm, f.kind == FrameKind.DATA, any_of(size == Level.PAGE, whole))
        published = all_of(f.kind == FrameKind.PUBLISHED, size == Level.PAGE, wanted.within(READ))
        return all_of(any_of(own, published), wanted != NO_RIGHTS)

    text = f"{frame} is the own one of the VM of {space}, or published to all to be read; {rights} are some"
    return fact(text, meaning, space, level, frame, rights)


def may_map(space: Value, page: Value, level: Value, frame: Value, rights: Value) -> Fact:
    """The caller builds for an address space's VM, which may have the frame or block, and has room for it at the page."""
    room = both(has_empty_slot(space, page, level), is_clear(space, page, level))
    return both(builds_for(whose(space)), may_have(space, level, frame, rights), room)


def has_some(rights: Value) -> Fact:
    """Some rights are asked for."""
    return fact(f"{rights} are some", lambda _s, r: r != NO_RIGHTS, rights)


def within(rights: Value, most: Value) -> Fact:
    """No more rights are asked for than those."""
    return fact(f"{rights} are within {most}", lambda _s, r, m: r.within(m), rights, most)


def mapped_rights(slot: Value) -> Value:
    """The most rights that caches may hold of a leaf."""
    return value(f"the rights that {slot} was mapped with", lambda s, key: s.slot_note[key].max_cached_rights, slot)


# Leaves that are there


def has_loose_entry(space: Value, page: Value, level: Value, kind: EntryKind) -> Fact:
    """An aligned page has an entry of that kind, which is neither a job's nor being split, and which no mirror has."""

    def meaning(s: MachineState, where: Space, at: Page, size: Level) -> bool:
        e, p = translation(s, where, at, size), s.space[where]
        slot = slot_of(s, where, at, size)
        note, mirrored = s.slot_note[slot], all_of(negate(p.io), s.mirror_link[slot].held)
        loose = all_of(note.job == 0, any_of(e.kind == EntryKind.LEAF, all_of(negate(note.split), negate(mirrored))))
        return all_of(p.live, page_base(at, size) == at, e.kind == kind, loose)

    return fact(f"{space} has a loose {kind} at {page}", meaning, space, page, level)


def mirrors_once(space: Value, page: Value) -> Fact:
    """A VM's own address space maps a page of its own memory, which no mirror has yet; `space` is the mirror."""

    def meaning(s: MachineState, where: Space, at: Page) -> bool:
        own = s.vm[s.space[where].vm]
        e = translation(s, own.space, at, Level.PAGE)
        slot = slot_of(s, own.space, at, Level.PAGE)
        there = all_of(own.has_space, e.kind == EntryKind.LEAF, s.slot_note[slot].handle == 0, e.rights != NO_RIGHTS)
        return all_of(there, negate(s.mirror_link[slot].held))

    return fact(f"the VM of {space} maps its own memory at {page}, which no mirror has", meaning, space, page)


def lies_inside(page: Value, level: Value, first: Value, last: Value) -> Fact:
    """A slot of a level lies wholly in a range of pages."""

    def meaning(_s: MachineState, at: Page, size: Level, low: Page, high: Page) -> bool:
        return all_of(low <= at, at | level_mask(size) <= high)

    return fact(f"{page} and its whole slot lie in {first} to {last}", meaning, page, level, first, last)


# What has been mapped


def has_leaf(space: Value, page: Value, level: Value = A_PAGE) -> Fact:
    """An address space translates a page by a leaf of that level."""
    return is_(value(f"what {space} has at {page}", lambda s, *at: translation(s, *at).kind, space, page, level), EntryKind.LEAF)


def leaf_frame(space: Value, page: Value, level: Value = A_PAGE) -> Value:
    """The frame that an address space translates a page to."""
    return value(f"the frame of {space} at {page}", lambda s, *at: translation(s, *at).frame, space, page, level)


def leaf_rights(space: Value, page: Value, level: Value = A_PAGE) -> Value:
    """The rights with which an address space translates a page."""
    return value(f"the rights of {space} at {page}", lambda s, *at: translation(s, *at).rights, space, page, level)


def maps(space: Value, page: Value, level: Value, frame: Value, rights: Value) -> Fact:
    """An address space then translates a page, by a leaf of that level, to a frame with some rights."""

    def meaning(s: MachineState, args: Args, after: Any) -> bool:
        e = translation(after, space(s, args), page(s, args), level(s, args))
        return all_of(e.kind == EntryKind.LEAF, e.frame == frame(s, args), e.rights == rights(s, args))

    return Fact(f"then {space} translates {page} to {frame} with {rights}", meaning)


def keeps_its_frame(space: Value, page: Value, level: Value, rights: Value) -> Fact:
    """An address space then translates a page to the frame as before, with other rights."""
    return maps(space, page, level, leaf_frame(space, page, level), rights)


def goes_through(space: Value, page: Value, handle: Value) -> Fact:
    """The leaf of a page then goes through a handle."""

    def meaning(s: MachineState, args: Args, after: Any) -> bool:
        slot = slot_of(after, space(s, args), page(s, args), Level.PAGE)
        return is_so(after.slot_note[slot].handle == handle(s, args))

    return Fact(f"then the leaf of {space} at {page} goes through {handle}", meaning)


def maps_nothing(space: Value, page: Value, level: Value) -> Fact:
    """An address space then has no leaf of that level for a page."""

    def meaning(s: MachineState, args: Args, after: Any) -> bool:
        return negate(translation(after, space(s, args), page(s, args), level(s, args)).kind == EntryKind.LEAF)

    return Fact(f"then {space} has no leaf at {page}", meaning)


def links(slot: Value, child: Value) -> Fact:
    """A slot then links a table."""
    return both(becomes(entry_kind(slot), EntryKind.LINK), becomes(entry_frame(slot), child))
