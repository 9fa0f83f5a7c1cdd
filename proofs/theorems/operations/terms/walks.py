"""Walks: what stands for a page in the tables of an address space, for the terms about leaves and for the statements."""

from __future__ import annotations

from pymodel.hardware.ids import Frame, Index, Level, Page, page_index
from pymodel.hardware.memory import Entry, EntryKind
from pymodel.hardware.platform import is_reserved
from pymodel.hypervisor.ids import Space
from pymodel.hypervisor.jobs.windows import SearchRecord
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import choose
from pymodel.machine import MachineState


def slots(s: MachineState, space: Space, page: Page) -> tuple[Entry, Entry, Entry]:
    """Return what stands for a page in the root and, were the entry above a link, in the tables of the two levels below."""
    upper = s.memory[s.space[space].root, page_index(page, Level.HUGE)]
    lower = s.memory[upper.frame, page_index(page, Level.BLOCK)]
    return upper, lower, s.memory[lower.frame, page_index(page, Level.PAGE)]


def slot_of(s: MachineState, space: Space, page: Page, level: Level) -> tuple[Frame, Index]:
    """Return the slot of that level for a page, were the entries above it links."""
    upper, lower, _ = slots(s, space, page)
    root = s.space[space].root
    return choose(level == Level.HUGE, root, choose(level == Level.BLOCK, upper.frame, lower.frame)), page_index(page, level)


def ends_in(s: MachineState, space: Space, page: Page, level: Level, slot: tuple[Frame, Index]) -> bool:
    """Say whether a walk of an address space for a page comes, following links, to a slot of that level, which is no link."""
    table, index = slot_of(s, space, page, level)
    there = all_of(table == slot[0], index == slot[1], s.memory[slot].kind != EntryKind.LINK)
    return all_of(is_linked(s, space, page, level), there)


def is_linked(s: MachineState, space: Space, page: Page, level: Level) -> bool:
    """Say whether the entries above that level for a page are links."""
    upper, lower, _ = slots(s, space, page)
    return all_of(
        any_of(level == Level.HUGE, upper.kind == EntryKind.LINK), any_of(level != Level.PAGE, lower.kind == EntryKind.LINK)
    )


def translation(s: MachineState, space: Space, page: Page, level: Level) -> Entry:
    """Return the entry of that level that an address space has for a page, going through its links; an empty one if none."""
    e = s.memory[slot_of(s, space, page, level)]
    return e.replace(kind=choose(is_linked(s, space, page, level), e.kind, EntryKind.NONE))


def start_of(x: SearchRecord, n: Page) -> Page:
    """Return the nth start that is aligned as a search asks for."""
    return choose(x.level == Level.PAGE, n, choose(x.level == Level.BLOCK, n << 9, n << 18))


def is_occupied(s: MachineState, space: Space, page: Page) -> bool:
    """Say whether a page is out of reach, reserved, or something maps it: a leaf of any size, or one whose flush may be owed."""
    upper, lower, leaf = slots(s, space, page)
    mapped = [any_of(e.kind == EntryKind.LEAF, e.kind == EntryKind.STALE) for e in (upper, lower)]
    through = [e.kind == EntryKind.LINK for e in (upper, lower)]
    return any_of(
        page_index(page, Level.HUGE) > s.platform.mmu.root_last,
        is_reserved(s, s.space[space].layout, Level.PAGE, page),
        mapped[0],
        all_of(through[0], mapped[1]),
        all_of(*through, negate(leaf.kind == EntryKind.NONE)),
    )
