"""Scripted runs from boot into rich states: two VMs with memory, tables, devices, caches and requests in flight.

They are where the search for a trace starts from, and the evidence that each step can succeed: `SCENARIOS` together take
every step of the reference at least once (a test says so). A step that a policy refuses is skipped.
"""

from __future__ import annotations

__all__ = ["SCENARIOS", "Script"]

Script = list[tuple[str, dict[str, int]]]

HOST, A, B = 2, 3, 4
RW, READ = 3, 1
PAGE, BLOCK, HUGE = 0, 1, 2
LEAF, LINK = 1, 2
CPU_TAG_A, CPU_TAG_B, IO_TAG_A, IO_TAG_B = 1, 2, 0x10001, 0x10002
CPU_A, IO_A, CPU_B, IO_B = 1, 2, 3, 4


def vms() -> Script:
    """Boot, and two running VMs with eight frames each."""
    out: Script = [("boot", {})]
    for vm, first in ((A, 0x10), (B, 0x1C)):
        out += [("create_vm", {"caller": HOST, "vm": vm})]
        out += [("donate", {"caller": HOST, "vm": vm, "frame": first + n}) for n in range(12 if vm == A else 9)]
        out += [("start_vm", {"caller": HOST, "vm": vm})]
    return out


def pool(vm: int, frames: list[int]) -> Script:
    """Turn frames of a VM into blank table pages."""
    steps = ("begin_retype", "finish_retype")
    return [(step, {"caller": vm, "frame": f}) for f in frames for step in steps]


def space(vm: int, number: int, tag: int, frames: list[int], io: int) -> Script:
    """An address space with tables down to the page level at page 0."""
    root, upper, lower = frames
    return [
        *pool(vm, frames),
        ("create_space", {"caller": vm, "space": number, "root": root, "tag": tag, "io": io}),
        ("link_table", {"caller": vm, "space": number, "page": 0, "level": HUGE, "child": upper}),
        ("link_table", {"caller": vm, "space": number, "page": 0, "level": BLOCK, "child": lower}),
    ]


def leaf(vm: int, number: int, page: int, frame: int, rights: int = RW) -> Script:
    """Map one page."""
    args = {"caller": vm, "space": number, "page": page, "level": PAGE, "frame": frame, "rights": rights}
    return [("map", args)]


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


def device(rid: int, vm: int, number: int) -> Script:
    """Give a function to a VM."""
    return [
        ("reset_function", {"caller": HOST, "rid": rid}),
        ("drain_function", {"caller": HOST, "rid": rid}),
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


def large_leaf() -> Script:
    """VM A has an assembled 2 MiB block mapped by one leaf, cached by its CPU and its device."""
    out = running()
    out += [("donate", {"caller": HOST, "vm": A, "frame": 0x200 + n}) for n in range(512)]
    out += [("assemble", {"caller": A, "level": BLOCK, "base": 0x200})]
    out += [("assemble_on", {"caller": A, "level": BLOCK, "base": 0x200})] * 512
    for number in (CPU_A, IO_A):
        args = {"caller": A, "space": number, "page": 0x200, "level": BLOCK, "frame": 0x200, "rights": RW}
        out += [("map", args)]
    return [*out, *fill(0, 0x11, 0x205)]


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
    return [*out, ("job_map", {"caller": A, "job": 2}), ("job_undo", {"caller": A, "job": 2})]


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


def revoking() -> Script:
    """VM B has unmapped what VM A granted it, and its caches still hold it."""
    return [*grants(), *unmapped(CPU_B, [1], B), *unmapped(IO_B, [1], B), ("invalidate_tag", {"tag": CPU_TAG_B})]


def splitting() -> Script:
    """A large leaf of VM A was broken, and half of the table that replaces it is filled."""
    out = large_leaf()
    out += pool(A, [0x18, 0x19])
    args = {"caller": A, "space": CPU_A, "page": 0x200, "level": BLOCK, "child": 0x18}
    return [*out, ("begin_split", args), *[("fill_split", {"caller": A, "child": 0x18})] * 300]


def retyping() -> Script:
    """VM A wants a frame as a table that its CPU and its device still have mapped."""
    return [*in_flight(0x10), ("begin_retype", {"caller": A, "frame": 0x16}), ("begin_retype", {"caller": A, "frame": 0x17})]


def dying() -> Script:
    """VM A was killed while it ran, with its device and its caches as they were."""
    return [*in_flight(0x10), ("kill_vm", {"caller": HOST, "vm": A})]


def hypervisors_own() -> Script:
    """The hypervisor has taken a frame and written a secret into it."""
    return [
        *vms(),
        ("allocate", {"frame": 0x26}),
        ("hypervisor_writes", {"frame": 0x26, "kind": LEAF, "rights": READ}),
    ]


def early() -> Script:
    """Only boot has happened, and devices that nobody configured are awake."""
    return [("boot", {})]


#: Name, platform, script.
SCENARIOS: list[tuple[str, str, Script]] = [
    ("power-on", "large", []),
    ("power-on", "small", []),
    ("early", "large", early()),
    ("early", "small", early()),
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
    ("revoking", "small", revoking()),
    ("retyping", "small", retyping()),
    ("dying", "small", dying()),
    ("large leaf", "small", large_leaf()),
    ("splitting", "small", splitting()),
]
