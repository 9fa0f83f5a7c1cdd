"""What the names of `spec/StaleTranslations/StaleTranslations.tla` stand for in Python, and how a Python state shows it.

Read next: `proofs.tla.binding.maps.stale_translations`, the map.
"""

from __future__ import annotations

import functools
from typing import Any

from proofs.search.scenarios.runs.basics import old_invalidations, vms
from proofs.search.scenarios.runs.parts import (
    CPU_A,
    CPU_B,
    CPU_TAG_A,
    CPU_TAG_B,
    HOST,
    IO_A,
    IO_B,
    IO_TAG_A,
    IO_TAG_B,
    OLD,
    A,
    B,
    device,
    run,
    space,
    walk,
)
from proofs.tla.binding.language import Args, Call
from pymodel.hardware.ids import NOBODY, Asid, Cpu, Frame, Index, Level, Page, Rid, Tag, Ticket, VirtualPage
from pymodel.hardware.invalidation import Invalidation, Scope, covers_range
from pymodel.hardware.memory import EntryKind

__all__ = [
    "CPU",
    "FRAME",
    "FUNCTION",
    "NAME_OF_PAGE",
    "NAME_OF_VM",
    "OF_CPU",
    "OF_FUNCTION",
    "PAGE",
    "SLOTS",
    "SPACES",
    "TABLES",
    "TAGS",
    "VCPU",
    "VM",
    "boot",
    "cached",
    "frame_name",
    "is_issued",
    "is_pending",
    "leaves",
    "removed",
    "tickets",
    "virtual_page",
]

# What the names of the module stand for in Python

VM = {"v1": A, "v2": B}
FRAME = {"f1": 0x25, "f2": 0x26, "f3": 0x27}
PAGE = {"p1": 0, "p2": 1}
CPU = {"c1": 0, "c2": 1}
VCPU = {("c1", "v1"): 1, ("c1", "v2"): 2, ("c2", "v1"): 3, ("c2", "v2"): 4}
FUNCTION = {("i1", "v1"): 0x10, ("i1", "v2"): 0x18}
#: The address space, tag and tables of a VM's CPUs, and those of its devices.
SPACES = {"v1": (CPU_A, IO_A), "v2": (CPU_B, IO_B)}
TAGS = {"v1": (CPU_TAG_A, IO_TAG_A), "v2": (CPU_TAG_B, IO_TAG_B)}
TABLES = {
    "v1": ([0x10, 0x11, 0x12], [0x13, 0x14, 0x15]),
    "v2": ([0x1C, 0x1D, 0x1E], [0x1F, 0x20, 0x21]),
}
SLOTS = [(v, p) for v in VM for p in PAGE]
SLOT = {(v, p, io): (Frame(TABLES[v][io][2]), Index(PAGE[p])) for v, p in SLOTS for io in (0, 1)}
NAME_OF_VM = {number: name for name, number in VM.items()} | {int(NOBODY.raw): "nobody"}
NAME_OF_FRAME = {number: name for name, number in FRAME.items()}
NAME_OF_PAGE = {number: name for name, number in PAGE.items()}
#: The module's cache and VM, of a CPU and a tag, and of a function and a tag.
OF_CPU = {(number, TAGS[v][0]): (c, v) for c, number in CPU.items() for v in VM}
OF_FUNCTION = {(rid, TAGS[v][1]): (i, v) for (i, v), rid in FUNCTION.items()}


def boot() -> list[Call]:
    """From power-on: two running VMs with empty tables, walk caches filled, each with a device; frames f1 to f3 are free."""
    calls = [*vms(), *old_invalidations()]
    for v, vm in VM.items():
        for io in (0, 1):
            calls += space(vm, SPACES[v][io], TAGS[v][io], TABLES[v][io], io)
        use, *running = run(vm, SPACES[v][0], CPU["c1" if v == "v1" else "c2"], VCPU["c1" if v == "v1" else "c2", v])
        other = VCPU["c2" if v == "v1" else "c1", v]
        calls += [use, ("create_vcpu", {"caller": HOST, "vm": vm, "vcpu": other}), *running]
        calls += [("cpu_root", {"cpu": CPU["c1" if v == "v1" else "c2"]}), *walk(TAGS[v][0], TABLES[v][0][:2])]
        rid = FUNCTION["i1", v]
        calls += [*device(rid, vm, SPACES[v][1]), ("io_root", {"rid": rid, "from_cache": 0}), *walk(TAGS[v][1], TABLES[v][1][:2])]
    return calls


