"""Runs that others go on from: boot, two VMs with memory, their CPUs, a device with requests in flight."""

from __future__ import annotations

from proofs.search.scenarios.runs.parts import (
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
    OLD,
    READ,
    A,
    B,
    Script,
    device,
    dma,
    fill,
    given,
    leaf,
    run,
    space,
    walk,
)


def vms() -> Script:
    """Boot, and two running VMs with some frames each."""
    out: Script = [("boot", {})]
    for vm, frames in ((A, range(0x10, 0x1C)), (B, range(0x1C, 0x25))):
        host = {"caller": HOST, "vm": vm}
        out += [("create_vm", host), *given(vm, frames), ("start_vm", host)]
    return out


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


def devices(rid: int) -> Script:
    """A VM's device has translations cached and requests waiting."""
    return [*running(), *device(rid, A, IO_A), *dma(rid, IO_TAG_A, [0x13, 0x14, 0x15], [0, 1])]


def in_flight(rid: int) -> Script:
    """The same, with one request translated and not delivered."""
    return [*devices(rid), ("dma_translate", {"request": 1, "tag": IO_TAG_A})]


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


def early(rid: int) -> Script:
    """Only boot has happened, and a device that nobody configured is awake and asks for memory."""
    return [("boot", {}), ("dma_issue", {"request": 1, "rid": rid, "page": 0x10, "write": 1})]
