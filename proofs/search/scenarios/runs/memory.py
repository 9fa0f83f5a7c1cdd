"""Runs about frames and the leaves that name them: grants, retyping, lost rights, blocks and large leaves."""

from __future__ import annotations

from proofs.search.scenarios.runs.basics import in_flight, running
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
    OLD,
    PAGE,
    READ,
    RW,
    A,
    B,
    Script,
    block,
    device,
    fill,
    flush,
    its,
    near_misses,
    pool,
    unmapped,
)


def grants() -> Script:
    """VM A shares a frame with VM B, which maps it for its CPUs and its devices."""
    return [
        *running(),
        ("share", {"caller": A, "grant": its(A, 1), "frame": 0x18, "to": B, "rights": RW}),
        ("take_handle", {"caller": B, "handle": its(B, 1), "grant": its(A, 1)}),
        ("map_granted", {"caller": B, "space": CPU_B, "page": 1, "handle": its(B, 1), "rights": RW}),
        ("map_granted", {"caller": B, "space": IO_B, "page": 1, "handle": its(B, 1), "rights": RW}),
        *fill(1, 0x1E, 1),
        ("pin", {"caller": A, "pin": its(A, 1), "frame": 0x19}),
    ]


def granted_to(number: int) -> Script:
    """VM A shares a frame with VM B, which maps it in one address space only."""
    return [
        *running(),
        ("share", {"caller": A, "grant": its(A, 1), "frame": 0x18, "to": B, "rights": RW}),
        ("take_handle", {"caller": B, "handle": its(B, 1), "grant": its(A, 1)}),
        ("map_granted", {"caller": B, "space": number, "page": 1, "handle": its(B, 1), "rights": RW}),
    ]


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


def protected() -> Script:
    """Leaves of VM A lost the right to write while caches still have it."""
    at = {"caller": A, "page": 0, "level": PAGE, "rights": READ}
    out = [*in_flight(0x10), *[("protect", {**at, "space": number}) for number in (CPU_A, IO_A)]]
    return [*out, *near_misses(IO_TAG_A, IO_TAG_B, OLD + 1)]


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


def split_done() -> Script:
    """A large leaf was replaced by a table of its pieces."""
    n = OLD + 1
    out = [*splitting(), *[("fill_split", {"caller": A, "child": 0x18})] * 212, *flush(CPU_TAG_A, n)]
    return [*out, ("finish_split", {"caller": A, "child": 0x18, "ticket": n})]


def frames_change() -> Script:
    """Frames are retyped and back, pinned and not, given away and given back, shown and hidden; a block is dissolved."""
    block = {"caller": A, "level": BLOCK, "base": 0x200}
    out: Script = [*grants(), ("unpin", {"caller": A, "pin": its(A, 1)})]
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
        ("drop_handle", {"caller": B, "handle": its(B, 1)}),
        ("unshare", {"caller": A, "grant": its(A, 1)}),
        *device(0x10, A, IO_A),
        ("handle_fault", {"caller": A, "rid": 0x10, "page": 2, "frame": 0x1B, "rights": RW}),
    ]
