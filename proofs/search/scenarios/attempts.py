"""Attempts: scenarios that go on with what the reference refuses: too early, for a VM at its end, or of what is not the caller's.

A policy that takes less for flushed than it must, or a VM for alive, accepts one of them. With other arguments they are close
to what a policy should refuse for other reasons; the search changes one argument at a time.
"""

from __future__ import annotations

from proofs.search.scenarios.dense_state import DRAINED, SPARE_A, USING, storeroom
from proofs.search.scenarios.premature_reuse import EARLY
from proofs.search.scenarios.runs.basics import devices, memory, running
from proofs.search.scenarios.runs.caches import pending, stale, stale_half_flushed
from proofs.search.scenarios.runs.functions import leaving, leaving_half_flushed
from proofs.search.scenarios.runs.memory import large_leaf, protected, revoking, splitting
from proofs.search.scenarios.runs.parts import (
    BLOCK,
    CPU_A,
    CPU_B,
    CPU_TAG_A,
    HALF,
    HOST,
    HUGE,
    IO_A,
    IO_B,
    IO_TAG_A,
    OLD,
    PAGE,
    PF,
    READ,
    ROOTS,
    RW,
    VF_0,
    A,
    B,
    Script,
    cleaned,
    coming,
    created,
    device,
    entered,
    flush,
    given,
    its,
    leaf,
    pool,
    scanned,
    space,
    unmapped,
    with_each_ticket,
)
from proofs.search.scenarios.runs.ranges import undoing
from proofs.search.scenarios.runs.tables import retired, retired_half_flushed
from proofs.search.scenarios.wrong_phase import MISUSE

__all__ = ["ATTEMPTS"]


def reused(vm: int, pages: list[tuple[int, int]]) -> Script:
    """Try to reuse the slots of unmapped pages."""
    out: Script = []
    for number, page in pages:
        where = {"caller": vm, "space": number, "page": page}
        out += with_each_ticket("release", {**where, "level": PAGE})
        out += with_each_ticket("replace", {**where, "frame": 0x1A if vm == A else 0x23, "rights": RW})
    return out


def settled() -> Script:
    """Try to note that a leaf's old rights are out of the caches, and to give them back."""
    out: Script = []
    for number in (CPU_A, IO_A):
        where = {"caller": A, "space": number, "page": 0, "level": PAGE}
        out += [*with_each_ticket("confirm_downgrade", where), ("protect", {**where, "rights": READ})]
    return out


def split_early(rights: int) -> Script:
    """Try to link the table of a broken leaf while caches hold the leaf."""
    out = [*splitting(rights), *[("fill_split", {"caller": A, "child": 0x18})] * 212]
    return out + with_each_ticket("finish_split", {"caller": A, "child": 0x18})


def tag_freed_early() -> Script:
    """Try to free a tag under which walk caches and a TLB may hold something, though half of its pages were invalidated."""
    out = [*stale(), ("switch_out", {"cpu": 0}), ("retire_tag", {"caller": A, "space": CPU_A})]
    out += [("invalidate_pages", {"tag": CPU_TAG_A, "page": 0, "mask": HALF}), ("complete", {"ticket": OLD + 1})]
    return out + with_each_ticket("free_tag", {"caller": A, "space": CPU_A})


def last_slot_used() -> Script:
    """Try to take tables for empty of which the last slot alone is in use: a root, and one of pages."""
    page, frames = (ROOTS << 18) - 1, range(0x10, 0x18)
    out: Script = [("boot", {}), ("create_vm", {"caller": HOST, "vm": A}), *given(A, frames)]
    out += [("start_vm", {"caller": HOST, "vm": A}), *pool(A, [0x10, 0x11, 0x12])]
    out += created(A, CPU_A, 0x10, CPU_TAG_A, 0)
    for level, child, below in ((HUGE, 0x11, 0x3FFFF), (BLOCK, 0x12, 0x1FF)):
        out += [("link_table", {"caller": A, "space": CPU_A, "page": page & ~below, "level": level, "child": child})]
    out += leaf(A, CPU_A, page, 0x13)
    for table, slots in ((0x12, 512), (0x10, ROOTS)):
        out += [*scanned([table], slots), ("unlink_table", {"caller": A, "table": table})]
    return out


