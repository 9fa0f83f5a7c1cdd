"""Lives: further scripted runs from boot, which take what the scenarios build apart again.

Together with the scenarios they take every operation. A mutant under which one of them stops is noticed.
"""

from __future__ import annotations

from proofs.search.scenarios import SCENARIOS, Script
from proofs.search.scenarios.runs.basics import vms
from proofs.search.scenarios.runs.parts import (
    BLOCK,
    CPU_A,
    CPU_B,
    CPU_TAG_A,
    CPU_TAG_B,
    HOST,
    IO_A,
    IO_B,
    IO_TAG_A,
    IO_TAG_B,
    LEAF,
    LINK,
    PAGE,
    READ,
    ROOTS,
    RW,
    SPARE,
    SPARE_TAG,
    A,
    B,
    created,
    its,
    leaf,
    run,
    scanned,
    space,
)

__all__ = ["LAST", "LIVES", "detached", "flushed", "numbered"]

STALE = 3
DEVICE = 0x10
#: The ticket of the last invalidation issued.
LAST = -1

BEFORE = {name: script for name, platform, script in SCENARIOS if platform == "small"}


def numbered(script: Script) -> Script:
    """Write the number of the last invalidation issued wherever a ticket is `LAST`."""
    out: Script = []
    issued = 0
    for step, numbers in script:
        issued += step.startswith("invalidate_")
        out.append((step, {n: issued if n == "ticket" and v == LAST else v for n, v in numbers.items()}))
    return out


def flushed(tag: int, page: int | None = None) -> Script:
    """Invalidate a tag, or one page under it, and wait."""
    wait = ("complete", {"ticket": LAST})
    if page is None:
        return [("invalidate_tag", {"tag": tag}), wait]
    return [("invalidate_pages", {"tag": tag, "page": page, "mask": 0}), wait]


def unmapped(vm: int, space: int, page: int, tag: int, level: int = PAGE) -> Script:
    """Unmap a leaf and release its frame."""
    where = {"caller": vm, "space": space, "page": page, "level": level}
    return [("unmap", where), *flushed(tag), ("release", where | {"ticket": LAST})]


def handed_back() -> Script:
    """Follow a grant to its end: unmapped, dropped, unshared, the frames reclaimed or passed on."""
    return [
        *BEFORE["grants"],
        *unmapped(B, CPU_B, 1, CPU_TAG_B),
        *unmapped(B, IO_B, 1, IO_TAG_B),
        ("drop_handle", {"caller": B, "handle": its(B, 1)}),
        ("unshare", {"caller": A, "grant": its(A, 1)}),
        ("reclaim", {"caller": A, "frame": 0x18}),
        ("scrub", {"frame": 0x18}),
        ("unpin", {"caller": A, "pin": its(A, 1)}),
        ("transfer", {"caller": A, "frame": 0x19, "to": B}),
        ("begin_retype", {"caller": B, "frame": 0x19}),
        ("cancel_retype", {"caller": B, "frame": 0x19}),
        ("begin_retype", {"caller": B, "frame": 0x19}),
        ("donate", {"caller": HOST, "vm": B, "frame": 0x18}),
    ]


def torn_down() -> Script:
    """End a VM that runs and has a device, and begin to take away what it had."""
    return [
        *BEFORE["devices"],
        ("kill_vm", {"caller": HOST, "vm": A}),
        ("switch_out", {"cpu": 0}),
        ("unload", {"cpu": 0}),
        ("destroy_vcpu", {"caller": HOST, "vcpu": 1}),
        *detached(),
        ("drain_vm", {"caller": HOST, "vm": A}),
        *unmapped(HOST, CPU_A, 0, CPU_TAG_A),
        ("retire_tag", {"caller": HOST, "space": IO_A}),
        *flushed(IO_TAG_A),
        ("free_tag", {"caller": HOST, "space": IO_A, "ticket": LAST}),
        ("close_table", {"caller": HOST, "table": 0x13}),
        ("reclaim", {"caller": HOST, "frame": 0x18}),
    ]


