"""Contracts of frames, whose they are and what they are for."""

from __future__ import annotations

from typing import Any

from proofs.theorems.operations.contract import (
    A_QUOTA,
    ACCOUNTS,
    NOTHING_TAKEN_DOWN,
    Contract,
    Lowers,
    NoCaller,
    Passing,
    Unstated,
    anew,
    at,
)
from proofs.theorems.operations.stages import NOTHING, Stage, StageOf, flag
from proofs.theorems.operations.terms.core import THE_HYPERVISOR, arg, becomes, both, is_, keeps, named, nobody, pair
from proofs.theorems.operations.terms.memory import (
    how_many,
    is_clean,
    is_in_no_block,
    is_own_data,
    is_unreferenced,
    kind_of,
    one_less,
    one_more,
    owner_of,
)
from proofs.theorems.operations.terms.vms import builds_for, exists, is_host, looks_after
from pymodel.hardware.ids import Index
from pymodel.hypervisor.ids import AccountKind, Count
from pymodel.hypervisor.memory import FrameKind
from pymodel.language.truth import any_of
from pymodel.language.words import choose
from pymodel.machine import MachineState

VM, FRAME, TO = arg("vm"), arg("frame"), arg("to")
OWNER = owner_of(FRAME)
#: What the hypervisor does with frames that are no VM's.
OWN_DOING = NoCaller("the hypervisor sees to the free frames and to its own")


def frame_stage(s: MachineState, frame: Any) -> Stage:
    """Return the stage of a frame: a table, a published page, or anything else that is owned."""
    f = s.frame[frame]
    used = (FrameKind.DATA, FrameKind.RETYPING, FrameKind.POOL, FrameKind.HYPERVISOR)
    first = any_of(f.kind == FrameKind.TABLE, f.kind == FrameKind.PUBLISHED)
    return choose(first, Count(2), flag(any_of(*(f.kind == k for k in used)))), NOTHING


STAGES: dict[str, StageOf] = {"frame": frame_stage}

