"""Promises about walks: what hardware finds that begins at a root, whoever's books say what of the tables.

A walk is told by the root that an address space names and by what is in memory, by no note of the hypervisor's. A slot of the root
is k, of a table that it links i, and of a table that this links j.
"""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, consequence, step
from proofs.theorems.invariants.memory import is_mapped_by
from proofs.theorems.operations.terms.walks import ends_in
from pymodel.hardware.caches import Cached
from pymodel.hardware.ids import Asid, Cpu, Frame, Index, Level, Page, Rid, Tag, VirtualPage, frame_at
from pymodel.hardware.memory import Entry, EntryKind
from pymodel.hardware.pcie import layout_of
from pymodel.hardware.platform import is_reserved
from pymodel.hypervisor.ids import Job, Space
from pymodel.hypervisor.jobs.ranges import JobPhase
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.spaces import TagPhase
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.machine import MachineState

AREA = Area("walks", promise=True)


def is_as_found(s: MachineState, tag: Tag, c: Cached) -> bool:
    """Say whether a walk of the address space that a tag stands for finds a cached translation: its slot, and its frame there."""
    g, slot = s.tag[tag], (c.table, c.index)
    e = s.memory[slot]
    there = all_of(g.phase != TagPhase.FREE, s.frame[c.table].kind == FrameKind.TABLE, is_mapped_by(e))

    def at(level: Level) -> bool:
        return all_of(ends_in(s, g.space, c.page, level, slot), c.frame == frame_at(e.frame, c.page, level))

    return all_of(there, any_of(*(at(level) for level in (Level.HUGE, Level.BLOCK, Level.PAGE))))


@consequence
def what_a_cpu_has_cached_a_walk_finds(s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage) -> bool:
    """A CPU's cached translation is of the slot, and to the frame, that a walk finds now; the leaf there may be a stale one."""
    c = s.tlb[cpu, tag, asid, va]
    return implies(c.valid, all_of(negate(tag.is_io), is_as_found(s, tag, c)))


@consequence
def what_a_device_has_cached_a_walk_finds(s: MachineState, rid: Rid, tag: Tag, page: Page) -> bool:
    """A device's cached translation is of the slot, and to the frame, that a walk finds now; the leaf there may be a stale one."""
    c = s.iotlb[rid, tag, page]
    return implies(c.valid, all_of(tag.is_io, c.page == page, is_as_found(s, tag, c)))


@consequence
def a_device_has_nothing_cached_where_reserved(s: MachineState, rid: Rid, tag: Tag, page: Page) -> bool:
    """No translation is cached for a function of a page that is reserved for it: firmware's region, the interrupt window."""
    return implies(s.iotlb[rid, tag, page].valid, negate(is_reserved(s, layout_of(s, rid), Level.PAGE, page)))


@consequence
def a_walk_goes_on_in_a_table_of_its_vm(s: MachineState, tag: Tag, table: Frame) -> bool:
    """A cached pointer is under a tag in use, and to a table of the VM whose address space the tag stands for."""
    g, f = s.tag[tag], s.frame[table]
    own = all_of(f.kind == FrameKind.TABLE, f.owner == s.space[g.space].vm)
    return implies(s.walk[tag, table].valid, all_of(g.phase != TagPhase.FREE, own))


@consequence
def a_walk_goes_on_as_from_the_root(s: MachineState, tag: Tag, table: Frame, i: Index) -> bool:
    """A walk that goes on through a cached pointer is in the table that one from the root comes to, or in an empty one."""
    p, space = s.walk[tag, table], s.space[s.tag[tag].space]
    upper = s.memory[space.root, p.prefix.bits(51, 18, Index)]
    lower = s.memory[upper.frame, p.prefix.bits(17, 9, Index)]
    linked = all_of(upper.kind == EntryKind.LINK, any_of(p.level == Level.BLOCK, lower.kind == EntryKind.LINK))
    here = any_of(
        all_of(p.level == Level.HUGE, table == space.root, p.prefix == 0),
        all_of(p.level == Level.BLOCK, linked, table == upper.frame),
        all_of(p.level == Level.PAGE, linked, table == lower.frame),
    )
    own = all_of(s.tag[tag].phase != TagPhase.FREE, s.frame[table].kind == FrameKind.TABLE, s.frame[table].owner == space.vm)
    return implies(p.valid, all_of(own, any_of(here, s.memory[table, i].kind == EntryKind.NONE)))


