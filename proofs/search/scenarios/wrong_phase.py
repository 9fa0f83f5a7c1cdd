"""Misuse: what is in the wrong phase, half done, mirrored or retiring is asked for; frame 0 is a VM's and looks like a table.

Like the attempts, these go on with what the reference refuses, and so show a policy that does not. What is accepted on the way
(a mirror's page is released, a window is looked for where pages are reserved) leads to states in which the next is refused.
"""

from __future__ import annotations

from proofs.search.scenarios.dense_state import MIRROR, SPARE_A, storeroom
from proofs.search.scenarios.runs.basics import devices, early, running
from proofs.search.scenarios.runs.memory import grants, large_leaf
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
    LEAF,
    LINK,
    OLD,
    PAGE,
    READ,
    ROOTS,
    RW,
    SPARE,
    SPARE_TAG,
    A,
    B,
    Script,
    created,
    fill,
    flush,
    given,
    its,
    leaf,
    pool,
    run,
    scanned,
    space,
    unmapped,
    with_each_ticket,
)
from proofs.search.scenarios.runs.tables import spaces_left

__all__ = ["MISUSE"]

#: Ticket of the first invalidation that is issued behind the storeroom.
NEXT = OLD + 5
#: A further address space, its tag, and the pages that firmware declares for layout 1.
FURTHER, TAG, DECLARED = its(A, 11), 0x10008, 0x80


def jobs() -> Script:
    """Windows: pages are mapped before the list is complete and while it is undone, and undone before that was asked for."""
    leaf_of_job = {"caller": A, "space": IO_A, "page": 0x20, "level": PAGE}
    stale_of_job = {"caller": A, "space": IO_A, "page": 0x30, "level": PAGE}
    out = [*storeroom(), *[(step, {"caller": A, "frame": 0x221}) for step in ("begin_retype", "finish_retype")]]
    out += [("job_map", {"caller": A, "job": its(A, n)}) for n in (1, 2, 3)]
    out += [("undo_unmap", {"caller": A, "job": its(A, 2)}), ("protect", {**leaf_of_job, "rights": READ}), ("unmap", leaf_of_job)]
    out += [("invalidate_tag", {"tag": IO_TAG_A}), ("complete", {"ticket": NEXT})]
    out += [("undo_release", {"caller": A, "job": its(A, 2), "ticket": NEXT})]
    return [*out, *[("release", {**stale_of_job, "page": page, "ticket": NEXT}) for page in (0x30, 0x31)]]


def undone_too_early() -> Script:
    """A device's caches hold the window that is undone, and nothing was invalidated since."""
    of = {"caller": A, "job": its(A, 2)}
    out = [*devices(0x10), ("job_begin", {**of, "space": IO_A, "start": 0x20, "rights": RW, "width": 32})]
    out += [("job_extent", {**of, "frame": f, "pages": 1}) for f in (0x18, 0x1A)]
    out += [("job_start", of), ("job_map", of), ("job_map", of)]
    for page in (0x20, 0x21):
        out += [("iotlb_fill", {"rid": 0x10, "table": 0x15, "page": page, "from_cache": 0})]
        out += [("dma_issue", {"request": page, "rid": 0x10, "page": page, "write": 1})]
    out += [("dma_translate", {"request": 0x21, "tag": IO_TAG_A}), ("job_undo", of), ("undo_unmap", of)]
    return out + with_each_ticket("undo_release", of)


def tables() -> Script:
    """Entries are put into tables that are closed and were found empty, and tables that are not empty are taken for it."""
    out = [*storeroom(), ("close_table", {"caller": A, "table": 0x12}), ("scan_table", {"caller": A, "table": 0x12})]
    out += [("reopen_table", {"caller": A, "table": 0x12})]
    out += [("link_table", {"caller": A, "space": IO_A, "page": 0x200, "level": BLOCK, "child": 0x200})]
    for table in (0x200, 0x207):
        out += [("close_table", {"caller": A, "table": table}), *[("scan_table", {"caller": A, "table": table})] * 512]
    out += leaf(A, IO_A, 0x201, 0x224)
    return [*out, ("link_table", {"caller": A, "space": IO_A, "page": 1 << 18, "level": BLOCK, "child": 0x201})]


