"""A function is waited for ahead of time, before its reset, and is not waited for again.

Draining takes long, so it may be done as soon as nothing is cached for the function; a note says so. Until the reset the function
goes on issuing. It counts as clean with requests of its old owner's under way, which the new owner's context then translates.

Source: mechanism: a device is drained while it can still issue, and what it issues afterwards is forgotten.
"""

from __future__ import annotations

from typing import Any

from pymodel import (
    HOST,
    NOBODY,
    AccountKind,
    FunctionPhase,
    GroupRecord,
    HolderKind,
    Hypervisor,
    MachineState,
    Map,
    Reason,
    Record,
    Request,
    RequestPhase,
    Rid,
    Vm,
    account,
    all_of,
    any_of,
    choose,
    clear_fault,
    drop,
    holder,
    implies,
    invariant,
    is_unused,
    operation,
    require,
    wait_for_requests,
)


class Waited(Record):
    """Whether what a function issued was waited for."""

    done: bool = False


class Waits(MachineState):
    """The machine, and which functions were waited for."""

    waited: Map[Rid, Waited]


class Faulty(Hypervisor):
    """Waits before or after the reset."""

    State = Waits  # type: ignore[assignment] # a part more than the machine has

    @operation
    def wait_early(self, s: Any, caller: Vm, rid: Rid) -> Any:
        """The host has a function waited for ahead of time."""
        phase = s.function[rid].phase
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(any_of(phase == FunctionPhase.FLUSHED, phase == FunctionPhase.RESET), Reason.WRONG_STATE)
        return wait_for_requests(s, rid).put("waited", rid, Waited(done=True))

    def drain_function(self, s: Any, caller: Vm, rid: Rid) -> Any:
        """Wait for what a reset function issued, unless that was done: then it is clean and nobody's."""
        f = s.function[rid]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(f.phase == FunctionPhase.RESET, Reason.WRONG_STATE)
        quiet = s if s.waited[rid].done else wait_for_requests(s, rid)
        after = clear_fault(quiet, rid).put("function", rid, f.replace(phase=FunctionPhase.CLEAN, owner=NOBODY))
        after = after.put("waited", rid, Waited())
        if f.owner != NOBODY:
            after = drop(after, holder(HolderKind.FUNCTION, rid))
            after = drop(after, holder(HolderKind.MEMBER, rid))
            group = s.platform.function[rid].group
            left = choose(is_unused(after, account(AccountKind.GROUP, group)), NOBODY, s.group[group].owner)
            after = after.put("group", group, GroupRecord(owner=left))
        return after


class Twin(Faulty):
    """Waits after the reset, in two steps or in one."""

    @operation
    def wait_early(self, s: Any, caller: Vm, rid: Rid) -> Any:
        """The host has a function waited for that was reset."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(s.function[rid].phase == FunctionPhase.RESET, Reason.WRONG_STATE)
        return wait_for_requests(s, rid).put("waited", rid, Waited(done=True))

    def reset_function(self, s: Any, caller: Vm, rid: Rid) -> Any:
        """Reset a function; it was not waited for yet."""
        return super().reset_function(s, caller, rid).put("waited", rid, Waited())

    @invariant
    def what_was_waited_for_issues_nothing(self, s: Any, rid: Rid, request: Request) -> bool:
        """A function that was reset and waited for has no request under way."""
        waited = all_of(s.waited[rid].done, s.function[rid].phase == FunctionPhase.RESET)
        r = s.request[request]
        return implies(all_of(waited, r.rid == rid), r.phase == RequestPhase.NONE)
