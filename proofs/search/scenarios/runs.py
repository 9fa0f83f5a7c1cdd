"""Scripted runs from boot into rich states: two VMs with memory, tables, devices, caches and requests in flight.

They are where the search for a trace starts from, and the evidence that each step can succeed (a test names the one that does
not: nothing of the reference's passes untranslated). A step that a policy refuses is skipped.
"""

from __future__ import annotations

__all__ = ["CLEAR", "LONG", "RUNS", "TICKETS", "Script"]

Script = list[tuple[str, dict[str, int]]]

#: A script of so many steps holds a loop over a table; it ends in a large state.
LONG = 200
#: Tickets: none, those completed long before, and those issued since.
TICKETS = range(13)

HOST, A, B = 2, 3, 4
RW, READ = 3, 1
PAGE, BLOCK, HUGE = 0, 1, 2
LEAF, LINK = 1, 2
CPU_TAG_A, CPU_TAG_B, IO_TAG_A, IO_TAG_B = 1, 2, 0x10001, 0x10002
CPU_A, IO_A, CPU_B, IO_B = 1, 2, 3, 4


#: An address space that is kept clear of the interrupt window, and is no mirror.
CLEAR = {"layout": 0, "mirror": 0}


def given(vm: int, frames: range) -> Script:
    """Give frames to a VM."""
    return [("donate", {"caller": HOST, "vm": vm, "frame": n}) for n in frames]


def with_each_ticket(step: str, args: dict[str, int]) -> Script:
    """Try a step with every invalidation there is."""
    return [(step, {**args, "ticket": n}) for n in TICKETS]


def vms() -> Script:
    """Boot, and two running VMs with some frames each."""
    out: Script = [("boot", {})]
    for vm, frames in ((A, range(0x10, 0x1C)), (B, range(0x1C, 0x25))):
        host = {"caller": HOST, "vm": vm}
        out += [("create_vm", host), *given(vm, frames), ("start_vm", host)]
    return out


def pool(vm: int, frames: list[int]) -> Script:
    """Turn frames of a VM into blank table pages."""
    steps = ("begin_retype", "finish_retype")
    return [(step, {"caller": vm, "frame": f}) for f in frames for step in steps]


def space(vm: int, number: int, tag: int, frames: list[int], io: int, mirror: int = 0) -> Script:
    """An address space with tables down to the page level at page 0."""
    root, upper, lower = frames
    return [
        *pool(vm, frames),
        ("create_space", {"caller": vm, "space": number, "root": root, "tag": tag, "io": io, **CLEAR, "mirror": mirror}),
        ("link_table", {"caller": vm, "space": number, "page": 0, "level": HUGE, "child": upper}),
        ("link_table", {"caller": vm, "space": number, "page": 0, "level": BLOCK, "child": lower}),
    ]


def leaf(vm: int, number: int, page: int, frame: int, rights: int = RW) -> Script:
    """Map one page."""
    args = {"caller": vm, "space": number, "page": page, "level": PAGE, "frame": frame, "rights": rights}
    return [("map", args)]


#: The mask of half of all pages, and of all.
HALF, ALL = (1 << 51) - 1, (1 << 52) - 1
#: Tickets of invalidations that completed long before anything in a scenario happens: too old to count for it.
OLD = 5


def old_invalidations() -> Script:
    """Everything was invalidated once, and that is done."""
    out: Script = [("invalidate_tag", {"tag": t}) for t in (CPU_TAG_A, CPU_TAG_B, IO_TAG_A, IO_TAG_B)]
    out += [("invalidate_function", {"rid": 0x10})]
    return out + [("complete", {"ticket": n}) for n in range(1, OLD + 1)]


