"""Runs after which there is something of everything, in every phase of its life, and room for one more.

A fault that a single step shows can be shown there: whatever the step needs is at hand. The solver finds the arguments, or they
are those with which the operation is taken there but for one.
"""

from __future__ import annotations

from proofs.search.scenarios.runs.basics import in_flight, running
from proofs.search.scenarios.runs.parts import (
    BLOCK,
    CPU_A,
    CPU_B,
    CPU_TAG_A,
    HOST,
    HUGE,
    IO_A,
    IO_B,
    LEAF,
    OLD,
    PAGE,
    PF,
    READ,
    RW,
    A,
    B,
    Script,
    block,
    coming,
    created,
    entered,
    given,
    its,
    leaf,
    pool,
    space,
)

__all__ = ["DRAINED", "SPARE_A", "STORED", "UNTAGGED", "USING", "storeroom"]

#: A VM that was drained, and one that was not started.
DRAINED, CREATED = 5, 6
#: Address spaces: without a tag, with one on its way out, a mirror, and a further one of each VM's for devices.
UNTAGGED, RETIRING, MIRROR, SPARE_A, SPARE_B = its(A, 5), its(A, 6), its(A, 7), its(A, 8), its(B, 9)
#: The page behind the interrupt window, and the slots of two levels that it lies in.
BEHIND, AROUND = 0xFEF00, {HUGE: 0xC0000, BLOCK: 0xFEE00}
LAST = (1 << 52) - 1


def others() -> Script:
    """Further VMs, frames for all, and frames of the hypervisor's: blank, with a secret, and shown to all."""
    return [
        *given(A, range(0x200, 0x230)),
        *given(B, range(0x230, 0x238)),
        ("create_vm", {"caller": HOST, "vm": DRAINED}),
        *given(DRAINED, range(0x238, 0x23A)),
        ("kill_vm", {"caller": HOST, "vm": DRAINED}),
        ("drain_vm", {"caller": HOST, "vm": DRAINED}),
        ("create_vm", {"caller": HOST, "vm": CREATED}),
        *given(CREATED, range(0x23A, 0x23C)),
        *[("allocate", {"frame": n}) for n in (0x25, 0x26, 0x27)],
        ("hypervisor_writes", {"frame": 0x26, "kind": LEAF, "rights": READ}),
        ("publish", {"frame": 0x27}),
    ]


def tables() -> Script:
    """Blank pages, frames on their way, and address spaces and tables in every phase."""
    out = [*pool(A, list(range(0x200, 0x20E))), *pool(B, [0x230, 0x231])]
    out += [("begin_retype", {"caller": A, "frame": n}) for n in (0x17, 0x210)]
    for number, root, tag, io, vm in (
        (UNTAGGED, 0x202, 5, 0, A),
        (RETIRING, 0x203, 6, 0, A),
        (SPARE_A, 0x204, 0x10005, 1, A),
        (SPARE_B, 0x230, 0x10006, 1, B),
    ):
        out += created(vm, number, root, tag, io)
    out += [("retire_tag", {"caller": A, "space": n}) for n in (UNTAGGED, RETIRING)]
    out += [("invalidate_tag", {"tag": 5}), ("complete", {"ticket": OLD + 1})]
    out += [("free_tag", {"caller": A, "space": UNTAGGED, "ticket": OLD + 1})]
    links = [(AROUND[HUGE], HUGE, 0x205), (AROUND[BLOCK], BLOCK, 0x206), (1 << 18, HUGE, 0x207), (2 << 18, HUGE, 0x208)]
    out += [
        ("link_table", {"caller": A, "space": IO_A, "page": page, "level": level, "child": child}) for page, level, child in links
    ]
    out += [("close_table", {"caller": A, "table": t}) for t in (0x207, 0x208)]
    out += [("scan_table", {"caller": A, "table": 0x208})] * 512
    return [*out, ("unlink_table", {"caller": A, "table": 0x208}), *leaf(A, IO_A, BEHIND, 0x211)]