def spaces() -> Script:
    """Address spaces are given up that have a tag, a job, a table, slots unseen, or were opened again; by another one."""
    gone = ("destroy_space", {"caller": A, "space": SPARE})
    out = [*spaces_left(), ("destroy_space", {"caller": B, "space": SPARE}), ("destroy_space", {"caller": HOST, "space": SPARE})]
    out += [("job_begin", {"caller": A, "job": its(A, 1), "space": IO_A, "start": 0, "rights": RW, "width": 32})]
    out += [
        ("destroy_space", {"caller": A, "space": IO_A}),
        ("job_extent", {"caller": A, "job": its(A, 1), "frame": 0x18, "pages": 1}),
    ]
    out += [("reopen_table", {"caller": A, "table": 0x11}), gone]
    out += [*scanned([0x11], ROOTS - 1), gone, ("bind_tag", {"caller": HOST, "space": SPARE, "tag": SPARE_TAG})]
    out += [("scan_table", {"caller": A, "table": 0x11}), gone, ("reopen_table", {"caller": A, "table": 0x11})]
    link = {"caller": A, "space": SPARE, "page": 0, "level": HUGE, "child": 0x13}
    return [*out, *pool(A, [0x13]), ("link_table", link), gone]


def untagged_table() -> Script:
    """An address space without a tag is given up while a table of it is not freed yet."""
    out = [*spaces_left(), ("reopen_table", {"caller": A, "table": 0x11}), *pool(A, [0x13])]
    link = {"caller": A, "space": SPARE, "page": 0, "level": HUGE, "child": 0x13}
    out += [("link_table", link), *scanned([0x13], 512)]
    out += [("unlink_table", {"caller": A, "table": 0x13}), *scanned([0x11], ROOTS)]
    return [*out, ("destroy_space", {"caller": A, "space": SPARE})]


def reserved() -> Script:
    """A VM's CPUs have a page where its devices' would be taken for a message."""
    out = [*running(), *pool(A, [0x18, 0x19])]
    for level, page, child in ((HUGE, 0xC0000, 0x18), (BLOCK, 0xFEE00, 0x19)):
        out += [("link_table", {"caller": A, "space": CPU_A, "page": page, "level": level, "child": child})]
    return [*out, *leaf(A, CPU_A, 0xFEE00, 0x1A)]


def mirrors() -> Script:
    """Pages are mirrored twice, where no mirror is, or of what is another's; a mirror's own page goes after its copy."""
    out = [
        *storeroom(),
        *space(A, FURTHER, TAG, [0x200, 0x201, 0x20C], 1, mirror=1),
        ("mirror_page", {"caller": A, "space": FURTHER, "page": 0}),
    ]
    out += [("mirror_page", {"caller": A, "space": IO_A, "page": 4})]
    out += [("map", {"caller": A, "space": MIRROR, "page": 1, "level": PAGE, "frame": 0x224, "rights": RW})]
    at = {"caller": A, "page": 0, "level": PAGE}
    out += [*unmapped(CPU_A, [0]), ("invalidate_tag", {"tag": CPU_TAG_A}), ("complete", {"ticket": NEXT})]
    out += [("release", {**at, "space": CPU_A, "ticket": NEXT}), *unmapped(MIRROR, [0])]
    out += [("invalidate_tag", {"tag": 0x10007}), ("complete", {"ticket": NEXT + 1})]
    out += [("release", {**at, "space": MIRROR, "ticket": NEXT + 1}), ("release", {**at, "space": CPU_A, "ticket": NEXT})]
    return [*out, *leaf(A, CPU_A, 0, 0x224), ("mirror_page", {"caller": A, "space": FURTHER, "page": 0})]


def foreign_mirror() -> Script:
    """A VM's devices are to have, in a mirror, what it was granted."""
    out = [*grants(), *given(B, range(0x200, 0x203)), *space(B, its(B, 11), TAG, [0x200, 0x201, 0x202], 1, mirror=1)]
    return [*out, ("mirror_page", {"caller": B, "space": its(B, 11), "page": 1})]


def half_used() -> Script:
    """A handle's CPU mapping ends and comes back, then its device mapping ends; then more is asked for, and the handle given up."""
    again = {"caller": B, "handle": its(B, 1), "rights": RW}
    out = [*grants(), *unmapped(CPU_B, [1], B), *flush(CPU_TAG_B, OLD + 1)]
    out += [("release", {"caller": B, "space": CPU_B, "page": 1, "level": PAGE, "ticket": OLD + 1})]
    out += [("map_granted", {**again, "space": CPU_B, "page": 1}), *unmapped(IO_B, [1], B), *flush(IO_TAG_B, OLD + 2)]
    out += [("release", {"caller": B, "space": IO_B, "page": 1, "level": PAGE, "ticket": OLD + 2})]
    out += [("map_granted", {**again, "space": CPU_B, "page": 2}), ("drop_handle", {"caller": B, "handle": its(B, 1)})]
    out += [("map_granted", {**again, "space": IO_B, "page": 2}), ("map_granted", {**again, "space": IO_B, "page": 3})]
    return [*out, *[("map_granted", {**again, "space": number, "page": 4, "rights": 0}) for number in (CPU_B, IO_B)]]


