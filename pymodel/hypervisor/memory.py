"""Chapter 13: frames: who owns them, what they are for, who else may see them.

A frame changes owner only when nothing refers to it (`is_unmapped`), and becomes free only scrubbed, or is scrubbed before
it is given. A frame becomes a table in two steps: first nothing new may map it, then, when nothing does, it is blank.

Read next: `pymodel.hypervisor.tables`.
"""

from __future__ import annotations

from pymodel.hardware.ids import (
    HOST,
    HYPERVISOR,
    NO_RIGHTS,
    AccountKind,
    Frame,
    Grant,
    Handle,
    HolderKind,
    Index,
    Level,
    Pin,
    Rights,
    Vm,
    account,
    frame_base,
    holder,
    level_mask,
)
from pymodel.hardware.machine import (
    Block,
    BlockPhase,
    Entry,
    EntryKind,
    FrameKind,
    FrameRecord,
    GrantRecord,
    HandleRecord,
    Life,
    MachineState,
    PinRecord,
)
from pymodel.hypervisor.accounts import drop, is_unmapped, is_unused, mappings, take
from pymodel.hypervisor.vms import Vms, require_alive, require_exists, require_manages
from pymodel.language.outcomes import Reason, require
from pymodel.language.steps import hardware, operation
from pymodel.language.truth import all_of, any_of, negate

__all__ = ["Memory"]


def scrubbed(s: MachineState, frame: Frame) -> MachineState:
    """Return the state with the content of a frame zero."""
    return s.replace(memory=s.memory.reset(lambda where, _index, _entry: where == frame))