def block_with_a_hole(hole: int) -> Script:
    """Try to hold frames together of which one is nobody's."""
    out = [*running(), *given(A, range(0x200, 0x200 + hole)), *given(A, range(0x201 + hole, 0x400))]
    block = {"caller": A, "level": BLOCK, "base": 0x200}
    return [*out, ("assemble", block), *[("assemble_on", block)] * 511]


def inside_a_large_leaf() -> Script:
    """Go down through a large leaf: what lies behind it is a guest's data, and looks like a table because the guest wrote it so."""
    at = {"caller": A, "space": CPU_A, "level": PAGE}
    out = [*large_leaf(), *pool(A, [0x18])]
    for page in (0x200, 0x205):
        here = {**at, "page": page}
        out += [("protect", {**here, "rights": READ}), ("unmap_range", {**here, "first": page, "last": page}), ("unmap", here)]
    out += leaf(A, CPU_A, 0x202, 0x1A)
    return [*out, ("link_table", {**at, "page": 0x203, "level": BLOCK, "child": 0x18})]


def given_on(vm: int, function: int, number: int) -> Script:
    """Try to give a VM one more of everything; B has some of that to give."""
    host = {"caller": HOST, "vm": vm}
    return [
        ("attach", {**host, "rid": function, "space": number}),
        ("donate", {**host, "frame": 0x250}),
        ("create_vcpu", {**host, "vcpu": 6}),
        ("transfer", {"caller": B, "frame": 0x234, "to": vm}),
        ("share", {"caller": B, "grant": its(B, 6), "frame": 0x235, "to": vm, "rights": RW}),
        ("create_vm", host),
        ("start_vm", host),
    ]


def attached_wrongly() -> Script:
    """Try to attach a function with another layout than the address space, and one whose group is another VM's."""
    out = [*running(), *cleaned(0xF00), *device(0x100, A, IO_A), *cleaned(0x101)]
    tries = ((0xF00, A, IO_A), (0x101, B, IO_B))
    return out + [("attach", {"caller": HOST, "rid": rid, "vm": vm, "space": number}) for rid, vm, number in tries]


def attached_early() -> Script:
    """Try to attach a VF while the VFs of its PF are still being entered."""
    out = [*running(), *coming(PF, 2, 0x1FE, 1), *entered(PF, 1), *cleaned(VF_0)]
    return [*out, ("attach", {"caller": HOST, "rid": VF_0, "vm": A, "space": IO_A})]


def served_late() -> Script:
    """Try to serve the fault of a function that is being taken away."""
    where = {"caller": A, "rid": 0x10, "page": 3, "frame": 0x18, "rights": RW}
    return [*devices(0x10), ("detach", {"caller": A, "rid": 0x10}), ("handle_fault", where)]


def given_up_twice() -> Script:
    """A VM has frame 0, which whatever does not exist names; it tries to give up such things."""
    out = [*running(), ("donate", {"caller": HOST, "vm": A, "frame": 0})]
    return [*out, *[(f"un{verb}", {"caller": A, thing: its(A, 9)}) for verb, thing in (("pin", "pin"), ("share", "grant"))]]


def mapped_late() -> Script:
    """Try to map what a list named while it was the VM's, in a window half mapped and in one not begun."""
    gone: Script = [("transfer", {"caller": A, "frame": n, "to": B}) for n in (0x21F, 0x221)]
    return [*storeroom(), *gone, *[("job_map", {"caller": A, "job": its(A, n)}) for n in (1, 2)]]