def retiring() -> Script:
    """What uses a tag that is on its way out: a function, and a CPU; and one that nobody chose an address space for."""
    out = [*storeroom(), ("drain_function", {"caller": HOST, "rid": 0x18}), ("retire_tag", {"caller": A, "space": SPARE_A})]
    out += [("attach", {"caller": HOST, "rid": 0x18, "vm": A, "space": SPARE_A})]
    out += [("switch_out", {"cpu": 0}), ("retire_tag", {"caller": A, "space": CPU_A}), ("switch_in", {"cpu": 0})]
    out += [("invalidate_tag", {"tag": CPU_TAG_A}), ("complete", {"ticket": NEXT})]
    out += [("free_tag", {"caller": A, "space": CPU_A, "ticket": NEXT}), ("switch_in", {"cpu": 0})]
    out += created(A, its(A, 0), 0x200, 10, 0)
    out += [("start_vm", {"caller": HOST, "vm": 6}), ("create_vcpu", {"caller": HOST, "vm": 6, "vcpu": 6})]
    return [*out, ("unload", {"cpu": 0}), ("load", {"cpu": 0, "vcpu": 6}), ("switch_in", {"cpu": 0})]


def splits() -> Script:
    """A leaf is split that is a link, gone, or a page; into what is another's; finished half filled; filled too far; released."""
    at = {"caller": A, "space": CPU_A, "level": BLOCK}
    out = [*large_leaf(), *pool(A, [0x18, 0x19]), *pool(B, [0x23])]
    out += [("begin_split", {**at, "page": page, "child": 0x18}) for page in (0, 0x400)]
    out += [("begin_split", {**at, "page": 0, "level": PAGE, "child": 0x18}), ("begin_split", {**at, "page": 0x200, "child": 0x23})]
    out += [("begin_split", {**at, "page": 0x200, "child": 0x18}), ("begin_split", {**at, "page": 0x200, "child": 0x19})]
    out += [*[("fill_split", {"caller": A, "child": 0x18})] * 300, *flush(CPU_TAG_A, OLD + 1)]
    out += [
        ("finish_split", {"caller": A, "child": 0x18, "ticket": OLD + 1}),
        ("release", {**at, "page": 0x200, "ticket": OLD + 1}),
    ]
    return [*out, *[("fill_split", {"caller": A, "child": 0x18})] * 213]


def parts_of_a_block() -> Script:
    """Ranges are unmapped of which a large leaf covers one end, or both, or more; they are long enough and lie wrong."""
    at = {"caller": A, "page": 0x200, "level": BLOCK}
    ranges = ((0x210, 0x500), (0x100, 0x2FF), (0x210, 0x300), (0x100, 0x1FF), (0x201, 0x3FF), (0x200, 0x3FE))
    tries = [(number, first, last) for number in (CPU_A, IO_A) for first, last in ranges]
    return [*large_leaf(READ), *[("unmap_range", {**at, "space": n, "first": first, "last": last}) for n, first, last in tries]]


def half_a_block() -> Script:
    """A block of which half is known to be the VM's is mapped by one leaf."""
    block = {"caller": A, "level": BLOCK, "base": 0x200}
    out = [*running(), *given(A, range(0x200, 0x210)), ("assemble", block), *[("assemble_on", block)] * 15]
    at = {"caller": A, "space": CPU_A, "page": 0x200, "level": BLOCK}
    return [*out, ("map", {**at, "frame": 0x200, "rights": RW})]


def booted_twice() -> Script:
    """The host runs in an address space of its own, and the machine is booted once more."""
    out = [*running(), *given(HOST, range(0x200, 0x203)), *space(HOST, its(HOST, 5), 5, [0x200, 0x201, 0x202], 0)]
    return [*out, *run(HOST, its(HOST, 5), 2, 6), ("boot", {})]


def let_through(rid: int) -> Script:
    """A device that nobody configured asks for memory, and its request is to pass as it is, by its context or a cached one."""
    out = [*early(rid), ("context_fill", {"rid": rid})]
    return [*out, *[("dma_pass", {"request": 1, "from_cache": cached}) for cached in (0, 1)]]


def frame_zero() -> Script:
    """VM A has frame 0, which whatever does not exist names, and has written what looks like a table into it."""
    at, of = {"caller": A, "space": CPU_A}, {"caller": A, "job": its(A, 1)}
    out = [*running(), *given(A, range(1)), *leaf(A, CPU_A, 1, 0), *fill(0, 0x12, 1)]
    forged = {"cpu": 0, "asid": 0, "va": 1, "target": 0x22, "rights": RW}
    out += [("guest_store", {**forged, "index": n, "kind": kind}) for n, kind in ((0, LEAF), (1, LEAF), (2, LINK))]
    out += [("unmap", {**at, "page": 3 << 18, "level": BLOCK}), ("unmap", {**at, "page": 3 << 9, "level": PAGE})]
    out += [("job_begin", {**of, "space": IO_A, "start": 0x20, "rights": RW, "width": 32})]
    out += [("job_extent", {**of, "frame": 0x18, "pages": 1}), ("job_undo", of), ("undo_unmap", of)]
    out += [("guest_store", {**forged, "index": 0, "kind": 3}), *flush(IO_TAG_A, OLD + 1)]
    out += [("undo_release", {**of, "ticket": OLD + 1})]
    huge = {"caller": A, "level": HUGE, "base": 0}
    out += [*unmapped(CPU_A, [1]), *flush(CPU_TAG_A, OLD + 2)]
    out += [("release", {**at, "page": 1, "level": PAGE, "ticket": OLD + 2}), ("assemble", huge)]
    out += [(step, {"caller": A, "frame": 0}) for step in ("begin_retype", "reclaim")]
    return [*out, ("transfer", {"caller": A, "frame": 0, "to": B})]