def detached() -> Script:
    """Take the device from its owner, until it is clean."""
    return [
        ("detach", {"caller": HOST, "rid": DEVICE}),
        ("invalidate_function", {"rid": DEVICE}),
        ("complete", {"ticket": LAST}),
        ("finish_detach", {"caller": HOST, "rid": DEVICE, "ticket": LAST}),
        ("reset_function", {"caller": HOST, "rid": DEVICE}),
        ("drain_function", {"caller": HOST, "rid": DEVICE}),
    ]


def passed_on() -> Script:
    """Pass a device from one VM to the other."""
    return [
        *BEFORE["in flight"],
        ("handle_fault", {"caller": A, "rid": DEVICE, "page": 2, "frame": 0x18, "rights": READ}),
        ("dma_deliver", {"request": 1, "index": 0, "kind": 1, "target": 0x1C, "rights": RW}),
        *detached(),
        ("attach", {"caller": HOST, "rid": DEVICE, "vm": B, "space": IO_B}),
        ("set_master", {"caller": B, "rid": DEVICE, "on": 1}),
        ("detach", {"caller": B, "rid": DEVICE}),
    ]


def reaped() -> Script:
    """End a VM that never had more than frames, and use its name again."""
    out: Script = [*BEFORE["hypervisor's own"], ("kill_vm", {"caller": B, "vm": B}), ("drain_vm", {"caller": HOST, "vm": B})]
    out += [("reclaim", {"caller": HOST, "frame": 0x1C + n}) for n in range(9)]
    return [
        *out,
        ("empty_vm", {"caller": HOST, "vm": B}),
        ("reap_vm", {"caller": HOST, "vm": B}),
        ("create_vm", {"caller": HOST, "vm": B}),
        ("free", {"frame": 0x26}),
        ("allocate", {"frame": 0x26}),
        ("publish", {"frame": 0x26}),
        ("unpublish", {"frame": 0x26}),
        ("free", {"frame": 0x26}),
        ("donate", {"caller": HOST, "vm": HOST, "frame": 0x1C}),
    ]


def to_its_end() -> Script:
    """End a VM that runs in an address space of its own, take back all it had, and use its name again."""
    host = {"caller": HOST}
    out = [*vms(), *space(A, CPU_A, CPU_TAG_A, [0x10, 0x11, 0x12], 0), *leaf(A, CPU_A, 0, 0x16), *run(A, CPU_A, 0, 1)]
    out += [(step, {"cpu": 0}) for step in ("switch_out", "unload")]
    out += [("kill_vm", {**host, "vm": A}), ("destroy_vcpu", {**host, "vcpu": 1}), ("drain_vm", {**host, "vm": A})]
    out += unmapped(HOST, CPU_A, 0, CPU_TAG_A)
    for table in (0x12, 0x11):
        out += [*scanned([table], 512, HOST), ("unlink_table", {**host, "table": table})]
    out += flushed(CPU_TAG_A)
    out += [("free_table", {**host, "table": table, "ticket": LAST}) for table in (0x12, 0x11)]
    out += [("retire_tag", {**host, "space": CPU_A}), *flushed(CPU_TAG_A)]
    out += [("free_tag", {**host, "space": CPU_A, "ticket": LAST}), *scanned([0x10], ROOTS, HOST)]
    out += [("destroy_space", {**host, "space": CPU_A}), *[("reclaim", {**host, "frame": n}) for n in range(0x10, 0x1C)]]
    return [*out, *[(step, {**host, "vm": A}) for step in ("empty_vm", "reap_vm", "create_vm")]]


def spaces_gone_again() -> Script:
    """The second address space that a VM's CPUs had is given up too."""
    out = [*BEFORE["spaces gone"], ("retire_tag", {"caller": A, "space": SPARE}), *flushed(CPU_TAG_A)]
    out += [("free_tag", {"caller": A, "space": SPARE, "ticket": LAST}), *scanned([0x11], ROOTS)]
    return [*out, ("destroy_space", {"caller": A, "space": SPARE}), ("unpool", {"caller": A, "frame": 0x11})]


def shown() -> Script:
    """Show a page of the hypervisor's to every VM, map it, and take it back."""
    page = {"caller": A, "space": CPU_A, "page": 3, "level": PAGE}
    return [
        *BEFORE["running"],
        ("allocate", {"frame": 0x26}),
        ("publish", {"frame": 0x26}),
        ("map", page | {"frame": 0x26, "rights": READ}),
        *unmapped(A, CPU_A, 3, CPU_TAG_A),
        ("unpublish", {"frame": 0x26}),
    ]