def memory() -> Script:
    """Both VMs have a CPU and an I/O address space, with a page or two in each."""
    return [
        *vms(),
        *old_invalidations(),
        *space(A, CPU_A, CPU_TAG_A, [0x10, 0x11, 0x12], 0),
        *space(A, IO_A, IO_TAG_A, [0x13, 0x14, 0x15], 1),
        *space(B, CPU_B, CPU_TAG_B, [0x1C, 0x1D, 0x1E], 0),
        *space(B, IO_B, IO_TAG_B, [0x1F, 0x20, 0x21], 1),
        *leaf(A, CPU_A, 0, 0x16),
        *leaf(A, IO_A, 0, 0x16),
        *leaf(A, IO_A, 1, 0x17),
        *leaf(B, CPU_B, 0, 0x22),
        *leaf(B, IO_B, 0, 0x22),
    ]


def run(vm: int, number: int, cpu: int, vcpu: int) -> Script:
    """Run a virtual CPU of a VM."""
    return [
        ("use_space", {"caller": vm, "vm": vm, "space": number}),
        ("create_vcpu", {"caller": HOST, "vm": vm, "vcpu": vcpu}),
        ("load", {"cpu": cpu, "vcpu": vcpu}),
        ("switch_in", {"cpu": cpu}),
    ]


def walk(tag: int, frames: list[int]) -> Script:
    """Bring the pointers to the lower tables into the walk cache."""
    return [("walk_on", {"tag": tag, "table": f, "index": 0}) for f in frames]


def fill(cpu: int, table: int, page: int) -> Script:
    """Fill the TLB with one page."""
    return [("tlb_fill", {"cpu": cpu, "asid": 0, "va": page, "table": table, "page": page, "stage1": 15})]


def running() -> Script:
    """Both VMs run and have translations cached."""
    return [
        *memory(),
        *run(A, CPU_A, 0, 1),
        ("cpu_root", {"cpu": 0}),
        *walk(CPU_TAG_A, [0x10, 0x11]),
        *fill(0, 0x12, 0),
        *run(B, CPU_B, 1, 2),
        ("cpu_root", {"cpu": 1}),
        *walk(CPU_TAG_B, [0x1C, 0x1D]),
        *fill(1, 0x1E, 0),
    ]


def cleaned(rid: int) -> Script:
    """Make a function ready to be given to someone."""
    return [(step, {"caller": HOST, "rid": rid}) for step in ("reset_function", "drain_function")]


def device(rid: int, vm: int, number: int) -> Script:
    """Give a function to a VM."""
    return [
        *cleaned(rid),
        ("attach", {"caller": HOST, "rid": rid, "vm": vm, "space": number}),
        ("set_master", {"caller": vm, "rid": rid, "on": 1}),
    ]


def dma(rid: int, tag: int, tables: list[int], pages: list[int]) -> Script:
    """Walk for a function, fill its IOTLB, issue and translate a request for each page."""
    out: Script = [("context_fill", {"rid": rid}), ("io_root", {"rid": rid, "from_cache": 0}), *walk(tag, tables[:2])]
    for page in pages:
        out += [
            ("iotlb_fill", {"rid": rid, "table": tables[2], "page": page, "from_cache": 0}),
            ("dma_issue", {"request": page + 1, "rid": rid, "page": page, "write": 1}),
        ]
    return out


def devices(rid: int) -> Script:
    """A VM's device has translations cached and requests waiting."""
    return [*running(), *device(rid, A, IO_A), *dma(rid, IO_TAG_A, [0x13, 0x14, 0x15], [0, 1])]


def in_flight(rid: int) -> Script:
    """The same, with one request translated and not delivered."""
    return [*devices(rid), ("dma_translate", {"request": 1, "tag": IO_TAG_A})]


def grants() -> Script:
    """VM A shares a frame with VM B, which maps it for its CPUs and its devices."""
    return [
        *running(),
        ("share", {"caller": A, "grant": 1, "frame": 0x18, "to": B, "rights": RW}),
        ("take_handle", {"caller": B, "handle": 1, "grant": 1}),
        ("map_granted", {"caller": B, "space": CPU_B, "page": 1, "handle": 1, "rights": RW}),
        ("map_granted", {"caller": B, "space": IO_B, "page": 1, "handle": 1, "rights": RW}),
        *fill(1, 0x1E, 1),
        ("pin", {"caller": A, "pin": 1, "frame": 0x19}),
    ]


