"""Contracts of blocks of frames, pins, and grants with the handles on them."""

from __future__ import annotations

from proofs.theorems.operations.contract import (
    A_QUOTA,
    ACCOUNTS,
    NOTHING_TAKEN_DOWN,
    Contract,
    Lowers,
    anew,
    at,
)
from proofs.theorems.operations.stages import NOTHING, StageOf, flag
from proofs.theorems.operations.terms.core import arg, becomes, both, differs, either, is_, keeps, no, pair, turns, unless
from proofs.theorems.operations.terms.memory import (
    block_owner,
    block_phase,
    frame_assembled_next,
    frames_taken_in,
    grant_behind,
    grant_is_active,
    granted_frame,
    granted_rights,
    granter_of,
    handle_is_live,
    has_cpu_mapping,
    has_device_mapping,
    how_many,
    is_block_base,
    is_offered,
    is_own_data,
    one_less,
    one_more,
    owner_of,
    pin_is_live,
    pinned_frame,
    receiver_of,
    takes_in_the_next,
    unused,
)
from proofs.theorems.operations.terms.tables import has_some
from proofs.theorems.operations.terms.vms import builds_for, caller_is, exists, live_caller_is, looks_after, whose
from pymodel.hardware.ids import Frame
from pymodel.hypervisor.ids import AccountKind
from pymodel.hypervisor.memory import BlockPhase

FRAME, LEVEL, BASE, PIN = arg("frame"), arg("level"), arg("base"), arg("pin")
TO, RIGHTS, GRANT, HANDLE = arg("to"), arg("rights"), arg("grant"), arg("handle")
HOLDER, GRANTER, RECEIVER = whose(PIN), whose(GRANT), whose(HANDLE)
BLOCK, NEXT = block_phase(LEVEL, BASE), frame_assembled_next(LEVEL, BASE)

#: The stages of blocks, pins, grants and handles.
STAGES: dict[str, StageOf] = {
    "block": lambda s, block: (flag(s.block[block].phase != BlockPhase.NONE), NOTHING),
    "pin": lambda s, pin: (flag(s.pin[pin].live), NOTHING),
    "grant": lambda s, grant: (flag(s.grant[grant].active), NOTHING),
    "handle": lambda s, handle: (flag(s.handle[handle].live), NOTHING),
}

