"""A record of hardware is derived, with another default."""

from __future__ import annotations

from pymodel import (
    Hypervisor,
    Invalidation,
    MachineState,
    Map,
    Page,
    Rid,
    Scope,
    Tag,
    Ticket,
    Vm,
    choose,
)



class Inv(Invalidation):  # <- refused
    kind: Scope = Scope.PAGES

    def __init__(self) -> None:
        pass

    @classmethod
    def default(cls) -> Inv:
        return cls().replace(done=False, scope=Scope.PAGES, tag=Tag(0), page=Page(0), mask=Page(0), rid=Rid(0), kind=Scope.PAGES)

    @property
    def scope(self) -> Scope:
        return choose(self.kind == Scope.PAGES, Scope.TAG, self.kind)


class Machine(MachineState):
    invalidation: Map[Ticket, Inv]


class P(Hypervisor):
    State = Machine

    def issue(self, s: MachineState, request: Invalidation) -> MachineState:
        r = Inv.default().replace(kind=request.scope, tag=request.tag, page=request.page, mask=request.mask, rid=request.rid)
        return super().issue(s, r)
