"""Control of hardware_by_record: a record and a part of its own note what was asked for, beside the hardware's."""

from __future__ import annotations

from pymodel import (
    Hypervisor,
    Invalidation,
    MachineState,
    Map,
    Page,
    Record,
    Rid,
    Scope,
    Tag,
    Ticket,
)


class Inv(Record):
    kind: Scope = Scope.PAGES
    tag: Tag = Tag(0)
    page: Page = Page(0)
    mask: Page = Page(0)
    rid: Rid = Rid(0)


class Machine(MachineState):
    asked: Map[Ticket, Inv]


class P(Hypervisor):
    State = Machine

    def issue(self, s: MachineState, request: Invalidation) -> MachineState:
        r = Inv.default().replace(kind=request.scope, tag=request.tag, page=request.page, mask=request.mask, rid=request.rid)
        return super().issue(s, request).put("asked", s.queue.next, r)