def granted_to(number: int) -> Script:
    """VM A shares a frame with VM B, which maps it in one address space only."""
    return [
        *running(),
        ("share", {"caller": A, "grant": 1, "frame": 0x18, "to": B, "rights": RW}),
        ("take_handle", {"caller": B, "handle": 1, "grant": 1}),
        ("map_granted", {"caller": B, "space": number, "page": 1, "handle": 1, "rights": RW}),
    ]


def block() -> Script:
    """VM A gets a 2 MiB block of frames, from 0x200, and holds them together."""
    where = {"caller": A, "level": BLOCK, "base": 0x200}
    return [*given(A, range(0x200, 0x400)), ("assemble", where), *[("assemble_on", where)] * 512]


def large_leaf(rights: int = RW) -> Script:
    """VM A has a 2 MiB block mapped by one leaf, cached by its CPU and its device; what it wrote there looks like a table."""
    out = [*running(), *block()]
    for number in (CPU_A, IO_A):
        args = {"caller": A, "space": number, "page": 0x200, "level": BLOCK, "frame": 0x200, "rights": rights}
        out += [("map", args)]
    forged = {"cpu": 0, "asid": 0, "va": 0x200, "target": 0x22, "rights": RW}
    out += [*fill(0, 0x11, 0x200), *fill(0, 0x11, 0x205)]
    written = ((0, LEAF), (1, LINK), (5, LEAF)) if rights == RW else ()
    return [*out, *[("guest_store", {**forged, "index": n, "kind": kind}) for n, kind in written]]


def retired() -> Script:
    """An empty table of VM A is unlinked while the walk cache still points to it."""
    out = [*devices(0x10)]
    for page in (0, 1):
        args = {"caller": A, "space": IO_A, "page": page, "level": PAGE}
        out += [("unmap", args)]
    out += [("invalidate_pages", {"tag": IO_TAG_A, "page": 0, "mask": 1}), ("complete", {"ticket": OLD + 1})]
    for page in (0, 1):
        args = {"caller": A, "space": IO_A, "page": page, "level": PAGE, "ticket": OLD + 1}
        out += [("release", args)]
    out += [("close_table", {"caller": A, "table": 0x15})]
    out += [("scan_table", {"caller": A, "table": 0x15})] * 512
    return [*out, ("unlink_table", {"caller": A, "table": 0x15})]


def leaving() -> Script:
    """A device is being taken from VM A while its IOTLB and its context are cached and a request waits."""
    return [*in_flight(0x10), ("detach", {"caller": HOST, "rid": 0x10})]


def undoing() -> Script:
    """A scatter list is half undone while another one is mapped."""
    out = [*memory()]
    for job, start, frames in ((1, 0x10, [0x18]), (2, 0x20, [0x19, 0x1A, 0x1B])):
        args = {"caller": A, "job": job, "space": IO_A, "start": start, "rights": RW, "width": 32}
        out += [("job_begin", args)]
        out += [("job_extent", {"caller": A, "job": job, "frame": f, "pages": 1}) for f in frames]
        out += [("job_start", {"caller": A, "job": job}), ("job_map", {"caller": A, "job": job})]
    out += [("job_map", {"caller": A, "job": 2}), ("job_undo", {"caller": A, "job": 2})]
    return out + leaf(A, IO_A, 0x22, 0x17)


def undo_flushed() -> Script:
    """The same, with the last page that was mapped removed and flushed."""
    return [*undoing(), ("undo_unmap", {"caller": A, "job": 2}), *flush(IO_TAG_A, OLD + 1)]


def unmapped(number: int, pages: list[int], vm: int = A) -> Script:
    """Pages of an address space are unmapped; caches may still hold them."""
    return [("unmap", {"caller": vm, "space": number, "page": p, "level": PAGE}) for p in pages]


def stale() -> Script:
    """Both VMs' pages are unmapped while TLB, IOTLB and a translated request still hold them, and nothing is invalidated."""
    return [*in_flight(0x10), *unmapped(CPU_A, [0]), *unmapped(IO_A, [0, 1]), *unmapped(CPU_B, [0], B)]


