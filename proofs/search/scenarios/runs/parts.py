"""The pieces of scripts: what the things in them are called, and the few steps that many of them share."""

from __future__ import annotations

Script = list[tuple[str, dict[str, int]]]

#: A script of so many steps holds a loop over a table; it ends in a large state.
LONG = 200
#: Tickets: none, those completed long before, and those issued since.
TICKETS = range(13)

HOST, A, B = 2, 3, 4


def its(vm: int, number: int) -> int:
    """Return the name of a thing of a VM's: the VM in the upper half, the VM's own number for it in the lower one."""
    return vm << 16 | number


RW, READ = 3, 1
PAGE, BLOCK, HUGE = 0, 1, 2
LEAF, LINK = 1, 2
CPU_TAG_A, CPU_TAG_B, IO_TAG_A, IO_TAG_B = 1, 2, 0x10001, 0x10002
CPU_A, IO_A, CPU_B, IO_B = its(A, 1), its(A, 2), its(B, 3), its(B, 4)

#: An address space that is kept clear of the interrupt window, and is no mirror.
CLEAR = {"layout": 0, "mirror": 0}
#: The mask of half of all pages, and of all.
HALF, ALL = (1 << 51) - 1, (1 << 52) - 1
#: Tickets of invalidations that completed long before anything in a scenario happens: too old to count for it.
OLD = 5
#: The slots of a root on `small`.
ROOTS = 4
#: A further address space, and its tag.
SPARE, SPARE_TAG = its(A, 5), 5
#: The physical function of `small`, and its last two requester ids.
PF, VF_0, VF_1 = 0xFE00, 0xFFFE, 0xFFFF


def given(vm: int, frames: range) -> Script:
    """Give frames to a VM."""
    return [("donate", {"caller": HOST, "vm": vm, "frame": n}) for n in frames]


def with_each_ticket(step: str, args: dict[str, int]) -> Script:
    """Try a step with every invalidation there is."""
    return [(step, {**args, "ticket": n}) for n in TICKETS]


def pool(vm: int, frames: list[int]) -> Script:
    """Turn frames of a VM into blank table pages."""
    steps = ("begin_retype", "finish_retype")
    return [(step, {"caller": vm, "frame": f}) for f in frames for step in steps]


def created(vm: int, number: int, root: int, tag: int, io: int, **more: int) -> Script:
    """An address space that has no table but its root, and the tag that the host gives it."""
    made = ("create_space", {"caller": vm, "space": number, "root": root, "io": io, **CLEAR, **more})
    return [made, ("bind_tag", {"caller": HOST, "space": number, "tag": tag})]


def space(vm: int, number: int, tag: int, frames: list[int], io: int, mirror: int = 0) -> Script:
    """An address space with tables down to the page level at page 0."""
    root, upper, lower = frames
    return [
        *pool(vm, frames),
        *created(vm, number, root, tag, io, mirror=mirror),
        ("link_table", {"caller": vm, "space": number, "page": 0, "level": HUGE, "child": upper}),
        ("link_table", {"caller": vm, "space": number, "page": 0, "level": BLOCK, "child": lower}),
    ]


def leaf(vm: int, number: int, page: int, frame: int, rights: int = RW) -> Script:
    """Map one page."""
    args = {"caller": vm, "space": number, "page": page, "level": PAGE, "frame": frame, "rights": rights}
    return [("map", args)]


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


def block() -> Script:
    """VM A gets a 2 MiB block of frames, from 0x200, and holds them together."""
    where = {"caller": A, "level": BLOCK, "base": 0x200}
    return [*given(A, range(0x200, 0x400)), ("assemble", where), *[("assemble_on", where)] * 511]


def unmapped(number: int, pages: list[int], vm: int = A) -> Script:
    """Pages of an address space are unmapped; caches may still hold them."""
    return [("unmap", {"caller": vm, "space": number, "page": p, "level": PAGE}) for p in pages]


def near_misses(tag: int, other: int, first: int) -> Script:
    """Invalidations that complete and cover nothing of what is cached: another page, another tag, another function."""
    return [
        ("invalidate_pages", {"tag": tag, "page": 0x40, "mask": 0}),
        ("invalidate_tag", {"tag": other}),
        ("invalidate_function", {"rid": 0x18}),
        *[("complete", {"ticket": first + n}) for n in range(3)],
    ]


def flush(tag: int, ticket: int) -> Script:
    """Invalidate everything under a tag, and wait for it."""
    return [("invalidate_tag", {"tag": tag}), ("complete", {"ticket": ticket})]


def scanned(tables: list[int], times: int, caller: int = A) -> Script:
    """Close tables, and look at that many slots of each."""
    out: Script = []
    for table in tables:
        of = {"caller": caller, "table": table}
        out += [("close_table", of), *[("scan_table", of)] * times]
    return out


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
