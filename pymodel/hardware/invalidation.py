"""Invalidations: what drops cached translations for good, and when that is known.

A hypervisor puts a request into the queue (`issue`, its one command here) and gets a ticket; hardware completes requests in any
order. An invalidation completes only when no request that was translated before is undelivered. The model drops those requests at
the completion; a run in which they are delivered first is another run, with the delivery as a step of its own in front.

Read next: `pymodel.hypervisor.ids`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.caches import Cached
from pymodel.hardware.ids import Level, Page, Rid, Tag, Ticket, level_mask
from pymodel.hardware.iommu import RequestPhase, RequestRecord
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import HARDWARE, Map, Record, State
from pymodel.language.steps import hardware
from pymodel.language.truth import all_of, any_of
from pymodel.language.words import Choice, Member, Word

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = [
    "Invalidation",
    "InvalidationState",
    "Invalidations",
    "Queue",
    "Scope",
    "covers_function",
    "covers_page",
    "covers_range",
    "covers_tag",
    "issue",
]


class Scope(Choice):
    """What an invalidation covers."""

    PAGES = Member()
    """An aligned power of two of pages under a tag: leaves only, not walk caches."""
    TAG = Member()
    """Everything under a tag."""
    FUNCTION = Member()
    """Everything of one function: its context and its translations."""


class Invalidation(Record, whose=HARDWARE, by="issue"):
    """An invalidation request."""

    done: bool = False
    scope: Scope = Scope.PAGES
    tag: Tag = Tag(0)
    page: Page = Page(0)
    mask: Page = Page(0)
    """PAGES: the low page bits that are ignored, 2^k - 1."""
    rid: Rid = Rid(0)


class Queue(Record, whose=HARDWARE, by="issue"):
    """The invalidation queue: the ticket that the next request will get."""

    next: Ticket = Ticket(1)


class InvalidationState(State):
    """Every invalidation that was issued, by its ticket."""

    invalidation: Map[Ticket, Invalidation]
    queue: Queue


def issue(s: MachineState, request: Invalidation) -> MachineState:
    """Command: put an invalidation into the queue under the next ticket; only hardware says that one is done."""
    require(s.queue.next < Ticket.last(), Reason.EXHAUSTED)
    issued = s.invalidation.set(s.queue.next, request.replace(done=False))
    return s._with(invalidation=issued, queue=s.queue.replace(next=s.queue.next + 1))


def covers_page(inv: Invalidation, rid: Rid, tag: Tag, page: Page) -> bool:
    """Say whether an invalidation drops the translation of a page under a tag, held for a function."""
    return any_of(
        all_of(inv.scope == Scope.TAG, inv.tag == tag),
        all_of(inv.scope == Scope.PAGES, inv.tag == tag, ((page ^ inv.page) & ~inv.mask) == 0),
        all_of(inv.scope == Scope.FUNCTION, inv.rid == rid, tag.is_io),
    )


def covers_range(inv: Invalidation, tag: Tag, page: Page, level: Level) -> bool:
    """Say whether an invalidation drops every translation that a leaf of that level at `page` gave, for every holder."""
    return any_of(
        all_of(inv.scope == Scope.TAG, inv.tag == tag),
        all_of(
            inv.scope == Scope.PAGES,
            inv.tag == tag,
            ((page ^ inv.page) & ~inv.mask) == 0,
            (level_mask(level) & ~inv.mask) == 0,
        ),
    )


def covers_tag(inv: Invalidation, tag: Tag) -> bool:
    """Say whether an invalidation drops everything under a tag, walk caches too."""
    return all_of(inv.scope == Scope.TAG, inv.tag == tag)


def covers_function(inv: Invalidation, rid: Rid) -> bool:
    """Say whether an invalidation drops everything of a function."""
    return all_of(inv.scope == Scope.FUNCTION, inv.rid == rid)


class Invalidations:
    """How invalidations end."""

    @hardware
    def complete(self, s: MachineState, ticket: Ticket) -> MachineState:
        """Complete an invalidation that was issued, in any order: what it covers leaves every cache, and is in flight no more."""
        inv = s.invalidation[ticket]
        require(ticket < s.queue.next, Reason.OUT_OF_RANGE)
        require(ticket != 0, Reason.OUT_OF_RANGE)
        require(inv.done == False, Reason.WRONG_STATE)

        def tlb_covered(_cpu: Word, tag: Tag, _asid: Word, _va: Word, c: Cached) -> bool:
            return covers_page(inv, Rid(0), tag, c.page) & (inv.scope != Scope.FUNCTION)

        def iotlb_covered(rid: Rid, tag: Tag, page: Page, _c: Cached) -> bool:
            return covers_page(inv, rid, tag, page)

        def request_covered(_r: Word, r: RequestRecord) -> bool:
            return all_of(r.phase == RequestPhase.TRANSLATED, r.untranslated == False, covers_page(inv, r.rid, r.tag, r.page))

        return s._with(
            tlb=s.tlb.reset(tlb_covered),
            iotlb=s.iotlb.reset(iotlb_covered),
            walk=s.walk.reset(lambda tag, _table, _p: covers_tag(inv, tag)),
            context_cache=s.context_cache.reset(lambda rid, _c: covers_function(inv, rid)),
            request=s.request.reset(request_covered),
            invalidation=s.invalidation.set(ticket, inv.replace(done=True)),
        )