def pending() -> Script:
    """The same, with invalidations issued and not completed."""
    out = stale()
    out += [("invalidate_tag", {"tag": t}) for t in (IO_TAG_A, CPU_TAG_A, CPU_TAG_B)]
    return [*out, ("invalidate_function", {"rid": 0x10})]


def leaving_flushed() -> Script:
    """A device was taken from VM A and nothing is cached for it; it is not reset, and a request still waits."""
    n = OLD + 1
    return [
        *leaving(),
        ("invalidate_function", {"rid": 0x10}),
        ("dma_deliver", {"request": 1, "index": 0, "kind": 0, "target": 0, "rights": 0}),
        ("complete", {"ticket": n}),
        ("finish_detach", {"caller": HOST, "rid": 0x10, "ticket": n}),
    ]


def near_misses(tag: int, other: int, first: int) -> Script:
    """Invalidations that complete and cover nothing of what is cached: another page, another tag, another function."""
    return [
        ("invalidate_pages", {"tag": tag, "page": 0x40, "mask": 0}),
        ("invalidate_tag", {"tag": other}),
        ("invalidate_function", {"rid": 0x18}),
        *[("complete", {"ticket": first + n}) for n in range(3)],
    ]


def leaving_half_flushed() -> Script:
    """A device is being taken from VM A, and what was invalidated since is not what is cached for it."""
    return [*leaving(), *near_misses(IO_TAG_A, IO_TAG_B, OLD + 1)]


def stale_half_flushed() -> Script:
    """VM A's pages are unmapped and cached, and what was invalidated since is not what is cached."""
    out = [*in_flight(0x10), *unmapped(CPU_A, [0]), *unmapped(IO_A, [0, 1])]
    return [*out, *near_misses(IO_TAG_A, CPU_TAG_B, OLD + 1), *near_misses(CPU_TAG_A, IO_TAG_B, OLD + 4)]


def retired_half_flushed() -> Script:
    """An empty table was unlinked, and what was invalidated since are its pages, half of all or all, not what leads to it."""
    out = retired()
    for n, mask in enumerate((0x1FF, HALF, ALL), OLD + 2):
        out += [("invalidate_pages", {"tag": IO_TAG_A, "page": 0, "mask": mask}), ("complete", {"ticket": n})]
    return out


def protected() -> Script:
    """Leaves of VM A lost the right to write while caches still have it."""
    at = {"caller": A, "page": 0, "level": PAGE, "rights": READ}
    out = [*in_flight(0x10), *[("protect", {**at, "space": number}) for number in (CPU_A, IO_A)]]
    return [*out, *near_misses(IO_TAG_A, IO_TAG_B, OLD + 1)]


def two_virtual_cpus() -> Script:
    """A virtual CPU of VM A is about to run where another one of the same VM ran just now."""
    return [
        *running(),
        ("switch_out", {"cpu": 0}),
        ("unload", {"cpu": 0}),
        ("create_vcpu", {"caller": HOST, "vm": A, "vcpu": 5}),
        ("load", {"cpu": 0, "vcpu": 5}),
    ]


def revoking() -> Script:
    """VM B has unmapped what VM A granted it, and its caches still hold it."""
    return [*grants(), *unmapped(CPU_B, [1], B), *unmapped(IO_B, [1], B), ("invalidate_tag", {"tag": CPU_TAG_B})]


def splitting(rights: int = RW) -> Script:
    """A large leaf of VM A was broken, and half of the table that replaces it is filled."""
    out = large_leaf(rights)
    out += pool(A, [0x18, 0x19])
    args = {"caller": A, "space": CPU_A, "page": 0x200, "level": BLOCK, "child": 0x18}
    return [*out, ("begin_split", args), *[("fill_split", {"caller": A, "child": 0x18})] * 300]


def retyping() -> Script:
    """VM A wants a frame as a table that its CPU and its device still have mapped."""
    return [*in_flight(0x10), ("begin_retype", {"caller": A, "frame": 0x16}), ("begin_retype", {"caller": A, "frame": 0x17})]


