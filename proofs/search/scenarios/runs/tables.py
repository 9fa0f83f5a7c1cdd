"""Runs about tables: unlinked, freed, and address spaces that are given up."""

from __future__ import annotations

from proofs.search.scenarios.runs.basics import devices, vms
from proofs.search.scenarios.runs.parts import (
    ALL,
    CPU_A,
    CPU_TAG_A,
    HALF,
    IO_A,
    IO_TAG_A,
    OLD,
    PAGE,
    ROOTS,
    SPARE,
    SPARE_TAG,
    A,
    Script,
    created,
    flush,
    pool,
    scanned,
)


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


def retired_half_flushed() -> Script:
    """An empty table was unlinked, and what was invalidated since are its pages, half of all or all, not what leads to it."""
    out = retired()
    for n, mask in enumerate((0x1FF, HALF, ALL), OLD + 2):
        out += [("invalidate_pages", {"tag": IO_TAG_A, "page": 0, "mask": mask}), ("complete", {"ticket": n})]
    return out


def freed() -> Script:
    """A table went back to the pool after its flush, and another one was closed and opened again."""
    n = OLD + 2
    out = retired() + flush(IO_TAG_A, n) + [("free_table", {"caller": A, "table": 0x15, "ticket": n})]
    return [*out, ("close_table", {"caller": A, "table": 0x14}), ("reopen_table", {"caller": A, "table": 0x14})]


def spaces_left() -> Script:
    """VM A's address spaces, one of them its CPUs', have no page, no table and no tag any more."""
    out = [*vms(), *pool(A, [0x10, 0x11, 0x12])]
    spaces = ((CPU_A, CPU_TAG_A, 0x10, 0), (SPARE, SPARE_TAG, 0x11, 0), (IO_A, IO_TAG_A, 0x12, 1))
    for number, tag, root, io in spaces:
        out += created(A, number, root, tag, io)
    out += [("use_space", {"caller": A, "vm": A, "space": CPU_A})]
    for n, (number, tag, *_) in enumerate(spaces, 1):
        out += [("retire_tag", {"caller": A, "space": number}), *flush(tag, n)]
        out += [("free_tag", {"caller": A, "space": number, "ticket": n})]
    return out + scanned([0x10, 0x11, 0x12], ROOTS)


def spaces_gone() -> Script:
    """They are given up, and the VM's CPUs get another one."""
    out = [*spaces_left(), *[("destroy_space", {"caller": A, "space": n}) for n in (SPARE, CPU_A, IO_A)]]
    out += created(A, SPARE, 0x11, CPU_TAG_A, 0)
    return [*out, ("use_space", {"caller": A, "vm": A, "space": SPARE}), ("unpool", {"caller": A, "frame": 0x10})]