def windows() -> Script:
    """Windows are looked for behind pages that firmware declares, from one large slot to the next, and in another's space."""
    out = [*running(), *pool(A, [0x18, 0x19])]
    out += [("link_table", {"caller": A, "space": IO_A, "page": 0x200, "level": BLOCK, "child": 0x19})]
    out += leaf(A, IO_A, 0x200, 0x1A)
    out += created(A, FURTHER, 0x18, TAG, 1, layout=1)
    sought = {"caller": A, "level": PAGE, "width": 32}
    out += [("search_begin", {**sought, "job": its(A, 1), "space": FURTHER, "total": DECLARED + 1})]
    out += [("search_step", {"caller": A, "job": its(A, 1)})] * (DECLARED + 2)
    for job, level in ((2, BLOCK), (3, HUGE)):
        out += [("search_begin", {**sought, "job": its(A, job), "space": IO_A, "total": 1, "level": level})]
        out += [("search_step", {"caller": A, "job": its(A, job)})] * 3
    out += [("search_begin", {**sought, "job": its(A, 4), "space": IO_B, "total": 1})]
    return [*out, ("search_begin", {**sought, "job": its(A, 4), "space": CPU_A, "total": 1})]


def beyond_reach() -> Script:
    """A window is looked for in one large slot after the other: the last one is free, and then none; a page beyond is mapped."""
    frames = iter(range(0x200, 0x20E))
    out = [*running(), *given(A, range(0x200, 0x210)), *space(A, FURTHER, TAG, [next(frames) for _ in range(3)], 1)]
    out += leaf(A, FURTHER, 0, 0x20E)
    sought = {"caller": A, "space": FURTHER, "total": 1, "level": HUGE, "width": 64}
    for slot in range(1, ROOTS + 1):
        children = [next(frames), next(frames)]
        if slot == ROOTS - 1:
            out += [("search_begin", {**sought, "job": its(A, 1)}), *[("search_step", {"caller": A, "job": its(A, 1)})] * ROOTS]
        at = {"caller": A, "space": FURTHER, "page": slot << 18}
        out += [
            *pool(A, children),
            *[("link_table", {**at, "level": n, "child": c}) for n, c in zip((HUGE, BLOCK), children, strict=True)],
        ]
        out += leaf(A, FURTHER, slot << 18, 0x20E)
    return [*out, ("search_begin", {**sought, "job": its(A, 2)}), *[("search_step", {"caller": A, "job": its(A, 2)})] * (ROOTS + 1)]


def around_a_block() -> Script:
    """A window is looked for where a large leaf is."""
    sought = {"caller": A, "job": its(A, 1), "space": IO_A, "total": 1, "level": BLOCK, "width": 32}
    return [*large_leaf(READ), ("search_begin", sought), *[("search_step", {"caller": A, "job": its(A, 1)})] * 3]


#: Name, platform, script.
MISUSE: list[tuple[str, str, Script]] = [
    ("windows in the wrong phase", "small", jobs()),
    ("undone too early", "small", undone_too_early()),
    ("tables in the wrong phase", "small", tables()),
    ("spaces not empty", "small", spaces()),
    ("a space with an unlinked table", "small", untagged_table()),
    ("reserved for devices alone", "small", reserved()),
    ("mirrors", "small", mirrors()),
    ("a mirror of what was granted", "small", foreign_mirror()),
    ("a handle half used", "small", half_used()),
    ("a tag on its way out", "small", retiring()),
    ("splits in the wrong phase", "small", splits()),
    ("parts of a block", "small", parts_of_a_block()),
    ("half a block", "small", half_a_block()),
    ("booted twice", "small", booted_twice()),
    ("let through", "large", let_through(0xF00)),
    ("let through", "small", let_through(0x18)),
    ("frame 0", "large", frame_zero()),
    ("windows looked for", "large", windows()),
    ("a window looked for beyond what is reached", "small", beyond_reach()),
    ("a window looked for where a block is", "small", around_a_block()),
]