class Memory(Vms):
    """Operations on frames, grants and pins."""

    def give(self, s: MachineState, frame: Frame, vm: Vm) -> MachineState:
        """Make a free, clean frame the data of a VM."""
        record = FrameRecord(owner=vm, kind=FrameKind.DATA, clean=True, fresh=True)
        return take(s.put("frame", frame, record), account(AccountKind.FRAMES, vm), holder(HolderKind.FRAME, frame))

    def release_frame(self, s: MachineState, frame: Frame) -> MachineState:
        """Put a frame that nothing refers to back among the free ones, scrubbed if the policy says it must be."""
        if self.must_scrub(s, frame):
            s = scrubbed(s, frame)
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
        return scrubbed(s, frame).put("frame", frame, f.replace(clean=True))

    @operation
    def reclaim(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """A VM gives a frame back (or the host takes a drained VM's): refused while anything refers to it."""
        f = s.frame[frame]
        require_manages(s, caller, f.owner)
        require(any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING, f.kind == FrameKind.POOL), Reason.IN_USE)
        require(is_unmapped(s, frame), Reason.IN_USE)
        return self.release_frame(drop(s, holder(HolderKind.FRAME, frame)), frame)

    @operation
    def transfer(self, s: MachineState, caller: Vm, frame: Frame, to: Vm) -> MachineState:
        """A VM gives a frame, with what is in it, to another VM that takes it over."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require_exists(s, to)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(is_unmapped(s, frame), Reason.IN_USE)
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
        return s.put("memory", (frame, Index(0)), secret).put("frame", frame, f.replace(clean=False))

    @operation
    def free(self, s: MachineState, frame: Frame) -> MachineState:
        """The hypervisor gives one of its own frames back."""
        require(s.frame[frame].kind == FrameKind.HYPERVISOR, Reason.WRONG_STATE)
        return self.release_frame(s, frame)

    @operation
    def show(self, s: MachineState, frame: Frame) -> MachineState:
        """The hypervisor declares one of its own frames, still blank, as a page that every VM may read."""
        f = s.frame[frame]
        require(all_of(f.kind == FrameKind.HYPERVISOR, f.clean), Reason.WRONG_STATE)
        return s.put("frame", frame, f.replace(kind=FrameKind.SHOWN))

    @operation
    def hide(self, s: MachineState, frame: Frame) -> MachineState:
        """The hypervisor takes such a page back when nobody maps it."""
        f = s.frame[frame]
        require(f.kind == FrameKind.SHOWN, Reason.WRONG_STATE)
        require(is_unmapped(s, frame), Reason.IN_USE)
        return s.put("frame", frame, f.replace(kind=FrameKind.HYPERVISOR))

    @operation
    def begin_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """First step from data to table: from now on nothing new may map the frame."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(self.is_blockless(s, frame), Reason.IN_USE)
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
        require(is_unmapped(s, frame), Reason.IN_USE)
        return scrubbed(s, frame).put("frame", frame, f.replace(kind=FrameKind.POOL, clean=True, fresh=False))

    @operation
    def unpool(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """A blank page of the pool becomes data of its VM again."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.POOL, Reason.WRONG_STATE)
        return s.put("frame", frame, f.replace(kind=FrameKind.DATA))

    def is_blockless(self, s: MachineState, frame: Frame) -> bool:
        """Say whether a frame is part of no assembled block."""
        return all_of(
            s.block[Level.BLOCK, frame_base(frame, Level.BLOCK)].phase == BlockPhase.NONE,
            s.block[Level.HUGE, frame_base(frame, Level.HUGE)].phase == BlockPhase.NONE,
        )

    @operation
    def assemble(self, s: MachineState, caller: Vm, level: Level, base: Frame) -> MachineState:
        """Begin to hold an aligned block of frames together, so that a large leaf may map it."""
        f = s.frame[base]
        require_alive(s, caller, f.owner)
        require(level != Level.PAGE, Reason.OUT_OF_RANGE)
        require(frame_base(base, level) == base, Reason.UNALIGNED)
        require(s.block[level, base].phase == BlockPhase.NONE, Reason.OCCUPIED)
        return s.put("block", (level, base), Block(phase=BlockPhase.ASSEMBLING, owner=f.owner))

    @operation
    def assemble_on(self, s: MachineState, caller: Vm, level: Level, base: Frame) -> MachineState:
        """Check the next frame of the block: it must be data of the same owner. The last one makes the block whole."""
        b = s.block[level, base]
        require(b.phase == BlockPhase.ASSEMBLING, Reason.WRONG_STATE)
        require_alive(s, caller, b.owner)
        f = s.frame[base | b.cursor]
        require(all_of(f.owner == b.owner, f.kind == FrameKind.DATA), Reason.NOT_OWNED)
        if b.cursor == level_mask(level).to(Frame):
            return s.put("block", (level, base), b.replace(phase=BlockPhase.WHOLE))
        return s.put("block", (level, base), b.replace(cursor=b.cursor + 1))

    @operation
    def dissolve(self, s: MachineState, caller: Vm, level: Level, base: Frame) -> MachineState:
        """Let the frames of a block go their own ways again; refused while a large leaf maps it."""
        b = s.block[level, base]
        require(b.phase != BlockPhase.NONE, Reason.WRONG_STATE)
        require_manages(s, caller, b.owner)
        require(is_unused(s, mappings(base, level)), Reason.IN_USE)
        return s.put("block", (level, base), Block.default())

    @operation
    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        """Keep a frame from being reclaimed or retyped until it is unpinned."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING), Reason.WRONG_STATE)
        require(negate(s.pin[pin].live), Reason.OCCUPIED)
        after = s.put("pin", pin, PinRecord(live=True, frame=frame))
        return take(after, mappings(frame, Level.PAGE), holder(HolderKind.PIN, pin))

    @operation
    def unpin(self, s: MachineState, caller: Vm, pin: Pin) -> MachineState:
        """Give up a pin."""
        p = s.pin[pin]
        require(p.live, Reason.WRONG_STATE)
        require_manages(s, caller, s.frame[p.frame].owner)
        return drop(s.put("pin", pin, PinRecord.default()), holder(HolderKind.PIN, pin))

    @operation
    def share(self, s: MachineState, caller: Vm, grant: Grant, frame: Frame, to: Vm, rights: Rights) -> MachineState:
        """The owner of a frame grants it to another VM with some rights."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require_exists(s, to)
        require(to != f.owner, Reason.NOT_ALLOWED)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(rights != NO_RIGHTS, Reason.RIGHTS)
        require(negate(s.grant[grant].active), Reason.OCCUPIED)
        record = GrantRecord(active=True, granter=f.owner, receiver=to, frame=frame, rights=rights)
        after = take(s.put("grant", grant, record), mappings(frame, Level.PAGE), holder(HolderKind.GRANT, grant))
        return take(after, account(AccountKind.GRANTS, to), holder(HolderKind.RECEIVED, grant))

    @operation
    def unshare(self, s: MachineState, caller: Vm, grant: Grant) -> MachineState:
        """The granter ends a grant that has no handle."""
        g = s.grant[grant]
        require(g.active, Reason.WRONG_STATE)
        require_manages(s, caller, g.granter)
        require(is_unused(s, account(AccountKind.HANDLES, grant)), Reason.IN_USE)
        after = drop(s.put("grant", grant, GrantRecord.default()), holder(HolderKind.GRANT, grant))
        return drop(after, holder(HolderKind.RECEIVED, grant))

    @operation
    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        """The receiver of a grant gets a handle on it, through which it may map the frame."""
        g = s.grant[grant]
        require(g.active, Reason.WRONG_STATE)
        require(all_of(caller == g.receiver, s.vm[caller].life == Life.LIVE), Reason.NOT_ALLOWED)
        require(handle != 0, Reason.OUT_OF_RANGE)
        require(negate(s.handle[handle].live), Reason.OCCUPIED)
        after = s.put("handle", handle, HandleRecord(live=True, grant=grant))
        return take(after, account(AccountKind.HANDLES, grant), holder(HolderKind.HANDLE, handle))

    @operation
    def drop_handle(self, s: MachineState, caller: Vm, handle: Handle) -> MachineState:
        """The receiver gives up a handle that maps nothing."""
        h = s.handle[handle]
        require(h.live, Reason.WRONG_STATE)
        require_manages(s, caller, s.grant[h.grant].receiver)
        require(all_of(negate(h.cpu_use), negate(h.device_use)), Reason.IN_USE)
        return drop(s.put("handle", handle, HandleRecord.default()), holder(HolderKind.HANDLE, handle))
