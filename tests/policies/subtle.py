# ruff: noqa: ARG002, D102 - what each does is said by its class
"""Policies that look right, each with a fault that one step shows where things are half done; and a good one."""

from typing import Any

from pymodel import (
    NO_TAG,
    BlockPhase,
    EntryKind,
    Frame,
    FrameKind,
    Hypervisor,
    Level,
    MachineState,
    Map,
    Page,
    Reason,
    Record,
    Rid,
    Rights,
    Scope,
    SlotNote,
    Space,
    Tag,
    TagPhase,
    Ticket,
    Vm,
    all_of,
    any_of,
    choose,
    leaf,
    page_index,
    require,
    require_alive,
)


class EndWraps(Hypervisor):
    """Compares the page behind a range with the page behind a leaf, which wraps at the last addresses."""

    def removes_whole(self, s: MachineState, first: Page, last: Page, start: Page, end: Page) -> bool:
        return all_of(first <= start, end + 1 <= last + 1)


class ShownWritable(Hypervisor):
    """Maps what is shown to all with whatever rights are asked for."""

    def map(
        self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, frame: Frame, rights: Rights
    ) -> MachineState:
        p, f = s.space[space], s.frame[frame]
        require_alive(s, caller, p.vm)
        own = all_of(f.owner == p.vm, f.kind == FrameKind.DATA, any_of(level == Level.PAGE, self.is_whole(s, level, frame, p.vm)))
        require(any_of(own, all_of(f.kind == FrameKind.PUBLISHED, level == Level.PAGE)), Reason.NOT_OWNED)
        return self.put_leaf(s, space, page, level, leaf(frame, rights), SlotNote(max_cached_rights=rights))


class LastFrameUnchecked(Hypervisor):
    """Takes a block for whole once the cursor is at its last frame, whoever has that one."""

    def assemble_on(self, s: MachineState, caller: Vm, level: Level, base: Frame) -> MachineState:
        was = s.block[level, base]
        if all_of(was.owner == caller, was.phase == BlockPhase.ASSEMBLING, level == Level.BLOCK, was.cursor == 511):
            return s.put("block", (level, base), was.replace(phase=BlockPhase.WHOLE))
        return super().assemble_on(s, caller, level, base)


class LastPieceMissing(Hypervisor):
    """Takes a table for filled that lacks its last piece; nothing is wrong until another step links it."""

    def fill_split(self, s: MachineState, caller: Vm, child: Frame) -> MachineState:
        after = super().fill_split(s, caller, child)
        t = after.table[child]
        return after.put("table", child, t.replace(scanned=t.cursor == 511))


class RetiringTag(Hypervisor):
    """Gives a tag on that is still on its way out."""

    def next_tag(self, s: MachineState, tag: Tag, io: bool) -> Tag:
        return choose(all_of(s.tag[tag].phase != TagPhase.BOUND, tag.is_io == io), tag, NO_TAG)


class SeesNothingFree(Hypervisor):
    """Looks for a window and takes what no table covers for occupied."""

    def is_free(self, s: MachineState, space: Space, page: Page) -> bool:
        upper = s.memory[s.space[space].root, page_index(page, Level.HUGE)]
        return all_of(super().is_free(s, space, page), upper.kind == EntryKind.LINK)


class Noted(Record):
    """The last flush of a tag that was asked for."""

    last: Ticket = Ticket(0)


class Epochs(MachineState):
    """The machine, and the flushes that were asked for."""

    asked: Map[Tag, Noted]


class Epoch(Hypervisor):
    """Remembers the last flush of each tag that was asked for, and trusts it once it is done."""

    State = Epochs  # type: ignore[assignment] # a part more than the machine has

    def invalidate_tag(self, s: Any, tag: Tag) -> Any:
        return super().invalidate_tag(s, tag).put("asked", tag, Noted(last=s.queue.next))

    def is_flushed(self, s: Any, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        inv = s.invalidation[ticket]
        return all_of(ticket == s.asked[tag].last, ticket >= since, inv.done, inv.scope == Scope.TAG, inv.tag == tag)


class TrustsEpoch(Epoch):
    """Trusts it as soon as it was asked for."""

    def is_flushed(self, s: Any, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        return all_of(s.asked[tag].last >= since, s.asked[tag].last != 0)


class Choosy(Hypervisor):
    """Gives away only functions with an even requester id."""

    def may_attach(self, s: MachineState, rid: Rid, vm: Vm, space: Space) -> bool:
        return (rid & 1) == 0
