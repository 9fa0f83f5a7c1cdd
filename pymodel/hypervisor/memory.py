"""Frames: who owns them, what they are for, which are held together as a block.

A frame changes owner only when nothing refers to it (`is_unreferenced`), and becomes free only scrubbed, or is scrubbed before
it is given. A frame becomes a table in two steps: first nothing new may map it, then, when nothing does, it is blank.

Read next: `pymodel.hypervisor.grants`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

from pymodel.hardware.ids import HOST, HYPERVISOR, NOBODY, Frame, Index, Level, Rights, Vm, frame_base, is_vm, level_mask
from pymodel.hardware.memory import Entry, EntryKind, scrub_frame, store_entry
from pymodel.hypervisor.accounts import drop, is_unused, mappings, take
from pymodel.hypervisor.decisions import Decisions
from pymodel.hypervisor.ids import AccountKind, HolderKind, account, holder
from pymodel.hypervisor.vms import require_alive, require_exists, require_manages
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import AUTHORITY, BOOKKEEPING, GHOST, Map, Record, State
from pymodel.language.steps import hardware, operation
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import Choice, Member

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["Block", "BlockPhase", "FrameKind", "FrameRecord", "FrameState", "Memory", "is_unreferenced"]


class FrameKind(Choice):
    """What a frame is for."""

    ABSENT = Member()
    """No memory there."""
    FREE = Member()
    DATA = Member()
    """A VM's memory."""
    RETYPING = Member()
    """A VM's memory on its way to become a table: nothing new may map it."""
    POOL = Member()
    """A blank page in its VM's pool for tables."""
    TABLE = Member()
    """A table of one of its VM's address spaces."""
    HYPERVISOR = Member()
    """The hypervisor's own."""
    PUBLISHED = Member()
    """The hypervisor's own, published to all VMs, read-only."""


class FrameRecord(Record, whose=AUTHORITY):
    """A frame: its owner, its kind, whether its content is known to be zero, and the ghost of MEM-5."""

    owner: Vm = NOBODY
    kind: FrameKind = FrameKind.ABSENT
    clean: Annotated[bool, BOOKKEEPING] = False
    """The hypervisor has seen to it that it holds zero, and nobody else can have written it since."""
    fresh: Annotated[bool, GHOST] = False
    """The owner changed, and the new owner's side has not written since."""

    def following(self, before: Self) -> Self:
        """Return this record as it is written over another: a frame is fresh from when nobody's becomes a VM's memory."""
        memory = any_of(self.kind == FrameKind.DATA, self.kind == FrameKind.RETYPING)
        passed = all_of(before.owner == NOBODY, is_vm(self.owner))
        return self.replace(fresh=all_of(memory, any_of(passed, before.fresh)))


class BlockPhase(Choice):
    """Whether an aligned block of frames is held together so that a large leaf may map it."""

    NONE = Member()
    ASSEMBLING = Member()
    WHOLE = Member()


class Block(Record, whose=AUTHORITY):
    """An aligned block; all its frames below `cursor` (all of them when WHOLE) are data of `owner`."""

    phase: BlockPhase = BlockPhase.NONE
    owner: Vm = NOBODY
    cursor: Frame = Frame(0)


class FrameState(State):
    """Every frame, and every aligned block of them that is held together."""

    frame: Map[Frame, FrameRecord]
    block: Map[tuple[Level, Frame], Block]


def is_unreferenced(s: MachineState, frame: Frame) -> bool:
    """Say whether nothing refers to a frame: no leaf of any size, no pin, no grant, and it is part of no block."""
    return all_of(is_unused(s, mappings(frame, Level.PAGE)), is_blockless(s, frame))


def is_blockless(s: MachineState, frame: Frame) -> bool:
    """Say whether a frame is part of no block: neither of a whole one, nor taken into one that is being assembled.

    A frame that is not taken in yet goes its own way, whoever has begun to assemble the block in which it lies.
    """
    return all_of(*(negate(is_taken_in(s, frame, level)) for level in (Level.BLOCK, Level.HUGE)))


def is_taken_in(s: MachineState, frame: Frame, level: Level) -> bool:
    """Say whether a frame is held by the block of that level in which it lies."""
    b, offset = s.block[level, frame_base(frame, level)], frame & level_mask(level).to(Frame)
    return any_of(b.phase == BlockPhase.WHOLE, all_of(b.phase == BlockPhase.ASSEMBLING, offset < b.cursor))