def dying() -> Script:
    """VM A was killed while it ran, with its device and its caches as they were."""
    return [*in_flight(0x10), ("kill_vm", {"caller": HOST, "vm": A})]


def edge_of_32_bits() -> Script:
    """A 32-bit device gets a window that ends at its last byte, 2^32 - 1, in front of frames above and below 4 GiB."""
    high, low, last = 0x100000, 0x18, 0xFFFFF
    out = [*vms(), ("donate", {"caller": HOST, "vm": A, "frame": high})]
    out += pool(A, [0x13, 0x14, 0x15])
    out += [("create_space", {"caller": A, "space": IO_A, "root": 0x13, "tag": IO_TAG_A, "io": 1, **CLEAR})]
    out += [
        ("link_table", {"caller": A, "space": IO_A, "page": last & ~mask, "level": level, "child": child})
        for level, child, mask in ((HUGE, 0x14, 0x3FFFF), (BLOCK, 0x15, 0x1FF))
    ]
    args = {"caller": A, "job": 1, "space": IO_A, "start": last - 1, "rights": RW, "width": 32}
    out += [("job_begin", args)]
    out += [("job_extent", {"caller": A, "job": 1, "frame": f, "pages": 1}) for f in (low, high)]
    out += [("job_start", {"caller": A, "job": 1}), *[("job_map", {"caller": A, "job": 1})] * 2]
    out += device(0x100, A, IO_A)
    out += [("context_fill", {"rid": 0x100}), ("io_root", {"rid": 0x100, "from_cache": 0})]
    out += [
        ("walk_on", {"tag": IO_TAG_A, "table": 0x13, "index": last >> 18}),
        ("walk_on", {"tag": IO_TAG_A, "table": 0x14, "index": last >> 9 & 511}),
    ]
    for n, page in enumerate((last - 1, last)):
        out += [
            ("iotlb_fill", {"rid": 0x100, "table": 0x15, "page": page, "from_cache": 0}),
            ("dma_issue", {"request": n, "rid": 0x100, "page": page, "write": 1}),
            ("dma_translate", {"request": n, "tag": IO_TAG_A}),
        ]
    return out


def windows() -> Script:
    """VM A looks for windows: one is found behind pages that are taken, and there is none for all that a device can address."""
    of, n = {"caller": A, "job": 1}, OLD + 1
    sought = {"space": IO_A, "level": PAGE, "width": 24}
    out: Script = [*memory(), *unmapped(IO_A, [1]), ("search_begin", {**of, **sought, "total": 2})]
    out += [("search_step", of)] * 4
    out += [("search_begin", {"caller": A, "job": 2, **sought, "total": 0x1000}), ("search_step", {"caller": A, "job": 2})]
    out += [("search_begin", {"caller": A, "job": 3, **sought, "total": 1}), ("search_step", {"caller": A, "job": 3})]
    out += [*flush(IO_TAG_A, n), ("search_begin", {"caller": A, "job": 4, **sought, "total": 3})]
    return [*out, ("search_step", {"caller": A, "job": 4}), ("search_end", {"caller": A, "job": 4})]


def flush(tag: int, ticket: int) -> Script:
    """Invalidate everything under a tag, and wait for it."""
    return [("invalidate_tag", {"tag": tag}), ("complete", {"ticket": ticket})]


def freed() -> Script:
    """A table went back to the pool after its flush, and another one was closed and opened again."""
    n = OLD + 2
    out = retired() + flush(IO_TAG_A, n) + [("free_table", {"caller": A, "table": 0x15, "ticket": n})]
    return [*out, ("close_table", {"caller": A, "table": 0x14}), ("reopen_table", {"caller": A, "table": 0x14})]


#: The slots of a root on `small`.
ROOTS = 4
#: A further address space, and its tag.
SPARE, SPARE_TAG = 5, 5


def scanned(tables: list[int], times: int, caller: int = A) -> Script:
    """Close tables, and look at that many slots of each."""
    out: Script = []
    for table in tables:
        of = {"caller": caller, "table": table}
        out += [("close_table", of), *[("scan_table", of)] * times]
    return out