def tables_freed() -> Script:
    """Return an unlinked table to the pool, and close and open another."""
    return [
        *BEFORE["retired"],
        *flushed(IO_TAG_A),
        ("free_table", {"caller": A, "table": 0x15, "ticket": LAST}),
        ("unpool", {"caller": A, "frame": 0x15}),
        ("begin_retype", {"caller": A, "frame": 0x15}),
        ("close_table", {"caller": A, "table": 0x12}),
        ("reopen_table", {"caller": A, "table": 0x12}),
        ("close_table", {"caller": A, "table": 0x14}),
        *[("scan_table", {"caller": A, "table": 0x14})] * 512,
        ("unlink_table", {"caller": A, "table": 0x14}),
        *flushed(IO_TAG_A),
        ("free_table", {"caller": A, "table": 0x14, "ticket": LAST}),
        ("reclaim", {"caller": A, "frame": 0x14}),
    ]


def rights_changed() -> Script:
    """Take rights away and settle, exchange a page, and unmap a range."""
    page = {"caller": A, "space": CPU_A, "page": 0, "level": PAGE}
    return [
        *BEFORE["running"],
        ("protect", page | {"rights": READ}),
        *flushed(CPU_TAG_A, 0),
        ("confirm_downgrade", page | {"ticket": LAST}),
        ("unmap", page),
        *flushed(CPU_TAG_A, 0),
        ("replace", {"caller": A, "space": CPU_A, "page": 0, "frame": 0x18, "rights": RW, "ticket": LAST}),
        ("unmap_range", {"caller": A, "space": IO_A, "first": 1, "last": 1, "page": 1, "level": PAGE}),
        ("unmap_range", {"caller": A, "space": IO_A, "first": 0, "last": 4, "page": 0, "level": PAGE}),
    ]


def split() -> Script:
    """Split a large leaf, remove another one, and dissolve its block."""
    where = {"caller": A, "space": CPU_A, "page": 0x200, "level": BLOCK}
    return [
        *BEFORE["large leaf"],
        ("begin_retype", {"caller": A, "frame": 0x18}),
        ("finish_retype", {"caller": A, "frame": 0x18}),
        ("begin_split", where | {"child": 0x18}),
        *[("fill_split", {"caller": A, "child": 0x18})] * 512,
        *flushed(CPU_TAG_A),
        ("finish_split", {"caller": A, "child": 0x18, "ticket": LAST}),
        *unmapped(A, IO_A, 0x200, IO_TAG_A, BLOCK),
        ("dissolve", {"caller": A, "level": BLOCK, "base": 0x200}),
        *unmapped(A, CPU_A, 0x205, CPU_TAG_A),
        ("reclaim", {"caller": A, "frame": 0x205}),
    ]


def tags_rolled_over() -> Script:
    """Give an address space that nobody uses another tag, and its old one to a new space."""
    return [
        *BEFORE["undoing"],
        ("retire_tag", {"caller": A, "space": CPU_A}),
        *flushed(CPU_TAG_A),
        ("free_tag", {"caller": A, "space": CPU_A, "ticket": LAST}),
        ("unmap", {"caller": A, "space": CPU_A, "page": 0, "level": PAGE}),
        ("release", {"caller": A, "space": CPU_A, "page": 0, "level": PAGE, "ticket": 0}),
        ("bind_tag", {"caller": HOST, "space": CPU_A, "tag": SPARE_TAG}),
        ("use_space", {"caller": A, "vm": A, "space": CPU_A}),
    ]