def extent_beyond() -> Script:
    """Try to map a list of which one extent is two frames, and the second one is another VM's."""
    of = {"caller": A, "job": its(A, 1)}
    out = [*memory(), *given(A, range(0x200, 0x201)), *given(B, range(0x201, 0x202))]
    out += [("job_begin", {**of, "space": IO_A, "start": 0x10, "rights": RW, "width": 32})]
    out += [("job_extent", {**of, "frame": frame, "pages": pages}) for frame, pages in ((0x18, 1), (0x200, 2))]
    return [*out, ("job_start", of), *[("job_map", of)] * 3]


def the_hosts() -> Script:
    """VM A tries to use frames of the host's: blank pages of its pool as tables, and data in every other way."""
    pages, data = (0x23C, 0x23D), 0x23E
    out = [*storeroom(), *given(HOST, range(0x23C, 0x240)), *pool(HOST, list(pages))]
    cpu, by = {"caller": A, "space": CPU_A, "page": 9, "level": PAGE}, {"caller": A, "frame": data}
    out += [("link_table", {"caller": A, "space": IO_A, "page": 2 << 18, "level": HUGE, "child": pages[0]})]
    out += created(A, its(A, 10), pages[1], 10, 0)
    out += [("map", {**cpu, "frame": data, "rights": RW}), ("job_extent", {**by, "job": its(A, 1), "pages": 1})]
    out += [("job_start", {"caller": A, "job": its(A, 1)}), *[("job_map", {"caller": A, "job": its(A, 1)})] * 2]
    out += [("replace", {"caller": A, "space": CPU_A, "page": 5, "frame": data, "rights": RW, "ticket": OLD + 2})]
    out += [("handle_fault", {**by, "rid": 0x10, "page": 11, "rights": RW}), ("pin", {**by, "pin": its(A, 2)})]
    out += [("share", {**by, "grant": its(A, 5), "to": B, "rights": RW}), ("transfer", {**by, "to": B})]
    return [*out, *[(step, by) for step in ("begin_retype", "reclaim")], ("unpool", {"caller": A, "frame": pages[0]})]


def linked_behind_the_scan() -> Script:
    """Try to use slots of a closed table: one that was seen empty, and one that was not yet."""
    out = [*memory(), *unmapped(CPU_A, [0]), *flush(CPU_TAG_A, OLD + 1)]
    out += [("release", {"caller": A, "space": CPU_A, "page": 0, "level": PAGE, "ticket": OLD + 1}), *scanned([0x12], 8)]
    out += [*leaf(A, CPU_A, 3, 0x16), *leaf(A, CPU_A, 8, 0x18), *leaf(A, CPU_A, 20, 0x19)]
    return [*out, *[("scan_table", {"caller": A, "table": 0x12})] * 504, ("unlink_table", {"caller": A, "table": 0x12})]


def dying() -> Script:
    """VM A dies in the storeroom, where everything is tried that it could do, by itself and by the host for it."""
    out = [*storeroom(), ("drain_function", {"caller": HOST, "rid": 0x18}), ("kill_vm", {"caller": HOST, "vm": A})]
    by_host: Script = [(step, {**args, "caller": HOST}) for step, args in USING if args.get("caller") == A]
    return [*out, *given_on(A, 0x18, SPARE_A), *USING, *by_host]