CONTRACTS = (
    Contract(
        "donate",
        authority=is_host(),
        entitlement=both(is_host(), exists(VM), is_(kind_of(FRAME), FrameKind.FREE), is_clean(FRAME)),
        excuses=(A_QUOTA(how_many(AccountKind.FRAMES, VM)),),
        does=(
            becomes(OWNER, VM),
            becomes(kind_of(FRAME), FrameKind.DATA),
            one_more(AccountKind.FRAMES, VM),
        ),
        touches=(*anew("frame", FRAME, fields="owner kind"), *ACCOUNTS),
        stage=NOTHING_TAKEN_DOWN,
        frame=Passing(OWNER, nobody(), VM, is_(kind_of(FRAME), FrameKind.FREE)),
    ),
    Contract(
        "scrub",
        authority=OWN_DOING,
        entitlement=is_(kind_of(FRAME), FrameKind.FREE),
        excuses=(),
        does=(becomes(is_clean(FRAME), True), keeps(kind_of(FRAME))),
        touches=(*at("frame", FRAME, fields="clean"), *anew("memory", FRAME)),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "reclaim",
        authority=looks_after(OWNER),
        entitlement=both(
            looks_after(OWNER),
            is_(kind_of(FRAME), FrameKind.DATA, FrameKind.RETYPING, FrameKind.POOL),
            is_unreferenced(FRAME),
        ),
        excuses=(),
        does=(
            becomes(OWNER, nobody()),
            becomes(kind_of(FRAME), FrameKind.FREE),
            one_less(AccountKind.FRAMES, OWNER),
        ),
        touches=(*anew("frame", FRAME, fields="kind clean"), *anew("memory", FRAME), *ACCOUNTS),
        stage=Lowers("frame", FRAME),
        frame=Passing(OWNER, OWNER, nobody()),
    ),
    Contract(
        "transfer",
        authority=builds_for(OWNER),
        entitlement=both(is_own_data(FRAME), is_unreferenced(FRAME), exists(TO)),
        excuses=(A_QUOTA(how_many(AccountKind.FRAMES, TO)),),
        does=(becomes(OWNER, TO), becomes(kind_of(FRAME), FrameKind.DATA)),
        touches=(*at("frame", FRAME, fields="owner"), *ACCOUNTS),
        stage=NOTHING_TAKEN_DOWN,
        frame=Passing(OWNER, OWNER, TO, keeps_content=True),
    ),
    Contract(
        "allocate",
        authority=OWN_DOING,
        entitlement=is_(kind_of(FRAME), FrameKind.FREE),
        excuses=(),
        does=(becomes(OWNER, THE_HYPERVISOR), becomes(kind_of(FRAME), FrameKind.HYPERVISOR)),
        touches=at("frame", FRAME, fields="owner kind"),
        stage=NOTHING_TAKEN_DOWN,
        frame=Passing(OWNER, nobody(), THE_HYPERVISOR, is_(kind_of(FRAME), FrameKind.FREE)),
    ),
    Contract(
        "hypervisor_writes",
        authority=NoCaller("the hypervisor's own code writes its own memory"),
        entitlement=Unstated("nobody waits for it"),
        excuses=(),
        does=(becomes(is_clean(FRAME), False), keeps(kind_of(FRAME))),
        touches=(*at("frame", FRAME, fields="clean"), *anew("memory", pair(FRAME, named("0", Index(0))), fields="kind rights")),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "free",
        authority=OWN_DOING,
        entitlement=is_(kind_of(FRAME), FrameKind.HYPERVISOR),
        excuses=(),
        does=(becomes(OWNER, nobody()), becomes(kind_of(FRAME), FrameKind.FREE)),
        touches=(*anew("frame", FRAME, fields="kind clean"), *anew("memory", FRAME)),
        stage=Lowers("frame", FRAME),
        frame=Passing(OWNER, THE_HYPERVISOR, nobody()),
    ),
    Contract(
        "publish",
        authority=OWN_DOING,
        entitlement=both(is_(kind_of(FRAME), FrameKind.HYPERVISOR), is_clean(FRAME)),
        excuses=(),
        does=(becomes(kind_of(FRAME), FrameKind.PUBLISHED),),
        touches=at("frame", FRAME, fields="kind"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "unpublish",
        authority=OWN_DOING,
        entitlement=both(is_(kind_of(FRAME), FrameKind.PUBLISHED), is_unreferenced(FRAME)),
        excuses=(),
        does=(becomes(kind_of(FRAME), FrameKind.HYPERVISOR),),
        touches=at("frame", FRAME, fields="kind"),
        stage=Lowers("frame", FRAME),
    ),
    Contract(
        "begin_retype",
        authority=builds_for(OWNER),
        entitlement=both(is_own_data(FRAME), is_in_no_block(FRAME)),
        excuses=(),
        does=(becomes(kind_of(FRAME), FrameKind.RETYPING),),
        touches=at("frame", FRAME, fields="kind"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "cancel_retype",
        authority=looks_after(OWNER),
        entitlement=both(looks_after(OWNER), is_(kind_of(FRAME), FrameKind.RETYPING)),
        excuses=(),
        does=(becomes(kind_of(FRAME), FrameKind.DATA),),
        touches=at("frame", FRAME, fields="kind"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "finish_retype",
        authority=builds_for(OWNER),
        entitlement=both(builds_for(OWNER), is_(kind_of(FRAME), FrameKind.RETYPING), is_unreferenced(FRAME)),
        excuses=(),
        does=(becomes(kind_of(FRAME), FrameKind.POOL),),
        touches=(*at("frame", FRAME, fields="kind clean"), *anew("memory", FRAME)),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "unpool",
        authority=builds_for(OWNER),
        entitlement=both(builds_for(OWNER), is_(kind_of(FRAME), FrameKind.POOL)),
        excuses=(),
        does=(becomes(kind_of(FRAME), FrameKind.DATA),),
        touches=at("frame", FRAME, fields="kind clean"),
        stage=NOTHING_TAKEN_DOWN,
    ),
)