def undone() -> Script:
    """Undo a window to its end, and one that was still being listed."""
    out: Script = [*BEFORE["undoing"]]
    for _ in range(2):
        done = ("undo_release", {"caller": A, "job": its(A, 2), "ticket": LAST})
        out += [("undo_unmap", {"caller": A, "job": its(A, 2)}), *flushed(IO_TAG_A), done]
    begin = {"caller": A, "job": its(A, 3), "space": IO_A, "start": 0x30, "rights": RW, "width": 24}
    return [
        *out,
        ("job_end", {"caller": A, "job": its(A, 2)}),
        ("job_begin", begin),
        ("job_extent", {"caller": A, "job": its(A, 3), "frame": 0x19, "pages": 2}),
        ("job_undo", {"caller": A, "job": its(A, 3)}),
        ("job_end", {"caller": A, "job": its(A, 3)}),
        ("job_begin", begin | {"width": 64}),
        ("job_extent", {"caller": A, "job": its(A, 3), "frame": 0, "pages": 1 << 44}),
        ("job_undo", {"caller": A, "job": its(A, 3)}),
        ("job_end", {"caller": A, "job": its(A, 3)}),
        ("job_undo", {"caller": A, "job": its(A, 1)}),
        ("job_begin", begin | {"width": 64}),
        ("job_extent", {"caller": A, "job": its(A, 3), "frame": 0x1A, "pages": 2}),
        ("job_start", {"caller": A, "job": its(A, 3)}),
        ("job_map", {"caller": A, "job": its(A, 3)}),
        ("job_map", {"caller": A, "job": its(A, 3)}),
        ("job_undo", {"caller": A, "job": its(A, 3)}),
        ("undo_unmap", {"caller": A, "job": its(A, 3)}),
    ]


def prepared() -> Script:
    """Let the host build a VM's memory before the VM runs."""
    out: Script = [("boot", {})]
    out += [("create_vm", {"caller": HOST, "vm": vm}) for vm in (A, B)]
    out += [("donate", {"caller": HOST, "vm": A, "frame": 0x10 + n}) for n in range(6)]
    for frame in (0x10, 0x11, 0x12):
        out += [("begin_retype", {"caller": HOST, "frame": frame}), ("finish_retype", {"caller": HOST, "frame": frame})]
    where = {"caller": HOST, "space": CPU_A, "page": 0}
    return [
        *out,
        *created(HOST, CPU_A, 0x10, CPU_TAG_A, 0),
        ("link_table", where | {"level": 2, "child": 0x11}),
        ("link_table", where | {"level": BLOCK, "child": 0x12}),
        ("map", where | {"level": PAGE, "frame": 0x13, "rights": RW}),
        ("use_space", {"caller": HOST, "vm": A, "space": CPU_A}),
        ("create_vcpu", {"caller": HOST, "vm": A, "vcpu": 1}),
        ("pin", {"caller": HOST, "pin": its(A, 1), "frame": 0x14}),
        ("share", {"caller": HOST, "grant": its(A, 1), "frame": 0x14, "to": B, "rights": READ}),
        ("transfer", {"caller": HOST, "frame": 0x15, "to": B}),
        ("start_vm", {"caller": HOST, "vm": A}),
        ("accept", {"caller": A, "grant": its(A, 1)}),
        ("load", {"cpu": 0, "vcpu": 1}),
        ("switch_in", {"cpu": 0}),
        ("kill_vm", {"caller": HOST, "vm": B}),
    ]


def grouped() -> Script:
    """Give two functions of one isolation group to one VM."""
    out: Script = [("boot", {}), ("create_vm", {"caller": HOST, "vm": A})]
    out += [("donate", {"caller": HOST, "vm": A, "frame": 0x10})]
    out += [(step, {"caller": HOST, "frame": 0x10}) for step in ("begin_retype", "finish_retype")]
    out += created(HOST, IO_A, 0x10, IO_TAG_A, 1)
    for rid in (0x100, 0x101):
        out += [(step, {"caller": HOST, "rid": rid}) for step in ("reset_function", "drain_function")]
        out += [("attach", {"caller": HOST, "rid": rid, "vm": A, "space": IO_A})]
    return out


def tempted() -> Script:
    """Leave things half done in ways that the next step must refuse: a window over another VM's frame, a table in use."""
    out: Script = [*BEFORE["undoing"]]
    for vm, frame in ((B, 0x25), (A, 0x26), (A, 0x27)):
        out += [("donate", {"caller": HOST, "vm": vm, "frame": frame})]
        out += [(step, {"caller": vm, "frame": frame}) for step in ("begin_retype", "finish_retype")]
    wrong = {"caller": A, "job": its(A, 4), "space": IO_A, "start": 0x40, "rights": RW, "width": 32}
    return [
        *out,
        ("link_table", {"caller": A, "space": CPU_A, "page": 0x200, "level": BLOCK, "child": 0x26}),
        ("job_begin", wrong),
        ("job_extent", {"caller": A, "job": its(A, 4), "frame": 0x22, "pages": 1}),
        ("job_start", {"caller": A, "job": its(A, 4)}),
        ("close_table", {"caller": A, "table": 0x12}),
        ("begin_retype", {"caller": A, "frame": 0x16}),
        ("kill_vm", {"caller": B, "vm": B}),
    ]


