"""Terms about frames, blocks, pins and grants, and about the accounts that count what refers to a thing."""

from __future__ import annotations

from typing import Any

from proofs.theorems.operations.terms.core import (
    Args,
    Cell,
    Fact,
    Flag,
    Value,
    both,
    cell,
    fact,
    flag,
    is_,
    nobody,
    pair,
    unless,
    value,
)
from proofs.theorems.operations.terms.vms import builds_for
from pymodel.hardware.ids import Frame, Level, frame_base, level_mask
from pymodel.hypervisor.ids import AccountKind, Count, account
from pymodel.hypervisor.memory import BlockPhase, FrameKind
from pymodel.language.truth import all_of, any_of
from pymodel.language.words import Word
from pymodel.machine import MachineState

# Accounts


def has_none(s: MachineState, kind: AccountKind, thing: Word, level: Level = Level.PAGE) -> bool:
    """Say whether nothing of a kind refers to a thing."""
    return s.count[account(kind, thing, level)].n == 0


def account_of(kind: AccountKind, thing: Value) -> Value:
    """The account of a kind for a thing: how many there are that refer to it."""
    return value(f"the {kind.names[int(kind)]} of {thing}", lambda _s, t: account(kind, t), thing)


def unused(kind: AccountKind, thing: Value, level: Value | None = None) -> Fact:
    """Nothing of a kind refers to a thing (for mappings of a block: to the block of that level)."""
    text = f"the {kind.names[int(kind)]} of {thing} are none"
    if level is None:
        return fact(text, lambda s, t: has_none(s, kind, t), thing)
    return fact(text, lambda s, t, size: has_none(s, kind, t, size), thing, level)


def counted(thing: Value) -> Cell:
    """How many there are on an account."""
    return cell(f"the number of {thing}", lambda s, a: s.count[a].n, thing)


def one_less(kind: AccountKind, thing: Value) -> Fact:
    """A thing that somebody has, has one of a kind less."""
    where = counted(account_of(kind, thing))
    fewer = Fact(
        f"then one less of {where.key}",
        lambda s, args, after: where.read(after, where.key(s, args)) + 1 == where.read(s, where.key(s, args)),
    )
    return unless(is_(thing, nobody()), fewer)


def one_more(kind: AccountKind, thing: Value) -> Fact:
    """A thing has one of a kind more."""
    where = counted(account_of(kind, thing))
    return Fact(
        f"then one more of {where.key}",
        lambda s, args, after: where.read(after, where.key(s, args)) == where.read(s, where.key(s, args)) + 1,
    )


def how_many(kind: AccountKind, thing: Value, level: Value | None = None) -> Cell:
    """How many of a kind refer to a thing (for mappings of a block: to the block of that level)."""
    if level is None:
        return counted(account_of(kind, thing))
    text = f"the {kind.names[int(kind)]} of {thing}"
    return counted(value(text, lambda _s, t, size: account(kind, t, size), thing, level))


def is_full(kind: AccountKind, thing: Value) -> Fact:
    """An account has no further number."""
    return is_(how_many(kind, thing), Count.last())


# Frames


def owner_of(frame: Value) -> Cell:
    """Who owns a frame."""
    return cell(f"the owner of {frame}", lambda s, f: s.frame[f].owner, frame)


def kind_of(frame: Value) -> Cell:
    """What a frame is for."""
    return cell(f"the kind of {frame}", lambda s, f: s.frame[f].kind, frame)


def is_clean(frame: Value) -> Flag:
    """A frame is known to hold zero."""
    return flag(f"{frame} is clean", lambda s, f: s.frame[f].clean, frame)


def is_fresh(frame: Value) -> Flag:
    """A frame's owner has not written it yet."""
    return flag(f"{frame} is fresh", lambda s, f: s.frame[f].fresh, frame)


def is_own_data(frame: Value) -> Fact:
    """A frame is data of a VM that the caller builds for."""
    return both(builds_for(owner_of(frame)), is_(kind_of(frame), FrameKind.DATA))


def is_pooled(frame: Value, vm: Value) -> Fact:
    """A frame is a blank page of a VM's pool for tables."""
    return both(is_(kind_of(frame), FrameKind.POOL), is_(owner_of(frame), vm))


def is_in_no_block(frame: Value) -> Fact:
    """A frame is part of no block: neither of a whole one, nor taken into one that is being assembled."""

    def is_outside(s: MachineState, f: Frame, level: Level) -> bool:
        b = s.block[level, frame_base(f, level)]
        ahead = all_of(b.phase == BlockPhase.ASSEMBLING, f & level_mask(level).to(Frame) >= b.cursor)
        return any_of(b.phase == BlockPhase.NONE, ahead)

    def meaning(s: MachineState, f: Frame) -> bool:
        return all_of(*(is_outside(s, f, level) for level in (Level.BLOCK, Level.HUGE)))

    return fact(f"{frame} is part of no block", meaning, frame)