def spaces_left() -> Script:
    """VM A's address spaces, one of them its CPUs', have no page, no table and no tag any more."""
    out = [*vms(), *pool(A, [0x10, 0x11, 0x12])]
    spaces = ((CPU_A, CPU_TAG_A, 0x10, 0), (SPARE, SPARE_TAG, 0x11, 0), (IO_A, IO_TAG_A, 0x12, 1))
    for number, tag, root, io in spaces:
        out += [("create_space", {"caller": A, "space": number, "root": root, "tag": tag, "io": io, **CLEAR})]
    out += [("use_space", {"caller": A, "vm": A, "space": CPU_A})]
    for n, (number, tag, *_) in enumerate(spaces, 1):
        out += [("retire_tag", {"caller": A, "space": number}), *flush(tag, n)]
        out += [("free_tag", {"caller": A, "space": number, "ticket": n})]
    return out + scanned([0x10, 0x11, 0x12], ROOTS)


def spaces_gone() -> Script:
    """They are given up, and the VM's CPUs get another one."""
    out = [*spaces_left(), *[("destroy_space", {"caller": A, "space": n}) for n in (SPARE, CPU_A, IO_A)]]
    out += [("create_space", {"caller": A, "space": SPARE, "root": 0x11, "tag": CPU_TAG_A, "io": 0, **CLEAR})]
    return [*out, ("use_space", {"caller": A, "vm": A, "space": SPARE}), ("unpool", {"caller": A, "frame": 0x10})]


def split_done() -> Script:
    """A large leaf was replaced by a table of its pieces."""
    n = OLD + 1
    out = [*splitting(), *[("fill_split", {"caller": A, "child": 0x18})] * 212, *flush(CPU_TAG_A, n)]
    return [*out, ("finish_split", {"caller": A, "child": 0x18, "ticket": n})]


def undone() -> Script:
    """A window was taken away again, page by page."""
    n, of = OLD + 1, {"caller": A, "job": 1}
    return [
        *undoing(),
        ("job_undo", of),
        ("undo_unmap", of),
        *flush(IO_TAG_A, n),
        ("undo_release", {**of, "ticket": n}),
        ("job_end", of),
    ]


def frames_change() -> Script:
    """Frames are retyped and back, pinned and not, given away and given back, shown and hidden; a block is dissolved."""
    block = {"caller": A, "level": BLOCK, "base": 0x200}
    out: Script = [*grants(), ("unpin", {"caller": A, "pin": 1})]
    out += [(step, {"caller": A, "frame": 0x1A}) for step in ("begin_retype", "cancel_retype")]
    out += [*pool(A, [0x1A]), ("unpool", {"caller": A, "frame": 0x1A})]
    out += [
        ("transfer", {"caller": A, "frame": 0x1A, "to": B}),
        ("reclaim", {"caller": A, "frame": 0x19}),
        ("scrub", {"frame": 0x19}),
    ]
    out += [("allocate", {"frame": 0x26}), ("free", {"frame": 0x26})]
    out += [(step, {"frame": 0x27}) for step in ("allocate", "publish", "unpublish")]
    return [*out, ("donate", {"caller": HOST, "vm": A, "frame": 0x200}), ("assemble", block), ("dissolve", block)]


def mappings_change() -> Script:
    """A leaf loses rights and settles, a range goes, a page is replaced, a grant is revoked, a fault is served."""
    n = OLD + 1
    at = {"caller": A, "space": CPU_A, "page": 0}
    return [
        *grants(),
        ("guest_store", {"cpu": 0, "asid": 0, "va": 0, "index": 3, "kind": LEAF, "target": 0x30, "rights": RW}),
        ("stage1_fetch", {"cpu": 0, "asid": 0, "va": 0}),
        ("protect", {**at, "level": PAGE, "rights": READ}),
        *flush(CPU_TAG_A, n),
        ("confirm_downgrade", {**at, "level": PAGE, "ticket": n}),
        ("unmap_range", {**at, "first": 0, "last": 0, "level": PAGE}),
        *flush(CPU_TAG_A, n + 1),
        ("replace", {**at, "frame": 0x1A, "rights": RW, "ticket": n + 1}),
        *unmapped(CPU_B, [1], B),
        *flush(CPU_TAG_B, n + 2),
        ("release", {"caller": B, "space": CPU_B, "page": 1, "level": PAGE, "ticket": n + 2}),
        *unmapped(IO_B, [1], B),
        *flush(IO_TAG_B, n + 3),
        ("release", {"caller": B, "space": IO_B, "page": 1, "level": PAGE, "ticket": n + 3}),
        ("drop_handle", {"caller": B, "handle": 1}),
        ("unshare", {"caller": A, "grant": 1}),
        *device(0x10, A, IO_A),
        ("handle_fault", {"caller": A, "rid": 0x10, "page": 2, "frame": 0x1B, "rights": RW}),
    ]