@consequence
def a_link_leads_one_level_down(s: MachineState, space: Space, k: Index, i: Index, other: Space, m: Index) -> bool:
    """A root links tables of the VM's, these link further ones, and those none: no table is found at two levels."""
    p, q = s.space[space], s.space[other]
    upper, above = s.memory[p.root, k], s.memory[q.root, m]
    lower = s.memory[upper.frame, i]
    first, second = upper.kind == EntryKind.LINK, all_of(upper.kind == EntryKind.LINK, lower.kind == EntryKind.LINK)

    def is_table(e: Entry) -> bool:
        f = s.frame[e.frame]
        return all_of(f.kind == FrameKind.TABLE, f.owner == p.vm, negate(all_of(q.live, e.frame == q.root)))

    elsewhere = negate(all_of(q.live, above.kind == EntryKind.LINK, above.frame == lower.frame))
    return implies(p.live, all_of(implies(first, is_table(upper)), implies(second, all_of(is_table(lower), elsewhere))))


@consequence
def no_link_is_at_the_lowest_level(s: MachineState, space: Space, k: Index, i: Index, j: Index) -> bool:
    """Where a walk came through two links it finds no third."""
    upper = s.memory[s.space[space].root, k]
    lower = s.memory[upper.frame, i]
    linked = all_of(s.space[space].live, upper.kind == EntryKind.LINK, lower.kind == EntryKind.LINK)
    return implies(linked, s.memory[lower.frame, j].kind != EntryKind.LINK)


@consequence
def a_window_translates_as_its_list_says(s: MachineState, job: Job, r: Page) -> bool:
    """A walk at page r of a window, once mapped and until undone, finds exactly that page of the extent that r falls into."""
    j, w = s.job[job], s.placed[job, r]
    x = s.extent[job, w.extent]
    slot = (w.table, w.index)
    e = s.memory[slot]
    mapped = any_of(e.kind == EntryKind.LEAF, all_of(e.kind == EntryKind.STALE, j.phase == JobPhase.UNDOING, r + 1 == j.cursor))
    return implies(
        all_of(j.phase != JobPhase.NONE, r < j.cursor),
        all_of(
            mapped,
            ends_in(s, j.space, j.start + r, Level.PAGE, slot),
            e.frame == x.frame + w.within.to(Frame),
            e.rights == j.rights,
            w.extent < j.extents,
            r == x.before + w.within,
            w.within < x.pages,
        ),
    )


@step
def a_split_block_translates_alike(  # noqa: PLR0913, PLR0917 - two states, and a page by its three slots
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, space: Space, k: Index, i: Index, j: Index
) -> bool:
    """Where a step puts a table in the place of a leaf, each page translates to the same frame with the same rights as before."""
    del name, args
    p = s.space[space]
    was, upper = s.memory[p.root, k], after.memory[p.root, k]
    below, lower = s.memory[was.frame, i], after.memory[upper.frame, i]
    low = after.memory[lower.frame, j]
    first = all_of(is_mapped_by(was), upper.kind == EntryKind.LINK)
    second = all_of(was.kind == EntryKind.LINK, upper == was, is_mapped_by(below), lower.kind == EntryKind.LINK)

    def is_piece(whole: Entry, piece: Entry, offset: Index) -> bool:
        return all_of(piece.kind == EntryKind.LEAF, piece.frame == whole.frame | offset.to(Frame), piece.rights == whole.rights)

    return implies(
        p.live,
        all_of(
            implies(all_of(first, i <= 511), is_piece(was, lower, i << 9)),
            implies(all_of(second, i <= 511, j <= 511), is_piece(below, low, j)),
        ),
    )
