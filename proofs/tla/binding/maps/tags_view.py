"""What the names of `spec/TagsAndTables/TagsAndTables.tla` stand for in Python, and how a Python state shows it.

Read next: `proofs.tla.binding.maps.tags_and_tables`, the map.
"""

from __future__ import annotations

from typing import Any

from proofs.search.scenarios.runs.basics import old_invalidations, vms
from proofs.search.scenarios.runs.parts import (
    BLOCK,
    CPU_A,
    CPU_B,
    CPU_TAG_A,
    CPU_TAG_B,
    HOST,
    HUGE,
    IO_A,
    IO_B,
    IO_TAG_A,
    IO_TAG_B,
    OLD,
    A,
    B,
    created,
    device,
    pool,
    space,
    walk,
)
from proofs.tla.binding.language import Call, Tuples
from pymodel.hardware.ids import Cpu, Frame, Index, Tag, Ticket
from pymodel.hardware.invalidation import Scope
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.ids import Space
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase

__all__ = [
    "CPU",
    "FRAME",
    "IO_SPACE",
    "IO_TABLE",
    "IO_TAG",
    "RID",
    "SPACE",
    "TAG",
    "UPPER",
    "VM",
    "boot",
    "cached",
    "flying",
    "frame_name",
    "is_covered",
    "is_flushed",
    "leaves",
    "linked",
    "owner",
    "pending",
    "phase",
    "pointers",
    "removed",
    "runs",
    "slot",
    "tag_name",
    "tickets",
]

# What the names of the module stand for in Python

VM = {"v1": A, "v2": B}
FRAME = {"f1": 0x25, "f2": 0x26, "f3": 0x27}
TAG = {"t1": CPU_TAG_A, "t2": CPU_TAG_B}
#: Each VM's address space, the tables in it that never go, its CPU and virtual CPU.
SPACE = {"v1": CPU_A, "v2": CPU_B}
UPPER = {"v1": (0x10, 0x11), "v2": (0x1C, 0x1D)}
CPU = {"v1": 0, "v2": 1}
VCPU = {"v1": 1, "v2": 2}
#: With what a device of a VM writes: its address space, the tag, the tables, the function.
IO_SPACE = {"v1": IO_A, "v2": IO_B}
IO_TAG = {"v1": IO_TAG_A, "v2": IO_TAG_B}
IO_TABLES = {"v1": [0x13, 0x14, 0x15], "v2": [0x1F, 0x20, 0x21]}
IO_TABLE = {v: tables[2] for v, tables in IO_TABLES.items()}
RID = {"v1": 0x10, "v2": 0x18}
NO_TAG = "notag"
NAME_OF_VM = {number: name for name, number in VM.items()}
NAME_OF_FRAME = {number: name for name, number in FRAME.items()}
NAME_OF_TAG = {number: name for name, number in TAG.items()}
NAME_OF_PHASE = {TagPhase.FREE.raw: "FREE", TagPhase.BOUND.raw: "BOUND"}


def boot() -> list[Call]:
    """From power-on: two VMs, each with an address space, a CPU, a device; v1 has f2, runs under t1 and walked to its table f1."""
    calls = [*vms(), *old_invalidations()]
    for v, vm in VM.items():
        calls += space(vm, IO_SPACE[v], IO_TAG[v], IO_TABLES[v], 1)
        calls += [*device(RID[v], vm, IO_SPACE[v]), ("io_root", {"rid": RID[v], "from_cache": 0})]
        calls += walk(IO_TAG[v], IO_TABLES[v][:2])
        calls += pool(vm, list(UPPER[v]))
        at, (root, upper) = {"caller": vm, "space": SPACE[v]}, UPPER[v]
        tag, ticket = list(TAG.values())[CPU[v]], OLD + 1 + CPU[v]
        calls += [
            *created(vm, SPACE[v], root, tag, 0),
            ("link_table", {**at, "page": 0, "level": HUGE, "child": upper}),
            ("use_space", {**at, "vm": vm}),
            ("create_vcpu", {"caller": HOST, "vm": vm, "vcpu": VCPU[v]}),
            ("load", {"cpu": CPU[v], "vcpu": VCPU[v]}),
            ("retire_tag", at),
            ("invalidate_tag", {"tag": tag}),
            ("complete", {"ticket": ticket}),
            ("free_tag", {**at, "ticket": ticket}),
        ]
    at, table, frame = {"caller": A, "space": CPU_A}, FRAME["f1"], FRAME["f2"]
    return [
        *calls,
        *(("donate", {"caller": HOST, "vm": A, "frame": f}) for f in (table, frame)),
        *pool(A, [table]),
        ("link_table", {**at, "page": 0, "level": BLOCK, "child": table}),
        ("bind_tag", {**at, "caller": HOST, "tag": TAG["t1"]}),
        ("switch_in", {"cpu": CPU["v1"]}),
        ("cpu_root", {"cpu": CPU["v1"]}),
        *walk(TAG["t1"], list(UPPER["v1"])),
    ]