def shared() -> Script:
    """Grants without a handle, with one that maps nothing, and with one that a CPU uses; an offer of the host's; a pin."""
    grants = ((1, 0x212, RW), (2, 0x213, READ), (3, 0x214, RW))
    out: Script = [
        ("share", {"caller": A, "grant": its(A, n), "frame": frame, "to": B, "rights": rights}) for n, frame, rights in grants
    ]
    return [
        *out,
        ("share", {"caller": B, "grant": its(B, 4), "frame": 0x232, "to": A, "rights": READ}),
        *[("take_handle", {"caller": B, "handle": its(B, n), "grant": its(A, n)}) for n in (1, 2)],
        ("take_handle", {"caller": A, "handle": its(A, 4), "grant": its(B, 4)}),
        ("map_granted", {"caller": B, "space": CPU_B, "page": 1, "handle": its(B, 1), "rights": RW}),
        ("share", {"caller": HOST, "grant": its(CREATED, 1), "frame": 0x23A, "to": B, "rights": READ}),
        ("pin", {"caller": A, "pin": its(A, 1), "frame": 0x215}),
    ]


def leaves() -> Script:
    """Leaves with fewer rights than they had, unmapped ones with and without their flush, a page shown to all, and a mirror."""
    out: Script = [*leaf(A, CPU_A, 3, 0x27, READ)]
    for number, first, page in ((CPU_A, 0x216, 4), (IO_A, 0x219, 8)):
        for n in range(3):
            out += leaf(A, number, page + n, first + n)
        where = {"caller": A, "space": number, "level": PAGE}
        out += [("protect", {**where, "page": page, "rights": READ}), ("unmap", {**where, "page": page + 1})]
    out += [("invalidate_tag", {"tag": CPU_TAG_A}), ("complete", {"ticket": OLD + 2})]
    out += [("unmap", {"caller": A, "space": CPU_A, "page": 6, "level": PAGE})]
    out += space(A, MIRROR, 0x10007, [0x21C, 0x21D, 0x21E], 1, mirror=1)
    return [*out, ("mirror_page", {"caller": A, "space": MIRROR, "page": 0})]


def jobs() -> Script:
    """A list being taken over, a window half mapped, one half undone, and a search under way."""
    out: Script = []
    for job, start, frames in ((1, 0x10, [0x21F]), (2, 0x20, [0x220, 0x221]), (3, 0x30, [0x222, 0x223])):
        out += [("job_begin", {"caller": A, "job": its(A, job), "space": IO_A, "start": start, "rights": RW, "width": 32})]
        out += [("job_extent", {"caller": A, "job": its(A, job), "frame": f, "pages": 1}) for f in frames]
    out += [("job_start", {"caller": A, "job": its(A, n)}) for n in (2, 3)]
    out += [("job_map", {"caller": A, "job": its(A, n)}) for n in (2, 3, 3)]
    out += [("job_undo", {"caller": A, "job": its(A, 3)}), ("undo_unmap", {"caller": A, "job": its(A, 3)})]
    sought = {"caller": A, "job": its(A, 5), "space": IO_A, "total": 2, "level": PAGE, "width": 32}
    return [*out, ("search_begin", sought), ("search_step", {"caller": A, "job": its(A, 5)})]


def machines() -> Script:
    """A function that was reset, VFs on their way up, a virtual CPU that no CPU has and one that is loaded."""
    out: Script = [("reset_function", {"caller": HOST, "rid": 0x18}), *coming(PF, 3, 0x1FD, 1), *entered(PF, 2)]
    out += [("create_vcpu", {"caller": HOST, "vm": A, "vcpu": n}) for n in (3, 4)]
    return [*out, ("load", {"cpu": 2, "vcpu": 3}), ("invalidate_tag", {"tag": 6}), ("invalidate_function", {"rid": 0x10})]