# Looking at the Python state


def leaf(s: Any, v: str, p: str, io: int) -> Any:
    """Return the slot of a page in the table of a VM's CPUs (0) or devices (1)."""
    return s.memory[SLOT[v, p, io]]


def leaves(s: Any, v: str, p: str, kind: EntryKind) -> set[str]:
    """Return the frames of the leaves of that kind in a slot, in either table."""
    found = [leaf(s, v, p, io) for io in (0, 1)]
    return {frame_name(e.frame) for e in found if e.kind.raw == kind.raw}


def frame_name(frame: Frame) -> str:
    """Return the module's name of a frame."""
    return NAME_OF_FRAME.get(int(frame.raw), f"frame {frame.raw:#x}")


def tickets(s: Any, v: str, p: str, io: int) -> list[int]:
    """Return the invalidations that cover a page under a VM's tag, newest first."""
    rows = ((n, inv) for (n,), inv in s.invalidation.points.items() if n > OLD)
    return sorted((n for n, inv in rows if covers(v, p, io, inv.scope, inv.tag, inv.page, inv.mask)), reverse=True)


@functools.cache
def covers(v: str, p: str, io: int, scope: Scope, tag: Tag, page: Page, mask: Page) -> bool:  # noqa: PLR0913, PLR0917 - what it depends on
    """Say whether an invalidation covers a page under a VM's tag; remembered, since there are few."""
    return covers_range(Invalidation(scope=scope, tag=tag, page=page, mask=mask), Tag(TAGS[v][io]), Page(PAGE[p]), Level.PAGE)


def removed(s: Any, v: str, p: str) -> set[str]:
    """Return the frames of the leaves that were removed from a slot, and stand in neither table any more."""
    return leaves(s, v, p, EntryKind.STALE) - leaves(s, v, p, EntryKind.LEAF)


def issued(s: Any, v: str, p: str) -> list[bool]:
    """Return, for each leaf that was removed from a slot, whether an invalidation that counts for it was issued."""
    stale = [io for io in (0, 1) if leaf(s, v, p, io).kind == EntryKind.STALE]
    since = {io: int(s.slot_note[SLOT[v, p, io]].since.raw) for io in stale}
    return [any(n >= since[io] for n in tickets(s, v, p, io)) for io in stale]


def is_issued(s: Any, v: str, p: str) -> bool:
    """Say whether a slot's leaves were removed and an invalidation was issued for each."""
    return bool(removed(s, v, p)) and all(issued(s, v, p))


def is_pending(s: Any, v: str, p: str, io: int) -> bool:
    """Say whether an invalidation of the slot was issued, for both tables, and has not completed."""
    half = len(set(issued(s, v, p))) > 1
    return not half and any(not s.invalidation[Ticket(n)].done for n in tickets(s, v, p, io))


def virtual_page(a: Args) -> int:
    """Return the virtual page that a guest uses for a page and a frame."""
    return 16 * PAGE[a["p"]] + FRAME[a["f"]] - FRAME["f1"]


def cached(s: Any, a: Args) -> Any:
    """Return what a cache holds for a page."""
    v, p, c = a["v"], a["p"], a["c"]
    if c in CPU:
        return s.tlb[Cpu(CPU[c]), Tag(TAGS[v][0]), Asid(0), VirtualPage(virtual_page(a))]
    return s.iotlb[Rid(FUNCTION[c, v]), Tag(TAGS[v][1]), Page(PAGE[p])]