class Memory(Decisions):
    """Operations on frames and blocks."""

    def give(self, s: MachineState, frame: Frame, vm: Vm) -> MachineState:
        """Make a free, clean frame the data of a VM."""
        record = FrameRecord(owner=vm, kind=FrameKind.DATA)
        return take(s.put("frame", frame, record), account(AccountKind.FRAMES, vm), holder(HolderKind.FRAME, frame))

    def release_frame(self, s: MachineState, frame: Frame) -> MachineState:
        """Put a frame that nothing refers to back among the free ones, scrubbed if the policy says it must be.

        A step calls it before it changes anything: that is the state in which the decision's contract is known to hold.
        """
        if self.must_scrub(s, frame):
            s = scrub_frame(s, frame)
        return s.put("frame", frame, FrameRecord(kind=FrameKind.FREE, clean=True))

    @operation
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        """The host has the hypervisor give a free frame to a VM (or to the host itself)."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require_exists(s, vm)
        f = s.frame[frame]
        require(f.kind == FrameKind.FREE, Reason.OCCUPIED)
        require(f.clean, Reason.WRONG_STATE)
        return self.give(s, frame, vm)

    @operation
    def scrub(self, s: MachineState, frame: Frame) -> MachineState:
        """The hypervisor scrubs a free frame."""
        f = s.frame[frame]
        require(f.kind == FrameKind.FREE, Reason.OCCUPIED)
        return scrub_frame(s, frame).put("frame", frame, f.replace(clean=True))

    @operation
    def reclaim(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """A VM gives a frame back (or the host takes a drained VM's): refused while anything refers to it."""
        f = s.frame[frame]
        require_manages(s, caller, f.owner)
        require(any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING, f.kind == FrameKind.POOL), Reason.IN_USE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        return drop(self.release_frame(s, frame), holder(HolderKind.FRAME, frame))

    @operation
    def transfer(self, s: MachineState, caller: Vm, frame: Frame, to: Vm) -> MachineState:
        """A VM gives a frame, with what is in it, to another VM that takes it over."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require_exists(s, to)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        after = drop(s, holder(HolderKind.FRAME, frame))
        after = take(after, account(AccountKind.FRAMES, to), holder(HolderKind.FRAME, frame))
        return after.put("frame", frame, f.replace(owner=to))

    @operation
    def allocate(self, s: MachineState, frame: Frame) -> MachineState:
        """The hypervisor takes a free frame for itself."""
        f = s.frame[frame]
        require(f.kind == FrameKind.FREE, Reason.OCCUPIED)
        return s.put("frame", frame, f.replace(owner=HYPERVISOR, kind=FrameKind.HYPERVISOR))

    @hardware
    def hypervisor_writes(self, s: MachineState, frame: Frame, kind: EntryKind, rights: Rights) -> MachineState:
        """The hypervisor's own code writes a secret into a frame of its own (any content will do)."""
        f = s.frame[frame]
        require(f.kind == FrameKind.HYPERVISOR, Reason.WRONG_STATE)
        secret = Entry(kind=kind, rights=rights)
        return store_entry(s, frame, Index(0), secret).put("frame", frame, f.replace(clean=False))

    @operation
    def free(self, s: MachineState, frame: Frame) -> MachineState:
        """The hypervisor gives one of its own frames back."""
        require(s.frame[frame].kind == FrameKind.HYPERVISOR, Reason.WRONG_STATE)
        return self.release_frame(s, frame)

    @operation
    def publish(self, s: MachineState, frame: Frame) -> MachineState:
        """The hypervisor declares one of its own frames, still blank, as a page that every VM may read."""
        f = s.frame[frame]
        require(all_of(f.kind == FrameKind.HYPERVISOR, f.clean), Reason.WRONG_STATE)
        return s.put("frame", frame, f.replace(kind=FrameKind.PUBLISHED))

    @operation
    def unpublish(self, s: MachineState, frame: Frame) -> MachineState:
        """The hypervisor takes such a page back when nobody maps it."""
        f = s.frame[frame]
        require(f.kind == FrameKind.PUBLISHED, Reason.WRONG_STATE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        return s.put("frame", frame, f.replace(kind=FrameKind.HYPERVISOR))

    @operation
    def begin_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """First step from data to table: from now on nothing new may map the frame."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(is_blockless(s, frame), Reason.IN_USE)
        return s.put("frame", frame, f.replace(kind=FrameKind.RETYPING))

    @operation
    def cancel_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """The frame stays data after all."""
        f = s.frame[frame]
        require_manages(s, caller, f.owner)
        require(f.kind == FrameKind.RETYPING, Reason.WRONG_STATE)
        return s.put("frame", frame, f.replace(kind=FrameKind.DATA))

    @operation
    def finish_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Second step: nothing refers to the frame any more; it becomes a blank page of its VM's pool for tables."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.RETYPING, Reason.WRONG_STATE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        return scrub_frame(s, frame).put("frame", frame, f.replace(kind=FrameKind.POOL, clean=True))

    @operation
    def unpool(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """A blank page of the pool becomes data of its VM again."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.POOL, Reason.WRONG_STATE)
        return s.put("frame", frame, f.replace(kind=FrameKind.DATA, clean=False))

    @operation
    def assemble(self, s: MachineState, caller: Vm, level: Level, base: Frame) -> MachineState:
        """Begin to hold an aligned block of frames together, so that a large leaf may map it; its first frame is taken in."""
        f = s.frame[base]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(level != Level.PAGE, Reason.OUT_OF_RANGE)
        require(frame_base(base, level) == base, Reason.UNALIGNED)
        require(s.block[level, base].phase == BlockPhase.NONE, Reason.OCCUPIED)
        return s.put("block", (level, base), Block(phase=BlockPhase.ASSEMBLING, owner=f.owner, cursor=Frame(1)))

    @operation
    def assemble_on(self, s: MachineState, caller: Vm, level: Level, base: Frame) -> MachineState:
        """Check the next frame of the block: it must be data of the same owner. The last one makes the block whole."""
        b = s.block[level, base]
        require_alive(s, caller, b.owner)
        require(b.phase == BlockPhase.ASSEMBLING, Reason.WRONG_STATE)
        f = s.frame[base | b.cursor]
        require(all_of(f.owner == b.owner, f.kind == FrameKind.DATA), Reason.NOT_OWNED)
        if b.cursor == level_mask(level).to(Frame):
            return s.put("block", (level, base), b.replace(phase=BlockPhase.WHOLE))
        return s.put("block", (level, base), b.replace(cursor=b.cursor + 1))

    @operation
    def dissolve(self, s: MachineState, caller: Vm, level: Level, base: Frame) -> MachineState:
        """Let the frames of a block go their own ways again; refused while a large leaf maps it."""
        b = s.block[level, base]
        require_manages(s, caller, b.owner)
        require(b.phase != BlockPhase.NONE, Reason.WRONG_STATE)
        require(is_unused(s, mappings(base, level)), Reason.IN_USE)
        return s.put("block", (level, base), Block.default())