def mirrored() -> Script:
    """VM A's device has, at the same address, a page of its own memory that its CPU has too; a walk finds no page after it."""
    number, tag, tables = 6, 0x10003, [0x18, 0x19, 0x1A]
    return [
        *running(),
        *space(A, number, tag, tables, 1, mirror=1),
        ("mirror_page", {"caller": A, "space": number, "page": 0}),
        *device(0x10, A, number),
        *dma(0x10, tag, tables, [0]),
        ("dma_translate", {"request": 1, "tag": tag}),
        ("mark", {"tag": CPU_TAG_A, "table": 0x12, "page": 0, "write": 1}),
        ("mark", {"tag": tag, "table": tables[2], "page": 0, "write": 0}),
        ("cpu_fault", {"cpu": 0, "table": 0x12, "page": 1, "wanted": READ}),
        ("dma_issue", {"request": 2, "rid": 0x10, "page": 1, "write": 0}),
        ("dma_fault", {"request": 2}),
    ]


def caches_forget() -> Script:
    """Caches evict, a request faults, a VM is switched out, and a tag passes from one address space to none and back."""
    n, at = OLD + 1, {"caller": B, "space": 5}
    return [
        *devices(0x10),
        ("tlb_evict", {"cpu": 0, "tag": CPU_TAG_A, "asid": 0, "va": 0}),
        ("iotlb_evict", {"rid": 0x10, "tag": IO_TAG_A, "page": 0}),
        ("walk_evict", {"tag": IO_TAG_A, "table": 0x13}),
        ("context_evict", {"rid": 0x10}),
        ("dma_fault", {"request": 2}),
        ("switch_out", {"cpu": 1}),
        ("unload", {"cpu": 1}),
        ("destroy_vcpu", {"caller": HOST, "vcpu": 2}),
        *pool(B, [0x23]),
        ("create_space", {**at, "root": 0x23, "tag": 7, "io": 0, **CLEAR}),
        ("retire_tag", at),
        *flush(7, n),
        ("free_tag", {**at, "ticket": n}),
        ("bind_tag", {**at, "tag": 8}),
    ]


def reaped() -> Script:
    """A VM was created, killed, drained, emptied and forgotten."""
    steps = ("create_vm", "kill_vm", "drain_vm", "empty_vm", "reap_vm")
    return [*vms(), *[(step, {"caller": HOST, "vm": 5}) for step in steps]]


def hypervisors_own() -> Script:
    """The hypervisor has taken a frame and written a secret into it."""
    return [
        *vms(),
        ("allocate", {"frame": 0x26}),
        ("hypervisor_writes", {"frame": 0x26, "kind": LEAF, "rights": READ}),
        ("allocate", {"frame": 0x27}),
        ("publish", {"frame": 0x27}),
    ]


#: The physical function of `small`, and its last two requester ids.
PF, VF_0, VF_1 = 0xFE00, 0xFFFE, 0xFFFF


def coming(pf: int, number: int, offset: int, stride: int, ari: int = 0) -> Script:
    """A PF's VFs are about to be entered."""
    answer = {"offset": offset, "stride": stride}
    return [
        ("set_ari", {"caller": HOST, "pf": pf, "on": ari, **answer}),
        ("set_num_vfs", {"caller": HOST, "pf": pf, "number": number, **answer}),
        ("enable_vfs", {"caller": HOST, "pf": pf}),
    ]