CONTRACTS = (
    Contract(
        "assemble",
        authority=builds_for(owner_of(BASE)),
        entitlement=both(is_own_data(BASE), is_block_base(LEVEL, BASE), is_(BLOCK, BlockPhase.NONE)),
        excuses=(),
        does=(
            turns(BLOCK, (BlockPhase.NONE, BlockPhase.ASSEMBLING)),
            becomes(block_owner(LEVEL, BASE), owner_of(BASE)),
            becomes(frames_taken_in(LEVEL, BASE), Frame(1)),
        ),
        touches=anew("block", pair(LEVEL, BASE), fields="phase owner cursor"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "assemble_on",
        authority=builds_for(block_owner(LEVEL, BASE)),
        entitlement=both(is_(BLOCK, BlockPhase.ASSEMBLING), is_own_data(NEXT), is_(owner_of(NEXT), block_owner(LEVEL, BASE))),
        excuses=(),
        does=(
            turns(BLOCK, (BlockPhase.ASSEMBLING, BlockPhase.ASSEMBLING), (BlockPhase.ASSEMBLING, BlockPhase.WHOLE)),
            takes_in_the_next(LEVEL, BASE),
            keeps(block_owner(LEVEL, BASE)),
        ),
        touches=at("block", pair(LEVEL, BASE), fields="phase cursor"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "dissolve",
        authority=looks_after(block_owner(LEVEL, BASE)),
        entitlement=both(
            looks_after(block_owner(LEVEL, BASE)),
            differs(BLOCK, BlockPhase.NONE),
            unused(AccountKind.MAPPINGS, BASE, LEVEL),
        ),
        excuses=(),
        does=(becomes(BLOCK, BlockPhase.NONE),),
        touches=anew("block", pair(LEVEL, BASE)),
        stage=Lowers("block", pair(LEVEL, BASE)),
    ),
    Contract(
        "pin",
        authority=builds_for(HOLDER),
        entitlement=both(is_own_data(FRAME), is_(owner_of(FRAME), HOLDER), no(pin_is_live(PIN))),
        excuses=(A_QUOTA(how_many(AccountKind.MAPPINGS, FRAME)),),
        does=(
            is_(owner_of(FRAME), HOLDER),
            becomes(pin_is_live(PIN), True),
            becomes(pinned_frame(PIN), FRAME),
            one_more(AccountKind.MAPPINGS, FRAME),
        ),
        touches=(*at("pin", PIN), *ACCOUNTS),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "unpin",
        authority=looks_after(HOLDER),
        entitlement=both(looks_after(HOLDER), pin_is_live(PIN)),
        excuses=(),
        does=(becomes(pin_is_live(PIN), False),),
        touches=(*anew("pin", PIN), *ACCOUNTS),
        stage=Lowers("pin", PIN),
    ),
    Contract(
        "share",
        authority=builds_for(GRANTER),
        entitlement=both(
            is_own_data(FRAME),
            is_(owner_of(FRAME), GRANTER),
            exists(TO),
            differs(TO, GRANTER),
            has_some(RIGHTS),
            no(grant_is_active(GRANT)),
        ),
        excuses=(A_QUOTA(how_many(AccountKind.MAPPINGS, FRAME), how_many(AccountKind.GRANTS, TO)),),
        does=(
            is_(owner_of(FRAME), GRANTER),
            becomes(grant_is_active(GRANT), True),
            becomes(granter_of(GRANT), GRANTER),
            becomes(receiver_of(GRANT), TO),
            becomes(granted_frame(GRANT), FRAME),
            becomes(granted_rights(GRANT), RIGHTS),
            unless(caller_is(GRANTER), becomes(is_offered(GRANT), True)),
            one_more(AccountKind.GRANTS, TO),
        ),
        touches=(*at("grant", GRANT), *ACCOUNTS),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "accept",
        authority=live_caller_is(GRANTER),
        entitlement=both(live_caller_is(GRANTER), grant_is_active(GRANT), is_offered(GRANT)),
        excuses=(),
        does=(is_offered(GRANT), becomes(is_offered(GRANT), False), becomes(grant_is_active(GRANT), True)),
        touches=at("grant", GRANT, fields="offered"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "unshare",
        authority=looks_after(GRANTER),
        entitlement=both(looks_after(GRANTER), grant_is_active(GRANT), unused(AccountKind.HANDLES, GRANT)),
        excuses=(),
        does=(becomes(grant_is_active(GRANT), False), one_less(AccountKind.GRANTS, receiver_of(GRANT))),
        touches=(*anew("grant", GRANT), *ACCOUNTS),
        stage=Lowers("grant", GRANT),
    ),
    Contract(
        "take_handle",
        authority=both(caller_is(RECEIVER), is_(receiver_of(GRANT), RECEIVER)),
        entitlement=both(
            live_caller_is(RECEIVER),
            grant_is_active(GRANT),
            no(is_offered(GRANT)),
            is_(receiver_of(GRANT), RECEIVER),
            no(handle_is_live(HANDLE)),
        ),
        excuses=(A_QUOTA(how_many(AccountKind.HANDLES, GRANT)),),
        does=(
            becomes(handle_is_live(HANDLE), True),
            becomes(grant_behind(HANDLE), GRANT),
            becomes(has_cpu_mapping(HANDLE), False),
            becomes(has_device_mapping(HANDLE), False),
        ),
        touches=(*anew("handle", HANDLE, fields="live grant"), *ACCOUNTS),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "drop_handle",
        authority=looks_after(RECEIVER),
        entitlement=both(
            looks_after(RECEIVER),
            handle_is_live(HANDLE),
            no(either(has_cpu_mapping(HANDLE), has_device_mapping(HANDLE))),
        ),
        excuses=(),
        does=(becomes(handle_is_live(HANDLE), False),),
        touches=(*anew("handle", HANDLE), *ACCOUNTS),
        stage=Lowers("handle", HANDLE),
    ),
)