def owed() -> Script:
    """Unmap and protect what caches hold and what a request in flight uses, and flush nothing."""
    page = {"caller": A, "space": IO_A, "page": 1, "level": PAGE}
    return [
        *BEFORE["in flight"],
        ("unmap", {"caller": A, "space": CPU_A, "page": 0, "level": PAGE}),
        ("unmap", page | {"page": 0}),
        ("protect", page | {"rights": READ}),
        ("invalidate_tag", {"tag": CPU_TAG_A}),
        ("invalidate_tag", {"tag": IO_TAG_A}),
    ]


def uses_of_a_frame() -> Script:
    """Let a guest and a device write frames, unmap them, make tables of them, and data again; one ends as another VM's."""
    stored = {"cpu": 0, "asid": 0, "va": 0, "target": 0x22, "rights": RW}
    table = {"caller": A, "space": CPU_A, "page": 0x200, "level": BLOCK, "child": 0x16}
    out: Script = [*BEFORE["in flight"], ("dma_deliver", {"request": 1, "index": 2, "kind": LINK, "target": 0x1C, "rights": RW})]
    out += [("guest_store", {**stored, "index": index, "kind": kind}) for index, kind in ((0, LEAF), (1, LINK))]
    out += [("dma_translate", {"request": 2, "tag": IO_TAG_A})]
    out += [("dma_deliver", {"request": 2, "index": 0, "kind": LEAF, "target": 0x22, "rights": RW})]
    for number, page, tag in ((CPU_A, 0, CPU_TAG_A), (IO_A, 0, IO_TAG_A), (IO_A, 1, IO_TAG_A)):
        out += unmapped(A, number, page, tag)
    out += [(step, {"caller": A, "frame": n}) for n in (0x16, 0x17) for step in ("begin_retype", "finish_retype")]
    out += [("link_table", table), ("unpool", {"caller": A, "frame": 0x17}), ("cpu_root", {"cpu": 0})]
    out += [("walk_on", {"tag": CPU_TAG_A, "table": upper, "index": index}) for upper, index in ((0x10, 0), (0x11, 1))]
    out += [("reclaim", {"caller": A, "frame": 0x17}), ("scrub", {"frame": 0x17})]
    return [*out, ("donate", {"caller": HOST, "vm": B, "frame": 0x17})]


def forged() -> Script:
    """Let a guest write what looks like table entries into a block of its own that a large leaf maps."""
    where = {"cpu": 0, "asid": 0, "va": 0x200}
    out: Script = [*BEFORE["large leaf"], ("tlb_fill", where | {"table": 0x11, "page": 0x200, "stage1": 15})]
    for index, kind in enumerate((STALE, LEAF, LINK)):
        out += [("guest_store", where | {"index": index, "kind": kind, "target": 0x22, "rights": RW})]
    return out


#: Name, platform, script.
LIVES: list[tuple[str, str, Script]] = [
    ("handed back", "small", numbered(handed_back())),
    ("torn down", "small", numbered(torn_down())),
    ("passed on", "small", numbered(passed_on())),
    ("reaped, and named again", "small", numbered(reaped())),
    ("to its end", "small", numbered(to_its_end())),
    ("spaces gone again", "small", numbered(spaces_gone_again())),
    ("shown", "small", numbered(shown())),
    ("tables freed", "small", numbered(tables_freed())),
    ("rights changed", "small", numbered(rights_changed())),
    ("split", "small", numbered(split())),
    ("tags rolled over", "small", numbered(tags_rolled_over())),
    ("undone, and begun again", "small", numbered(undone())),
    ("prepared", "large", numbered(prepared())),
    ("grouped", "large", numbered(grouped())),
    ("tempted", "small", numbered(tempted())),
    ("owed", "small", numbered(owed())),
    ("forged", "small", numbered(forged())),
    ("uses of a frame", "small", numbered(uses_of_a_frame())),
]