def entered(pf: int, number: int) -> Script:
    """The next VFs of a PF are entered."""
    return [("enumerate_vf", {"caller": HOST, "pf": pf})] * number


def virtual_functions() -> Script:
    """Two VFs have the last two requester ids there are; each is a VM's, and one has requests in flight."""
    out = [*running(), *coming(PF, 2, 0x1FE, 1), *entered(PF, 2)]
    out += [*device(VF_0, B, IO_B), *device(VF_1, A, IO_A)]
    return [*out, *dma(VF_1, IO_TAG_A, [0x13, 0x14, 0x15], [0, 1]), ("dma_translate", {"request": 1, "tag": IO_TAG_A})]


def vfs_leaving() -> Script:
    """VFs are to be removed while the last one is still a VM's, and being taken from it."""
    return [*virtual_functions(), ("disable_vfs", {"caller": HOST, "pf": PF}), ("detach", {"caller": HOST, "rid": VF_1})]


def vfs_undone() -> Script:
    """Bringing up the VFs of a PF stopped half-way, and one of those entered is removed again."""
    out = [("boot", {}), *coming(PF, 3, 0x100, 0x80), *entered(PF, 2)]
    return [*out, ("disable_vfs", {"caller": HOST, "pf": PF}), ("remove_vf", {"caller": HOST, "pf": PF})]


def interleaved() -> Script:
    """Two PFs of one device have their VFs in between one another's: every second requester id each, and then the next bus."""
    out: Script = [("boot", {}), *coming(0x100, 3, 2, 2), *coming(0x101, 3, 2, 0x80, 1)]
    return [*out, *entered(0x100, 3), *entered(0x101, 3)]


def early(rid: int) -> Script:
    """Only boot has happened, and a device that nobody configured is awake and asks for memory."""
    return [("boot", {}), ("dma_issue", {"request": 1, "rid": rid, "page": 0x10, "write": 1})]


#: Name, platform, script.
RUNS: list[tuple[str, str, Script]] = [
    ("power-on", "large", []),
    ("power-on", "small", []),
    ("early", "large", early(0xF00)),
    ("early", "small", early(0x18)),
    ("in flight", "small", in_flight(0x10)),
    ("grants", "small", grants()),
    ("devices", "small", devices(0x10)),
    ("undoing", "small", undoing()),
    ("hypervisor's own", "small", hypervisors_own()),
    ("running", "small", running()),
    ("retired", "small", retired()),
    ("leaving", "small", leaving()),
    ("stale", "small", stale()),
    ("pending", "small", pending()),
    ("flushed", "small", leaving_flushed()),
    ("leaving, half flushed", "small", leaving_half_flushed()),
    ("stale, half flushed", "small", stale_half_flushed()),
    ("retired, half flushed", "small", retired_half_flushed()),
    ("protected", "small", protected()),
    ("two virtual CPUs", "small", two_virtual_cpus()),
    ("revoking", "small", revoking()),
    ("granted to a CPU", "small", granted_to(CPU_B)),
    ("granted to a device", "small", granted_to(IO_B)),
    ("retyping", "small", retyping()),
    ("dying", "small", dying()),
    ("edge of 32 bits", "large", edge_of_32_bits()),
    ("windows", "small", windows()),
    ("undo flushed", "small", undo_flushed()),
    ("undone", "small", undone()),
    ("frames change", "small", frames_change()),
    ("mappings change", "small", mappings_change()),
    ("mirrored", "small", mirrored()),
    ("caches forget", "small", caches_forget()),
    ("reaped", "small", reaped()),
    ("freed", "small", freed()),
    ("spaces left", "small", spaces_left()),
    ("spaces gone", "small", spaces_gone()),
    ("large leaf", "small", large_leaf()),
    ("splitting", "small", splitting()),
    ("split done", "small", split_done()),
    ("virtual functions", "small", virtual_functions()),
    ("VFs leaving", "small", vfs_leaving()),
    ("VFs undone", "small", vfs_undone()),
    ("interleaved VFs", "large", interleaved()),
]