def storeroom() -> Script:
    """Something of everything, half done."""
    return [*in_flight(0x10), *others(), *tables(), *shared(), *leaves(), *jobs(), *machines()]


def using() -> Script:
    """Take each operation once in the storeroom, or as often as it takes to come to its end."""
    return [*leaves_used(), *spaces_used(), *frames_used(), *windows_used(), *functions_used(), *lived()]


def done(ticket: int) -> Script:
    """An invalidation completes."""
    return [("complete", {"ticket": OLD + ticket})]


def leaves_used() -> Script:
    """Leaves are mapped, protected, replaced, taken away and given back."""
    cpu, io = {"caller": A, "space": CPU_A, "level": PAGE}, {"caller": A, "space": IO_A, "level": PAGE}
    return [
        ("map", {**cpu, "page": 9, "frame": 0x224, "rights": RW}),
        ("map", {**io, "page": BEHIND + 1, "frame": 0x224, "rights": RW}),
        ("map_granted", {"caller": B, "space": IO_B, "page": 1, "handle": its(B, 2), "rights": READ}),
        ("mirror_page", {"caller": A, "space": MIRROR, "page": 9}),
        ("protect", {**cpu, "page": 9, "rights": READ}),
        ("confirm_downgrade", {**cpu, "page": 4, "ticket": OLD + 2}),
        ("replace", {"caller": A, "space": CPU_A, "page": 5, "frame": 0x225, "rights": RW, "ticket": OLD + 2}),
        ("unmap_range", {**io, "page": 10, "first": 9, "last": 10}),
        ("handle_fault", {"caller": A, "rid": 0x10, "page": 11, "frame": 0x226, "rights": RW}),
        ("invalidate_tag", {"tag": 0x10001}),
        *done(5),
        ("release", {**io, "page": 10, "ticket": OLD + 5}),
    ]


def spaces_used() -> Script:
    """Address spaces get tags and tables, and lose them."""
    return [
        ("bind_tag", {"caller": HOST, "space": UNTAGGED, "tag": 9}),
        *created(A, its(A, 10), 0x200, 10, 0),
        ("link_table", {"caller": A, "space": IO_A, "page": 2 << 18, "level": HUGE, "child": 0x201}),
        ("reopen_table", {"caller": A, "table": 0x207}),
        ("close_table", {"caller": A, "table": 0x201}),
        ("free_table", {"caller": A, "table": 0x208, "ticket": OLD + 5}),
        ("unpool", {"caller": A, "frame": 0x208}),
        *done(3),
        ("free_tag", {"caller": A, "space": RETIRING, "ticket": OLD + 3}),
        ("retire_tag", {"caller": A, "space": SPARE_A}),
    ]


def frames_used() -> Script:
    """Frames are shared, pinned, transferred, retyped, allocated and given away."""
    return [
        ("share", {"caller": A, "grant": its(A, 5), "frame": 0x227, "to": B, "rights": RW}),
        ("take_handle", {"caller": B, "handle": its(B, 5), "grant": its(A, 5)}),
        ("drop_handle", {"caller": B, "handle": its(B, 5)}),
        ("unshare", {"caller": A, "grant": its(A, 5)}),
        ("pin", {"caller": A, "pin": its(A, 2), "frame": 0x227}),
        ("unpin", {"caller": A, "pin": its(A, 2)}),
        ("transfer", {"caller": A, "frame": 0x227, "to": B}),
        ("reclaim", {"caller": A, "frame": 0x228}),
        ("scrub", {"frame": 0x228}),
        ("begin_retype", {"caller": A, "frame": 0x229}),
        ("cancel_retype", {"caller": A, "frame": 0x210}),
        ("finish_retype", {"caller": A, "frame": 0x229}),
        ("allocate", {"frame": 0x228}),
        ("free", {"frame": 0x26}),
        ("publish", {"frame": 0x25}),
        ("unpublish", {"frame": 0x25}),
        ("donate", {"caller": HOST, "vm": CREATED, "frame": 0x26}),
    ]


