"""Caches and requests: each cached translation comes from a slot, and agrees with it until it is flushed."""

from __future__ import annotations

from proofs.statements import Area, state
from proofs.theorems.invariants.memory import is_mapped_by
from pymodel.hardware.caches import Cached
from pymodel.hardware.ids import (
    Asid,
    Cpu,
    Frame,
    Page,
    Request,
    Rid,
    Rights,
    Tag,
    Ticket,
    VirtualPage,
    frame_at,
    page_base,
    slot_page,
)
from pymodel.hardware.invalidation import Scope, covers_function, covers_page, covers_tag
from pymodel.hardware.iommu import RequestPhase
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.devices import FunctionPhase
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import choose
from pymodel.machine import MachineState

AREA = Area("caches", promise=False)


def agrees(s: MachineState, tag: Tag, c: Cached) -> bool:
    """Say whether a cached translation is what its slot says, or said before it became stale, under that tag."""
    t, e, g = s.table[c.table], s.memory[c.table, c.index], s.tag[tag]
    return all_of(
        g.phase != TagPhase.FREE,
        s.frame[c.table].kind == FrameKind.TABLE,
        any_of(t.phase == TablePhase.LINKED, t.phase == TablePhase.CLOSING),
        t.space == g.space,
        is_mapped_by(e),
        slot_page(t.prefix, c.index, t.level) == page_base(c.page, t.level),
        c.frame == frame_at(e.frame, c.page, t.level),
        c.rights.within(s.slot_note[c.table, c.index].max_cached_rights),
    )


def outlives(s: MachineState, q: Ticket, rid: Rid, tag: Tag, c: Cached) -> bool:
    """Say whether a cached translation may still be there although invalidation q is done."""
    inv, e, g = s.invalidation[q], s.memory[c.table, c.index], s.tag[tag]
    late = all_of(inv.done, q >= s.slot_note[c.table, c.index].since, covers_page(inv, rid, tag, c.page))
    over = all_of(g.phase == TagPhase.RETIRING, inv.done, q >= g.since, covers_tag(inv, tag))
    return all_of(
        implies(late, all_of(e.kind == EntryKind.LEAF, c.rights.within(e.rights))),
        negate(over),
    )


NO_FUNCTION = Rid(0)


@state
def a_tlb_entry_agrees_with_its_slot(s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage) -> bool:
    """A CPU's cached translation is what a slot of the tag's address space says, or said before it became stale."""
    c = s.tlb[cpu, tag, asid, va]
    return implies(c.valid, all_of(agrees(s, tag, c), negate(tag.is_io)))


@state
def no_tlb_entry_outlives_its_flush(s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage, q: Ticket) -> bool:
    """After a completed invalidation that covers it and was issued after the change, a CPU holds what the slot says now."""
    c = s.tlb[cpu, tag, asid, va]
    inv = s.invalidation[q]
    return implies(all_of(c.valid, inv.scope != Scope.FUNCTION), outlives(s, q, NO_FUNCTION, tag, c))


@state
def an_iotlb_entry_agrees_with_its_slot(s: MachineState, rid: Rid, tag: Tag, page: Page) -> bool:
    """A device's cached translation is what a slot of the tag's address space says, or said before it became stale."""
    c = s.iotlb[rid, tag, page]
    return implies(c.valid, all_of(agrees(s, tag, c), tag.is_io, c.page == page))


def may_be_cached(s: MachineState, rid: Rid, tag: Tag) -> bool:
    """Say whether anything of a tag may be cached for a function: it is attached there, or was until just now."""
    f = s.function[rid]
    return all_of(any_of(f.phase == FunctionPhase.ATTACHED, f.phase == FunctionPhase.DETACHING), s.tag[tag].space == f.space)


@state
def an_iotlb_entry_is_the_owners(s: MachineState, rid: Rid, tag: Tag, page: Page) -> bool:
    """Translations are cached for a function only under the address space that it is attached to, or was until just now."""
    return implies(s.iotlb[rid, tag, page].valid, may_be_cached(s, rid, tag))


