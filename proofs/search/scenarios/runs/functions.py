"""Runs about functions: being taken from a VM, or translating through a mirror."""

from __future__ import annotations

from proofs.search.scenarios.runs.basics import in_flight, running
from proofs.search.scenarios.runs.parts import (
    CPU_TAG_A,
    HOST,
    IO_TAG_A,
    IO_TAG_B,
    OLD,
    READ,
    A,
    Script,
    device,
    dma,
    its,
    near_misses,
    space,
)


def leaving() -> Script:
    """A device is being taken from VM A while its IOTLB and its context are cached and a request waits."""
    return [*in_flight(0x10), ("detach", {"caller": HOST, "rid": 0x10})]


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


def leaving_half_flushed() -> Script:
    """A device is being taken from VM A, and what was invalidated since is not what is cached for it."""
    return [*leaving(), *near_misses(IO_TAG_A, IO_TAG_B, OLD + 1)]


def mirrored() -> Script:
    """VM A's device has, at the same address, a page of its own memory that its CPU has too; a walk finds no page after it."""
    number, tag, tables = its(A, 6), 0x10003, [0x18, 0x19, 0x1A]
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
