"""Contracts of boot, invalidations, and functions on their way from one owner to the next."""

from __future__ import annotations

from typing import Any

from proofs.theorems.operations.contract import (
    A_DECISION,
    A_QUOTA,
    ACCOUNTS,
    NOTHING_TAKEN_DOWN,
    Contract,
    Excuse,
    Lowers,
    NoCaller,
    Passing,
    a_leaf,
    anew,
    at,
    those,
)
from proofs.theorems.operations.stages import NOTHING, Stage, StageOf, rank
from proofs.theorems.operations.terms.core import THE_HOST, always, arg, becomes, both, either, is_, keeps, no, nobody, plus, turns
from proofs.theorems.operations.terms.devices import (
    context_mode,
    context_root,
    context_tag,
    function_phase,
    group_is_free_for,
    group_of,
    has_ari,
    iommu_is_on,
    is_done,
    is_functions_flush,
    is_power_of_two,
    is_present,
    is_served_for,
    is_up,
    issued_mask,
    issued_page,
    issued_scope,
    issued_tag,
    issued_to,
    layout_of_function,
    masters,
    next_ticket,
    number_of_vfs,
    owner_of_function,
    residue_of,
    space_of_function,
    vf_offset,
    vf_phase,
    vf_stride,
    vfs_entered,
)
from proofs.theorems.operations.terms.memory import how_many, one_less, one_more
from proofs.theorems.operations.terms.tables import (
    A_PAGE,
    has_usable_tag,
    is_for_devices,
    layout_of,
    maps,
    may_map,
    root_of,
    slot_at,
    space_is_live,
    tag_of,
)
from proofs.theorems.operations.terms.vms import (
    builds_for,
    caller_is,
    exists,
    is_host,
    life_of,
    live_caller_is,
    whose,
)
from pymodel.hardware.ids import Rid, Ticket, Vf
from pymodel.hardware.invalidation import Scope
from pymodel.hardware.iommu import ContextMode
from pymodel.hypervisor.devices import FunctionPhase, SriovPhase
from pymodel.hypervisor.ids import AccountKind, Count
from pymodel.hypervisor.vms import Life
from pymodel.language.outcomes import Reason
from pymodel.language.words import choose
from pymodel.machine import MachineState

RID, VM, SPACE, TAG = arg("rid"), arg("vm"), arg("space"), arg("tag")
PAGE, MASK, FRAME, RIGHTS = arg("page"), arg("mask"), arg("frame"), arg("rights")
TICKET, OWNER, PHASE = next_ticket(), owner_of_function(RID), function_phase(RID)
#: Each operation that needs a flush, and whatever batches them, has the hypervisor issue them.
FLUSHES = NoCaller("the hypervisor issues invalidations as its operations need them")
ISSUES = (*at("invalidation", TICKET), *at("queue"))
NO_TICKET = Excuse(Reason.EXHAUSTED, is_(TICKET, Ticket.last()))


def function_stage(s: MachineState, rid: Any) -> Stage:
    """Return the stage of a function: whose it is, and how far it is from clean; 0 for one that is not there."""
    f = s.function[rid]
    phases = (FunctionPhase.CLEAN, FunctionPhase.RESET, FunctionPhase.FLUSHED, FunctionPhase.DETACHING, FunctionPhase.ATTACHED)
    idle = choose(f.phase == FunctionPhase.IDLE, Count(3), rank(f.phase, *phases))
    return choose(s.pcie[rid].present, idle, NOTHING), NOTHING


STAGES: dict[str, StageOf] = {"function": function_stage}