def detached(s: MachineState, rid: Rid, q: Ticket) -> bool:
    """Say whether invalidation q ended everything cached for a function since its context was aborted."""
    f, inv = s.function[rid], s.invalidation[q]
    return all_of(f.phase == FunctionPhase.DETACHING, inv.done, q >= f.since, covers_function(inv, rid))


@state
def no_iotlb_entry_outlives_its_flush(s: MachineState, rid: Rid, tag: Tag, page: Page, q: Ticket) -> bool:
    """The same for devices, and nothing outlives the invalidation of its function after the context was aborted."""
    c = s.iotlb[rid, tag, page]
    return implies(c.valid, all_of(outlives(s, q, rid, tag, c), negate(detached(s, rid, q))))


@state
def a_walk_pointer_names_a_table(s: MachineState, tag: Tag, table: Frame) -> bool:
    """A walk cache points only to tables of the tag's address space, for what they are, also if just unlinked."""
    p, t, g = s.walk[tag, table], s.table[table], s.tag[tag]
    return implies(
        p.valid,
        all_of(
            g.phase != TagPhase.FREE,
            s.frame[table].kind == FrameKind.TABLE,
            t.phase != TablePhase.BUILDING,
            t.space == g.space,
            p.level == t.level,
            p.prefix == t.prefix,
        ),
    )


@state
def no_walk_pointer_outlives_its_tag(s: MachineState, tag: Tag, table: Frame, q: Ticket) -> bool:
    """After a completed invalidation of a whole tag that was issued since the tag was given up, no pointer is left under it."""
    g, inv = s.tag[tag], s.invalidation[q]
    done = all_of(inv.done, covers_tag(inv, tag), g.phase == TagPhase.RETIRING)
    return implies(all_of(s.walk[tag, table].valid, done), q < g.since)


@state
def no_walk_pointer_outlives_its_flush(s: MachineState, tag: Tag, table: Frame, q: Ticket) -> bool:
    """Lemma: after a completed invalidation of the whole tag no pointer is left to a table unlinked before it was issued."""
    t, inv = s.table[table], s.invalidation[q]
    done = all_of(inv.done, covers_tag(inv, tag), t.phase == TablePhase.RETIRED)
    return implies(all_of(s.walk[tag, table].valid, done), q < t.since)


@state
def a_ticket_is_done_only_after_its_issue(s: MachineState, q: Ticket) -> bool:
    """No invalidation is done that was not issued."""
    return implies(s.invalidation[q].done, all_of(q < s.queue.next, q != 0))


def as_cached(s: MachineState, r: Request) -> Cached:
    """Return the translation that a request in flight was given; its rights are what it does."""
    x = s.request[r]
    rights = choose(x.write, Rights(2), Rights(1))
    return Cached(valid=True, page=x.page, frame=x.frame, rights=rights, table=x.table, index=x.index)


@state
def a_request_in_flight_agrees_with_its_slot(s: MachineState, r: Request) -> bool:
    """A translated request goes where a slot of its function's address space says, or said before it became stale."""
    x = s.request[r]
    return implies(
        x.phase == RequestPhase.TRANSLATED,
        all_of(negate(x.untranslated), agrees(s, x.tag, as_cached(s, r)), x.tag.is_io, may_be_cached(s, x.rid, x.tag)),
    )


@state
def no_request_outlives_its_flush(s: MachineState, r: Request, q: Ticket) -> bool:
    """An invalidation completes only when no request that was translated before is undelivered."""
    x = s.request[r]
    return implies(
        x.phase == RequestPhase.TRANSLATED,
        all_of(outlives(s, q, x.rid, x.tag, as_cached(s, r)), negate(detached(s, x.rid, q))),
    )


@state
def a_request_belongs_to_who_issued_it(s: MachineState, r: Request) -> bool:
    """A request in flight was issued under its function's present owner, and none is left of a function that is clean."""
    x = s.request[r]
    f = s.function[x.rid]
    return implies(x.phase != RequestPhase.NONE, all_of(s.pcie[x.rid].present, f.phase != FunctionPhase.CLEAN, x.owner == f.owner))