def windows_used() -> Script:
    """Scatter lists and searches for a window go on."""
    return [
        ("job_extent", {"caller": A, "job": its(A, 1), "frame": 0x22A, "pages": 1}),
        ("job_start", {"caller": A, "job": its(A, 1)}),
        ("job_map", {"caller": A, "job": its(A, 2)}),
        ("undo_release", {"caller": A, "job": its(A, 3), "ticket": OLD + 5}),
        ("job_undo", {"caller": A, "job": its(A, 2)}),
        ("job_begin", {"caller": A, "job": its(A, 4), "space": IO_A, "start": 0x40, "rights": RW, "width": 64}),
        ("search_step", {"caller": A, "job": its(A, 5)}),
        ("search_end", {"caller": A, "job": its(A, 5)}),
        ("search_begin", {"caller": A, "job": its(A, 6), "space": IO_A, "total": 1, "level": PAGE, "width": 64}),
    ]


def functions_used() -> Script:
    """Functions change hands, and VFs come and go."""
    return [
        ("drain_function", {"caller": HOST, "rid": 0x18}),
        ("attach", {"caller": HOST, "rid": 0x18, "vm": B, "space": SPARE_B}),
        ("set_master", {"caller": B, "rid": 0x18, "on": 1}),
        ("detach", {"caller": A, "rid": 0x10}),
        ("invalidate_function", {"rid": 0x10}),
        *done(6),
        ("finish_detach", {"caller": HOST, "rid": 0x10, "ticket": OLD + 6}),
        ("reset_function", {"caller": HOST, "rid": 0x10}),
        ("enumerate_vf", {"caller": HOST, "pf": PF}),
        ("disable_vfs", {"caller": HOST, "pf": PF}),
        ("remove_vf", {"caller": HOST, "pf": PF}),
        ("invalidate_pages", {"tag": CPU_TAG_A, "page": 8, "mask": 7}),
        *done(7),
    ]


def lived() -> Script:
    """Virtual CPUs are switched, taken and given; one VM starts and ends, and another one is taken apart."""
    host = {"caller": HOST}
    return [
        ("switch_in", {"cpu": 2}),
        ("switch_out", {"cpu": 0}),
        ("unload", {"cpu": 0}),
        ("load", {"cpu": 0, "vcpu": 4}),
        ("destroy_vcpu", {**host, "vcpu": 1}),
        ("create_vcpu", {**host, "vm": CREATED, "vcpu": 5}),
        ("start_vm", {**host, "vm": CREATED}),
        ("accept", {"caller": CREATED, "grant": its(CREATED, 1)}),
        ("kill_vm", {"caller": CREATED, "vm": CREATED}),
        *[("reclaim", {**host, "frame": n}) for n in (0x238, 0x239)],
        *[(step, {**host, "vm": DRAINED}) for step in ("empty_vm", "reap_vm", "create_vm")],
    ]


def last_addresses() -> Script:
    """VM A has a block at the last addresses that there are, for its CPUs and its devices."""
    out = [*running(), *block(), *pool(A, [0x18, 0x19])]
    for number, child in ((CPU_A, 0x18), (IO_A, 0x19)):
        at = {"caller": A, "space": number}
        out += [("link_table", {**at, "page": LAST & ~0x3FFFF, "level": HUGE, "child": child})]
        out += [("map", {**at, "page": LAST & ~0x1FF, "level": BLOCK, "frame": 0x200, "rights": RW})]
    whole = {"page": LAST & ~0x1FF, "level": BLOCK, "first": LAST & ~0x1FF, "last": LAST}
    return [*out, ("unmap_range", {"caller": A, "space": CPU_A, **whole})]


USING = using()
#: Name, platform, script.
STORED: list[tuple[str, str, Script]] = [
    ("storeroom", "small", storeroom()),
    ("the storeroom used", "small", [*storeroom(), *USING]),
    ("the last addresses", "large", last_addresses()),
]