def drained() -> Script:
    """A VM with address spaces is drained; then everything is tried that gives it more, or that it could do."""
    host = {"caller": HOST}
    out = [*running(), ("create_vm", {**host, "vm": DRAINED})]
    out += [*given(DRAINED, range(0x238, 0x244)), *given(B, range(0x234, 0x236))]
    for_cpus, for_devices = its(DRAINED, 5), its(DRAINED, 8)
    out += [*space(HOST, for_cpus, 5, [0x238, 0x239, 0x23A], 0), *space(HOST, for_devices, 0x10005, [0x23B, 0x23C, 0x23D], 1)]
    out += [*pool(HOST, [0x23E, 0x23F]), *leaf(HOST, for_cpus, 0, 0x240), ("begin_retype", {**host, "frame": 0x241})]
    out += [*cleaned(0x18), *[(step, {**host, "vm": DRAINED}) for step in ("kill_vm", "drain_vm")]]
    out += given_on(DRAINED, 0x18, for_devices)
    cpu, io = {**host, "space": for_cpus}, {**host, "space": for_devices}
    return [
        *out,
        *leaf(HOST, for_cpus, 1, 0x242),
        ("link_table", {**io, "page": 1 << 18, "level": HUGE, "child": 0x23E}),
        *created(HOST, its(DRAINED, 6), 0x23F, 6, 0),
        ("job_begin", {**io, "job": its(DRAINED, 1), "start": 0x10, "rights": RW, "width": 32}),
        ("search_begin", {**io, "job": its(DRAINED, 1), "total": 1, "level": PAGE, "width": 32}),
        ("share", {**host, "grant": its(DRAINED, 1), "frame": 0x242, "to": A, "rights": RW}),
        ("pin", {**host, "pin": its(DRAINED, 1), "frame": 0x242}),
        ("transfer", {**host, "frame": 0x242, "to": A}),
        ("begin_retype", {**host, "frame": 0x243}),
        ("finish_retype", {**host, "frame": 0x241}),
        ("protect", {**cpu, "page": 0, "level": PAGE, "rights": READ}),
    ]


DETACHED = with_each_ticket("finish_detach", {"caller": HOST, "rid": 0x10})
FREED = with_each_ticket("free_table", {"caller": A, "table": 0x15})
UNDONE: Script = [
    ("undo_unmap", {"caller": A, "job": its(A, 2)}),
    *with_each_ticket("undo_release", {"caller": A, "job": its(A, 2)}),
]
BOTH = [*reused(A, [(CPU_A, 0), (IO_A, 0), (IO_A, 1)]), *reused(B, [(CPU_B, 0)])]

#: Name, platform, script.
ATTEMPTS: list[tuple[str, str, Script]] = [
    ("reused at once", "small", [*stale(), *BOTH]),
    ("reused too early", "small", [*pending(), *BOTH]),
    ("reused after another flush", "small", [*stale_half_flushed(), *BOTH]),
    ("revoked too early", "small", [*revoking(), *reused(B, [(CPU_B, 1), (IO_B, 1)])]),
    ("settled too early", "small", [*protected(), *settled()]),
    ("freed at once", "small", [*retired(), *FREED]),
    ("freed too early", "small", [*retired(), ("invalidate_tag", {"tag": IO_TAG_A}), *FREED]),
    ("freed after another flush", "small", [*retired_half_flushed(), *FREED]),
    ("detached at once", "small", [*leaving(), *DETACHED]),
    ("detached too early", "small", [*leaving(), ("invalidate_function", {"rid": 0x10}), *DETACHED]),
    ("detached after another flush", "small", [*leaving_half_flushed(), *DETACHED]),
    ("undone at once", "small", [*undoing(), *UNDONE]),
    ("split too early", "small", split_early(RW)),
    ("split too early, read-only", "small", split_early(READ)),
    ("a block without its middle", "small", block_with_a_hole(0x101)),
    ("a block without its end", "small", block_with_a_hole(0x1FF)),
    ("inside a large leaf", "small", inside_a_large_leaf()),
    ("tag freed too early", "small", tag_freed_early()),
    ("the last slot alone in use", "small", last_slot_used()),
    ("attached wrongly", "large", attached_wrongly()),
    ("attached early", "small", attached_early()),
    ("served late", "small", served_late()),
    ("given up twice", "large", given_up_twice()),
    ("mapped late", "small", mapped_late()),
    ("an extent beyond what is owned", "small", extent_beyond()),
    ("the host's", "small", the_hosts()),
    ("linked behind the scan", "small", linked_behind_the_scan()),
    ("given to a dying VM", "small", dying()),
    ("given to a drained VM", "small", drained()),
    *EARLY,
    *MISUSE,
]