def is_unreferenced(frame: Value) -> Fact:
    """Nothing maps, pins or grants a frame, and it is part of no block."""
    return both(unused(AccountKind.MAPPINGS, frame), is_in_no_block(frame))


# Blocks


def block_phase(level: Value, base: Value) -> Cell:
    """Whether a block is held together."""
    return cell(f"the phase of the block at {base}", lambda s, key: s.block[key].phase, pair(level, base))


def block_owner(level: Value, base: Value) -> Cell:
    """Whose a block is."""
    return cell(f"the owner of the block at {base}", lambda s, key: s.block[key].owner, pair(level, base))


def frame_assembled_next(level: Value, base: Value) -> Value:
    """The frame that a block takes in next."""
    return value(f"the next frame of the block at {base}", lambda s, k, f: f | s.block[k, f].cursor, level, base)


def frames_taken_in(level: Value, base: Value) -> Cell:
    """How many frames a block that is being assembled has taken in."""
    return cell(f"the number of frames taken into the block at {base}", lambda s, key: s.block[key].cursor, pair(level, base))


def takes_in_the_next(level: Value, base: Value) -> Fact:
    """A block takes in one frame more, or the last one, and then it is whole."""
    where = pair(level, base)

    def meaning(s: MachineState, args: Args, after: Any) -> bool:
        key = where(s, args)
        old, new, last = s.block[key], after.block[key], level_mask(level(s, args)).to(Frame)
        more = all_of(new.phase == BlockPhase.ASSEMBLING, new.cursor == old.cursor + 1)
        return any_of(all_of(old.cursor != last, more), all_of(old.cursor == last, new.phase == BlockPhase.WHOLE))

    return Fact(f"then the block at {base} has one frame more, and is whole with the last one", meaning)


def is_block_base(level: Value, base: Value) -> Fact:
    """A frame is one at which a block of that level may begin."""
    return fact(
        f"{base} is a multiple of the size of {level}, which is more than a page",
        lambda _s, k, f: all_of(k != Level.PAGE, frame_base(f, k) == f),
        level,
        base,
    )


# Pins and grants


def pin_is_live(pin: Value) -> Flag:
    """A pin is in use."""
    return flag(f"{pin} is in use", lambda s, p: s.pin[p].live, pin)


def pinned_frame(pin: Value) -> Cell:
    """The frame that a pin holds."""
    return cell(f"the frame of {pin}", lambda s, p: s.pin[p].frame, pin)


def grant_is_active(grant: Value) -> Flag:
    """A grant is in use."""
    return flag(f"{grant} is active", lambda s, g: s.grant[g].active, grant)


def granter_of(grant: Value) -> Cell:
    """Who granted."""
    return cell(f"the granter of {grant}", lambda s, g: s.grant[g].granter, grant)


def receiver_of(grant: Value) -> Cell:
    """To whom it is granted."""
    return cell(f"the receiver of {grant}", lambda s, g: s.grant[g].receiver, grant)


def is_offered(grant: Value) -> Flag:
    """A grant was made by the host, and its VM has not agreed to it."""
    return flag(f"{grant} is an offer that waits", lambda s, g: s.grant[g].offered, grant)


def granted_frame(grant: Value) -> Cell:
    """The frame that is granted."""
    return cell(f"the frame of {grant}", lambda s, g: s.grant[g].frame, grant)


def granted_rights(grant: Value) -> Cell:
    """The rights that are granted."""
    return cell(f"the rights of {grant}", lambda s, g: s.grant[g].rights, grant)


def handle_is_live(handle: Value) -> Flag:
    """A handle is in use."""
    return flag(f"{handle} is in use", lambda s, h: s.handle[h].live, handle)


def grant_behind(handle: Value) -> Cell:
    """The grant that a handle is on."""
    return cell(f"the grant of {handle}", lambda s, h: s.handle[h].grant, handle)


def has_cpu_mapping(handle: Value) -> Flag:
    """A CPU's mapping goes through a handle."""
    return flag(f"a CPU's mapping goes through {handle}", lambda s, h: s.handle[h].cpu_use, handle)


def has_device_mapping(handle: Value) -> Flag:
    """A device's mapping goes through a handle."""
    return flag(f"a device's mapping goes through {handle}", lambda s, h: s.handle[h].device_use, handle)
