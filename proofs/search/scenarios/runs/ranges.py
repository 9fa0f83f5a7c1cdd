"""Runs about ranges: scatter lists that are mapped and undone, and windows that are looked for."""

from __future__ import annotations

from proofs.search.scenarios.runs.basics import memory, vms
from proofs.search.scenarios.runs.parts import (
    BLOCK,
    HOST,
    HUGE,
    IO_A,
    IO_TAG_A,
    OLD,
    PAGE,
    RW,
    A,
    Script,
    created,
    device,
    flush,
    its,
    leaf,
    pool,
    unmapped,
)


def undoing() -> Script:
    """A scatter list is half undone while another one is mapped."""
    out = [*memory()]
    for job, start, frames in ((1, 0x10, [0x18]), (2, 0x20, [0x19, 0x1A, 0x1B])):
        args = {"caller": A, "job": its(A, job), "space": IO_A, "start": start, "rights": RW, "width": 32}
        out += [("job_begin", args)]
        out += [("job_extent", {"caller": A, "job": its(A, job), "frame": f, "pages": 1}) for f in frames]
        out += [("job_start", {"caller": A, "job": its(A, job)}), ("job_map", {"caller": A, "job": its(A, job)})]
    out += [("job_map", {"caller": A, "job": its(A, 2)}), ("job_undo", {"caller": A, "job": its(A, 2)})]
    return out + leaf(A, IO_A, 0x22, 0x17)


def undo_flushed() -> Script:
    """The same, with the last page that was mapped removed and flushed."""
    return [*undoing(), ("undo_unmap", {"caller": A, "job": its(A, 2)}), *flush(IO_TAG_A, OLD + 1)]


def edge_of_32_bits() -> Script:
    """A 32-bit device gets a window that ends at its last byte, 2^32 - 1, in front of frames above and below 4 GiB."""
    high, low, last = 0x100000, 0x18, 0xFFFFF
    out = [*vms(), ("donate", {"caller": HOST, "vm": A, "frame": high})]
    out += pool(A, [0x13, 0x14, 0x15])
    out += created(A, IO_A, 0x13, IO_TAG_A, 1)
    out += [
        ("link_table", {"caller": A, "space": IO_A, "page": last & ~mask, "level": level, "child": child})
        for level, child, mask in ((HUGE, 0x14, 0x3FFFF), (BLOCK, 0x15, 0x1FF))
    ]
    args = {"caller": A, "job": its(A, 1), "space": IO_A, "start": last - 1, "rights": RW, "width": 32}
    out += [("job_begin", args)]
    out += [("job_extent", {"caller": A, "job": its(A, 1), "frame": f, "pages": 1}) for f in (low, high)]
    out += [("job_start", {"caller": A, "job": its(A, 1)}), *[("job_map", {"caller": A, "job": its(A, 1)})] * 2]
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
    of, n = {"caller": A, "job": its(A, 1)}, OLD + 1
    sought = {"space": IO_A, "level": PAGE, "width": 24}
    out: Script = [*memory(), *unmapped(IO_A, [1]), ("search_begin", {**of, **sought, "total": 2})]
    out += [("search_step", of)] * 4
    out += [
        ("search_begin", {"caller": A, "job": its(A, 2), **sought, "total": 0x1000}),
        ("search_step", {"caller": A, "job": its(A, 2)}),
    ]
    out += [
        ("search_begin", {"caller": A, "job": its(A, 3), **sought, "total": 1}),
        ("search_step", {"caller": A, "job": its(A, 3)}),
    ]
    out += [*flush(IO_TAG_A, n), ("search_begin", {"caller": A, "job": its(A, 4), **sought, "total": 3})]
    return [*out, ("search_step", {"caller": A, "job": its(A, 4)}), ("search_end", {"caller": A, "job": its(A, 4)})]


def undone() -> Script:
    """A window was taken away again, page by page."""
    n, of = OLD + 1, {"caller": A, "job": its(A, 1)}
    return [
        *undoing(),
        ("job_undo", of),
        ("undo_unmap", of),
        *flush(IO_TAG_A, n),
        ("undo_release", {**of, "ticket": n}),
        ("job_end", of),
    ]