CONTRACTS = (
    Contract(
        "boot",
        authority=NoCaller("the hypervisor boots before anybody could ask"),
        entitlement=no(iommu_is_on()),
        excuses=(),
        does=(becomes(iommu_is_on(), True), becomes(life_of(THE_HOST), Life.LIVE)),
        touches=(*at("iommu"), *anew("vm", THE_HOST, fields="life")),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "invalidate_pages",
        authority=FLUSHES,
        entitlement=is_power_of_two(PAGE, MASK),
        excuses=(NO_TICKET,),
        does=(
            becomes(TICKET, plus(TICKET, 1)),
            becomes(is_done(TICKET), False),
            becomes(issued_scope(TICKET), Scope.PAGES),
            becomes(issued_tag(TICKET), TAG),
            becomes(issued_page(TICKET), PAGE),
            becomes(issued_mask(TICKET), MASK),
        ),
        touches=ISSUES,
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "invalidate_tag",
        authority=FLUSHES,
        entitlement=always("always"),
        excuses=(NO_TICKET,),
        does=(
            becomes(TICKET, plus(TICKET, 1)),
            becomes(is_done(TICKET), False),
            becomes(issued_scope(TICKET), Scope.TAG),
            becomes(issued_tag(TICKET), TAG),
        ),
        touches=ISSUES,
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "invalidate_function",
        authority=FLUSHES,
        entitlement=always("always"),
        excuses=(NO_TICKET,),
        does=(
            becomes(TICKET, plus(TICKET, 1)),
            becomes(is_done(TICKET), False),
            becomes(issued_scope(TICKET), Scope.FUNCTION),
            becomes(issued_to(TICKET), RID),
        ),
        touches=ISSUES,
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "reset_function",
        authority=is_host(),
        entitlement=both(
            is_host(),
            is_present(RID),
            iommu_is_on(),
            is_(vf_phase(RID), SriovPhase.OFF),
            is_(PHASE, FunctionPhase.IDLE, FunctionPhase.FLUSHED),
        ),
        excuses=(),
        does=(
            turns(PHASE, (FunctionPhase.IDLE, FunctionPhase.RESET), (FunctionPhase.FLUSHED, FunctionPhase.RESET)),
            becomes(masters(RID), False),
            becomes(residue_of(RID), nobody()),
            becomes(vf_phase(RID), SriovPhase.OFF),
            becomes(vfs_entered(RID), Vf(0)),
            becomes(number_of_vfs(RID), Vf(0)),
            becomes(has_ari(RID), False),
            becomes(vf_offset(RID), Rid(0)),
            becomes(vf_stride(RID), Rid(0)),
        ),
        touches=(*at("function", RID, fields="phase"), *at("pcie", RID, fields="master"), *anew("sriov", RID)),
        stage=Lowers("function", RID),
    ),
    Contract(
        "drain_function",
        authority=is_host(),
        entitlement=both(is_host(), is_(PHASE, FunctionPhase.RESET)),
        excuses=(),
        does=(
            turns(PHASE, (FunctionPhase.RESET, FunctionPhase.CLEAN)),
            becomes(OWNER, nobody()),
            one_less(AccountKind.FUNCTIONS, OWNER),
        ),
        touches=(
            *at("function", RID, fields="owner phase"),
            *those("request", "rid", RID),
            *anew("fault", RID),
            *anew("group", group_of(RID)),
            *ACCOUNTS,
        ),
        stage=Lowers("function", RID),
        function=Passing(OWNER, OWNER, nobody()),
    ),
    Contract(
        "attach",
        authority=is_host(),
        entitlement=both(
            is_host(),
            exists(VM),
            is_present(RID),
            is_(PHASE, FunctionPhase.CLEAN),
            is_up(RID),
            group_is_free_for(RID, VM),
            space_is_live(SPACE),
            is_for_devices(SPACE),
            is_(whose(SPACE), VM),
            is_(layout_of(SPACE), layout_of_function(RID)),
            has_usable_tag(SPACE),
        ),
        excuses=(
            A_QUOTA(
                how_many(AccountKind.FUNCTIONS, VM),
                how_many(AccountKind.GROUP, group_of(RID)),
                how_many(AccountKind.CONTEXTS, SPACE),
            ),
            A_DECISION(Reason.POLICY, "may_attach"),
        ),
        does=(
            turns(PHASE, (FunctionPhase.CLEAN, FunctionPhase.ATTACHED)),
            becomes(OWNER, VM),
            becomes(space_of_function(RID), SPACE),
            becomes(context_mode(RID), ContextMode.STAGE2),
            becomes(context_tag(RID), tag_of(SPACE)),
            becomes(context_root(RID), root_of(SPACE)),
            becomes(masters(RID), False),
            one_more(AccountKind.FUNCTIONS, VM),
        ),
        touches=(
            *at("function", RID, fields="owner phase space"),
            *anew("context", RID, fields="mode tag root"),
            *at("group", group_of(RID)),
            *ACCOUNTS,
        ),
        stage=NOTHING_TAKEN_DOWN,
        function=Passing(OWNER, nobody(), VM),
    ),
    Contract(
        "set_master",
        authority=live_caller_is(OWNER),
        entitlement=both(live_caller_is(OWNER), is_(PHASE, FunctionPhase.ATTACHED)),
        excuses=(),
        does=(becomes(masters(RID), arg("on")), becomes(residue_of(RID), OWNER), keeps(PHASE)),
        touches=at("pcie", RID, fields="master"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "detach",
        authority=either(is_host(), caller_is(OWNER)),
        entitlement=both(is_(PHASE, FunctionPhase.ATTACHED), either(is_host(), live_caller_is(OWNER))),
        excuses=(),
        does=(turns(PHASE, (FunctionPhase.ATTACHED, FunctionPhase.DETACHING)), becomes(context_mode(RID), ContextMode.ABORT)),
        touches=(*at("function", RID, fields="phase since"), *at("context", RID)),
        stage=Lowers("function", RID),
    ),
    Contract(
        "finish_detach",
        authority=is_host(),
        entitlement=both(is_host(), is_(PHASE, FunctionPhase.DETACHING)),
        excuses=(Excuse(Reason.NOT_FLUSHED, no(is_functions_flush(arg("ticket"), RID))),),
        does=(turns(PHASE, (FunctionPhase.DETACHING, FunctionPhase.FLUSHED)),),
        touches=(*at("function", RID, fields="phase"), *ACCOUNTS),
        stage=Lowers("function", RID),
    ),
    Contract(
        "handle_fault",
        authority=builds_for(whose(space_of_function(RID))),
        entitlement=both(
            is_(PHASE, FunctionPhase.ATTACHED),
            caller_is(OWNER),
            may_map(space_of_function(RID), PAGE, A_PAGE, FRAME, RIGHTS),
        ),
        excuses=(A_QUOTA(how_many(AccountKind.MAPPINGS, FRAME)),),
        does=(is_served_for(RID), maps(space_of_function(RID), PAGE, A_PAGE, FRAME, RIGHTS)),
        touches=(
            *a_leaf(slot_at(space_of_function(RID), PAGE)),
            *ACCOUNTS,
        ),
        stage=NOTHING_TAKEN_DOWN,
    ),
)
