"""Runs in which caches hold what the tables no longer say, or forget it."""

from __future__ import annotations

from proofs.search.scenarios.runs.basics import devices, in_flight, running
from proofs.search.scenarios.runs.parts import (
    CPU_A,
    CPU_B,
    CPU_TAG_A,
    CPU_TAG_B,
    HOST,
    IO_A,
    IO_TAG_A,
    IO_TAG_B,
    OLD,
    A,
    B,
    Script,
    created,
    flush,
    its,
    near_misses,
    pool,
    unmapped,
)


def stale() -> Script:
    """Both VMs' pages are unmapped while TLB, IOTLB and a translated request still hold them, and nothing is invalidated."""
    return [*in_flight(0x10), *unmapped(CPU_A, [0]), *unmapped(IO_A, [0, 1]), *unmapped(CPU_B, [0], B)]


def pending() -> Script:
    """The same, with invalidations issued and not completed."""
    out = stale()
    out += [("invalidate_tag", {"tag": t}) for t in (IO_TAG_A, CPU_TAG_A, CPU_TAG_B)]
    return [*out, ("invalidate_function", {"rid": 0x10})]


def stale_half_flushed() -> Script:
    """VM A's pages are unmapped and cached, and what was invalidated since is not what is cached."""
    out = [*in_flight(0x10), *unmapped(CPU_A, [0]), *unmapped(IO_A, [0, 1])]
    return [*out, *near_misses(IO_TAG_A, CPU_TAG_B, OLD + 1), *near_misses(CPU_TAG_A, IO_TAG_B, OLD + 4)]


def two_virtual_cpus() -> Script:
    """A virtual CPU of VM A is about to run where another one of the same VM ran just now."""
    return [
        *running(),
        ("switch_out", {"cpu": 0}),
        ("unload", {"cpu": 0}),
        ("create_vcpu", {"caller": HOST, "vm": A, "vcpu": 5}),
        ("load", {"cpu": 0, "vcpu": 5}),
    ]


def dying() -> Script:
    """VM A was killed while it ran, with its device and its caches as they were."""
    return [*in_flight(0x10), ("kill_vm", {"caller": HOST, "vm": A})]


def caches_forget() -> Script:
    """Caches evict, a request faults, a VM is switched out, and a tag passes from one address space to none and back."""
    n, at = OLD + 1, {"caller": B, "space": its(B, 5)}
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
        *created(B, at["space"], 0x23, 7, 0),
        ("retire_tag", at),
        *flush(7, n),
        ("free_tag", {**at, "ticket": n}),
        ("bind_tag", {**at, "caller": HOST, "tag": 8}),
    ]