# Looking at the Python state


def frame_name(frame: Frame) -> str:
    """Return the module's name of a frame."""
    return NAME_OF_FRAME.get(int(frame.raw), f"frame {frame.raw:#x}")


def owner(s: Any, f: str) -> str:
    """Return whose a frame is; a table is the hypervisor's."""
    record = s.frame[Frame(FRAME[f])]
    if record.kind == FrameKind.DATA:
        return NAME_OF_VM[int(record.owner.raw)]
    return "nobody" if record.kind == FrameKind.FREE else "hypervisor"


def slot(s: Any, f: str) -> Any:
    """Return what stands in the first slot of a frame, read as a table."""
    return s.memory[Frame(FRAME[f]), Index(0)]


def linked(s: Any, v: str) -> str:
    """Return the table of a VM, as hardware reads it, or ""."""
    entry = s.memory[Frame(UPPER[v][1]), Index(0)]
    return frame_name(entry.frame) if entry.kind == EntryKind.LINK else ""


def leaves(s: Any, kind: EntryKind) -> Tuples:
    """Return the leaves of that kind: VM and frame."""
    slots = ((v, slot(s, linked(s, v))) for v in VM if linked(s, v))
    return frozenset((v, frame_name(e.frame)) for v, e in slots if e.kind == kind)


def removed(s: Any, v: str) -> list[tuple[str, str, str, int]]:
    """Return what was removed from a VM and may be cached: what it is, the VM, the frame, the first ticket that counts."""
    table = linked(s, v)
    slots = [(slot(s, table), s.slot_note[Frame(FRAME[table]), Index(0)])] if table else []
    out = [("LEAF", v, frame_name(e.frame), int(n.since.raw)) for e, n in slots if e.kind == EntryKind.STALE]
    tables = ((f, s.table[Frame(n)]) for f, n in FRAME.items())
    retired = [(f, t) for f, t in tables if t.phase == TablePhase.RETIRED and int(t.space.raw) == SPACE[v]]
    return out + [("TABLE", v, f, int(t.since.raw)) for f, t in retired]


def tag_name(s: Any, v: str) -> str:
    """Return the tag of a VM, or the name that stands for none."""
    record = s.space[Space(SPACE[v])]
    return NAME_OF_TAG[int(record.tag.raw)] if record.tagged else NO_TAG


def tickets(s: Any, t: str) -> list[int]:
    """Return the invalidations of a tag since the beginning, newest first."""
    found = ((n, inv) for (n,), inv in s.invalidation.points.items() if n > OLD + len(VM))
    return sorted((n for n, inv in found if inv.scope == Scope.TAG and int(inv.tag.raw) == TAG.get(t)), reverse=True)


def pending(s: Any, t: str) -> list[int]:
    """Return those that are under way."""
    return [n for n in tickets(s, t) if not s.invalidation[Ticket(n)].done]


def flying(s: Any) -> set[str]:
    """Return the tags with an invalidation under way."""
    return {t for t in TAG if pending(s, t)}


def progress(s: Any, t: str, since: int) -> str:
    """Return how far an invalidation of a tag is that counts for what was removed at `since`."""
    found = [bool(s.invalidation[Ticket(n)].done) for n in tickets(s, t) if n >= since]
    return "DONE" if any(found) else "COVERED" if found else "OWED"


def is_covered(s: Any, v: str, since: int) -> bool:
    """Say whether an invalidation that counts for what a VM lost at `since` is under way, and none is done."""
    return progress(s, tag_name(s, v), since) == "COVERED"


def is_flushed(s: Any, v: str, since: int) -> bool:
    """Say whether what a VM lost at `since` is out of every cache."""
    t = tag_name(s, v)
    return t == NO_TAG or progress(s, t, since) == "DONE"


def phase(s: Any, t: str) -> str:
    """Return the phase of a tag, and of one on its way out how far the invalidation is."""
    record = s.tag[Tag(TAG[t])]
    return NAME_OF_PHASE.get(record.phase.raw) or progress(s, t, int(record.since.raw))


def runs(s: Any) -> list[str]:
    """Return the VMs that their CPU runs."""
    return [v for v in VM if s.cpu[Cpu(CPU[v])].stage2]


def pointers(s: Any) -> Tuples:
    """Return what the walk caches hold of the module's frames: tag and frame."""
    rows = ((tag, table) for (tag, table), p in s.walk.points.items() if p.valid and table in NAME_OF_FRAME)
    return frozenset((NAME_OF_TAG[tag], NAME_OF_FRAME[table]) for tag, table in rows)


def cached(s: Any) -> Tuples:
    """Return what the TLBs hold: tag and frame."""
    rows = ((tag, e) for (_cpu, tag, _asid, _va), e in s.tlb.points.items() if e.valid)
    return frozenset((NAME_OF_TAG[tag], frame_name(e.frame)) for tag, e in rows)
