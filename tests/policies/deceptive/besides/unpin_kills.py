"""A VM that unpins a page of its own ends another VM (whose number is the pin's), and detaches a function of whomever."""

from __future__ import annotations

from pymodel import (
    ContextEntry,
    ContextMode,
    FunctionPhase,
    HOST,
    Hypervisor,
    Life,
    MachineState,
    Pin,
    Rid,
    Vm,
    all_of,
    write_context,
)



class P(Hypervisor):
    def unpin(self, s: MachineState, caller: Vm, pin: Pin) -> MachineState:
        after = super().unpin(s, caller, pin)
        victim, rid = pin.to(Vm), pin.to(Rid)
        v, f = after.vm[victim], after.function[rid]
        if all_of(v.life == Life.LIVE, victim != HOST):
            after = after.put("vm", victim, v.replace(life=Life.DYING))
        if f.phase == FunctionPhase.ATTACHED:
            after = write_context(after, rid, ContextEntry(mode=ContextMode.ABORT)).replace(function=after.function.set(rid, f.replace(phase=FunctionPhase.DETACHING, since=s.queue.next)))
        return after
