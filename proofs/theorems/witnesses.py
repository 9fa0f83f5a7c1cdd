"""Witnesses: for each theorem the interesting cases that it speaks of, as questions about one state.

Every case must come true in a run from boot under the policy at hand; a theorem none of whose cases does is vacuous. The
runs are the scenarios of `proofs.search.scenarios`, replayed in the model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymodel.hardware.ids import HYPERVISOR, READ, WRITE, AddressWidth, Frame, Level, Rid, bus_of, is_vm
from pymodel.hardware.iommu import ContextMode, RequestPhase, RequestRecord, context_of
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.devices import FunctionPhase, SriovPhase
from pymodel.hypervisor.jobs.ranges import JobPhase
from pymodel.hypervisor.jobs.windows import SearchPhase
from pymodel.hypervisor.memory import BlockPhase, FrameKind
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.hypervisor.vms import Life
from pymodel.machine import MachineState

__all__ = ["WITNESSES", "Witness"]

Witness = Callable[[MachineState], bool]
WITNESSES: dict[str, list[tuple[str, Witness]]] = {}


def some(parts: Any, holds: Callable[..., Any]) -> bool:
    """Say whether some record that a concrete map mentions satisfies a condition on its keys and itself."""
    return any(bool(holds(*parts.key_words(raw), record)) for raw, record in parts.points.items())


def case(text: str, *theorems: str) -> Callable[[Witness], Witness]:
    """Declare a case of some theorems."""

    def declare(function: Witness) -> Witness:
        for name in theorems:
            WITNESSES.setdefault(name, []).append((text, function))
        return function

    return declare


@case("a CPU has a translation cached that lets it write", "MEM-1", "MEM-2", "XLT-1", "XLT-4", "INV-1")
def _(s: MachineState) -> bool:
    return some(s.tlb, lambda _c, _t, _a, _v, e: e.valid and e.rights.within(READ) is False)


@case("a CPU has a granted frame cached", "MEM-1", "MEM-2", "MEM-7")
def _(s: MachineState) -> bool:
    return some(s.tlb, lambda _c, t, _a, _v, e: e.valid and s.frame[e.frame].owner != s.space[s.tag[t].space].vm)


@case("a CPU has a granted frame cached that it may write", "MEM-4", "NI-1")
def _(s: MachineState) -> bool:
    return some(
        s.tlb, lambda _c, t, _a, _v, e: e.valid and e.rights.allows(WRITE) and s.frame[e.frame].owner != s.space[s.tag[t].space].vm
    )


@case("the host has offered what a VM that is not live owns, and nobody uses it", "AUT-2", "NI-3")
def _(s: MachineState) -> bool:
    return some(s.grant, lambda _n, g: g.active and g.offered and s.vm[g.granter].life == Life.CREATED)


@case("an IOTLB holds a translation", "DMA-1", "INV-1", "INV-3", "CTX-6", "DMA-11")
def _(s: MachineState) -> bool:
    return some(s.iotlb, lambda _r, _t, _p, e: e.valid)


@case("a write of a device is translated and not delivered", "DMA-1", "MEM-3", "DMA-11", "INV-2")
def _(s: MachineState) -> bool:
    return some(s.request, lambda _r, x: x.phase == RequestPhase.TRANSLATED and x.write)


@case("the context of an id at which there is no function blocks, and the IOMMU is on", "DMA-7")
def _(s: MachineState) -> bool:
    unknown = Rid.last()
    return s.iommu.on and not s.pcie[unknown].present and context_of(s, unknown).mode == ContextMode.ABORT


@case("a request waits at a function that nobody owns", "DMA-7")
def _(s: MachineState) -> bool:
    return some(s.request, lambda _r, x: x.phase == RequestPhase.ISSUED and not is_vm(s.function[x.rid].owner))


@case("a removed leaf is still cached by a CPU", "INV-1", "INV-2", "INV-3")
def _(s: MachineState) -> bool:
    return some(s.tlb, lambda _c, _t, _a, _v, e: e.valid and s.memory[e.table, e.index].kind == EntryKind.STALE)


@case("a removed leaf is still cached for a device", "INV-1", "INV-2", "INV-3", "DMA-1")
def _(s: MachineState) -> bool:
    return some(s.iotlb, lambda _r, _t, _p, e: e.valid and s.memory[e.table, e.index].kind == EntryKind.STALE)


@case("an invalidation is issued and not completed", "INV-2", "INV-3", "INV-4")
def _(s: MachineState) -> bool:
    return some(s.invalidation, lambda t, i: not i.done and t < s.queue.next)


@case("a walk cache points to a table that is no longer linked", "INV-2", "XLT-5", "MEM-3", "MEM-10")
def _(s: MachineState) -> bool:
    return some(s.walk, lambda _t, f, p: p.valid and s.table[f].phase == TablePhase.RETIRED)


@case("a frame's owner changed and it was not written since", "MEM-4", "MEM-5", "AUT-2")
def _(s: MachineState) -> bool:
    return some(s.frame, lambda _p, f: f.fresh and is_vm(f.owner))


@case("the hypervisor's own frame holds something", "MEM-5", "MEM-12")
def _(s: MachineState) -> bool:
    return some(
        s.frame, lambda p, f: f.owner == HYPERVISOR and some(s.memory, lambda t, _i, e: t == p and e.kind != EntryKind.NONE)
    )


@case("a frame is pinned, and another is mapped twice", "MEM-6")
def _(s: MachineState) -> bool:
    twice = some(s.count, lambda _a, c: c.n > 1)
    return twice and some(s.pin, lambda _p, p: p.live)


@case("a grant has a handle with a CPU's and a device's mapping", "MEM-7", "MEM-9", "LIF-9", "LIF-1", "NI-3")
def _(s: MachineState) -> bool:
    return some(s.handle, lambda _h, h: h.live and h.cpu_use and h.device_use)


@case("a VM owns frames, an address space, a function", "MEM-9", "VF-4", "LIF-1", "CTX-2", "MEM-8")
def _(s: MachineState) -> bool:
    return some(s.function, lambda _r, f: f.phase == FunctionPhase.ATTACHED and s.space[f.space].live)


@case("a table of each level is linked", "MEM-10", "XLT-5")
def _(s: MachineState) -> bool:
    def linked(level: Level) -> bool:
        return some(s.table, lambda _f, t: t.phase == TablePhase.LINKED and t.level == level)

    return all(linked(level) for level in (Level.PAGE, Level.BLOCK, Level.HUGE))


@case("a page is published", "MEM-11")
def _(s: MachineState) -> bool:
    return some(s.frame, lambda _p, f: f.kind == FrameKind.PUBLISHED)


@case("free, data, table, pool and hypervisor frames at once", "MEM-12", "MEM-10")
def _(s: MachineState) -> bool:
    kinds = (FrameKind.FREE, FrameKind.DATA, FrameKind.TABLE, FrameKind.HYPERVISOR)
    return all(some(s.frame, lambda _p, f, k=k: f.kind == k) for k in kinds)


@case("two VMs that live own memory", "NI-1")
def _(s: MachineState) -> bool:
    live = {k for k, vm in s.vm.points.items() if vm.life == Life.LIVE}
    return len({f.owner.raw for f in s.frame.points.values() if f.kind == FrameKind.DATA and (f.owner.raw,) in live}) > 1


@case("a VM runs", "AUT-1", "XLT-7", "XLT-4", "XLT-2")
def _(s: MachineState) -> bool:
    return some(s.cpu, lambda _c, c: c.stage2 and s.vcpu[c.vcpu].loaded)


@case("two virtual CPUs of two VMs run on two CPUs", "XLT-7", "XLT-4")
def _(s: MachineState) -> bool:
    return some(s.cpu, lambda c, r: r.stage2 and some(s.cpu, lambda d, q: c != d and q.stage2 and q.vcpu != r.vcpu))


@case("a large leaf is broken and its table half built", "XLT-5", "LIF-4")
def _(s: MachineState) -> bool:
    return some(s.table, lambda _f, t: t.phase == TablePhase.BUILDING and t.cursor > 100)  # noqa: PLR2004 - well inside


@case("a whole block is mapped by one leaf", "XLT-5", "MEM-6")
def _(s: MachineState) -> bool:
    return some(s.block, lambda _l, _b, b: b.phase == BlockPhase.WHOLE)


@case("a list of several extents is mapped completely", "DMA-3")
def _(s: MachineState) -> bool:
    return some(s.job, lambda _j, j: j.phase == JobPhase.DONE and j.extents > 1)


@case("a list is being undone half-way", "DMA-3", "LIF-4")
def _(s: MachineState) -> bool:
    return some(s.job, lambda _j, j: j.phase == JobPhase.UNDOING and j.cursor != 0)


@case("an extent lies above 4 GiB, and one below", "DMA-3", "DMA-4")
def _(s: MachineState) -> bool:
    high, edge = (lambda _j, _n, x: x.pages != 0 and x.frame >= FOUR_GIB), (lambda _j, _n, x: x.pages != 0 and x.frame < FOUR_GIB)
    return some(s.extent, high) and some(s.extent, edge)


@case("a request is translated at a page of a mirror that a CPU has cached too", "DMA-2")
def _(s: MachineState) -> bool:
    def same(x: RequestRecord) -> bool:
        return some(s.tlb, lambda _c, _t, _a, _v, e: e.valid and e.page == x.page and s.mirror_link[e.table, e.index].held)

    return some(s.request, lambda _r, x: x.phase == RequestPhase.TRANSLATED and s.mirror_link[x.table, x.index].held and same(x))


@case("a CPU's fault and a device's are reported, and a walk has set accessed and dirty bits", "XLT-2")
def _(s: MachineState) -> bool:
    marked = some(s.memory, lambda _f, _i, e: e.accessed and e.dirty)
    return marked and some(s.syndrome, lambda _c, x: x.valid) and some(s.fault, lambda _r, x: x.valid)


@case("a device's address space has a page that is reserved", "MEM-12", "DMA-4")
def _(s: MachineState) -> bool:
    return some(s.space, lambda _p, x: x.io and some(s.platform.reserved, lambda n, _l, _g, r: n == x.layout and r.reserved))


@case("a search found a window behind a page that is taken", "DMA-5")
def _(s: MachineState) -> bool:
    return some(s.search, lambda _j, x: x.phase == SearchPhase.FOUND and x.nth != 0)


@case("a search failed, though pages were free", "DMA-5")
def _(s: MachineState) -> bool:
    return some(s.search, lambda _j, x: x.phase == SearchPhase.FAILED)


@case("a window of a 32-bit device ends at 2^32 - 1", "DMA-4")
def _(s: MachineState) -> bool:
    last = FOUR_GIB - 1
    return some(s.job, lambda _j, j: j.width == AddressWidth(32) and j.total != 0 and (j.start + (j.total - 1)).to(Frame) == last)


@case("a translated request of a 32-bit device is at the last page below 2^32", "DMA-4")
def _(s: MachineState) -> bool:
    return some(s.request, lambda _r, x: x.phase == RequestPhase.TRANSLATED and x.page.to(Frame) == FOUR_GIB - 1)


@case("a context blocks while a function wakes up unasked", "DMA-7", "CTX-1")
def _(s: MachineState) -> bool:
    return bool(s.iommu.on) and some(s.pcie, lambda r, f: f.master and s.context[r].mode != ContextMode.STAGE2)


@case("a context names its owner's address space", "CTX-1", "CTX-2", "INV-7", "CTX-6")
def _(s: MachineState) -> bool:
    return some(s.context, lambda r, c: c.mode == ContextMode.STAGE2 and s.space[s.function[r].space].tag == c.tag)


@case("a cached context outlives the entry that it came from", "CTX-1", "VF-5")
def _(s: MachineState) -> bool:
    return some(s.context_cache, lambda r, c: c.cached and c.mode == ContextMode.STAGE2 and s.context[r].mode == ContextMode.ABORT)


@case("two tags stand for two address spaces of two VMs", "INV-4", "INV-7")
def _(s: MachineState) -> bool:
    return some(
        s.tag,
        lambda a, x: (
            x.phase != TagPhase.FREE
            and some(s.tag, lambda b, y: a != b and y.phase != TagPhase.FREE and s.space[x.space].vm != s.space[y.space].vm)
        ),
    )


@case("a function is on its way with a request of its old owner in flight", "VF-5", "DMA-7", "VF-4")
def _(s: MachineState) -> bool:
    return some(
        s.function,
        lambda r, f: f.phase == FunctionPhase.DETACHING and some(s.request, lambda _q, x: x.rid == r and x.owner == f.owner),
    )


@case("a VM is dying while its device acts", "LIF-7", "LIF-1", "LIF-8")
def _(s: MachineState) -> bool:
    dying = some(s.vm, lambda _v, v: v.life == Life.DYING)
    return dying and some(s.function, lambda r, f: s.pcie[r].master and s.vm[f.owner].life == Life.DYING)


def enumerated(s: MachineState, holds: Callable[..., Any]) -> bool:
    """Say whether some enumerated virtual function satisfies a condition on its PF and its requester id."""
    return some(s.vf, lambda pf, i, v: i < s.pf[pf].cursor and holds(pf, v.rid))


@case("a VF has the last requester id of all, 0xffff", "VF-1")
def _(s: MachineState) -> bool:
    return enumerated(s, lambda _pf, rid: rid == Rid.last())


@case("a VF is on another bus than its PF", "VF-1")
def _(s: MachineState) -> bool:
    return enumerated(s, lambda pf, rid: bus_of(rid) != bus_of(pf))


@case("the VFs of two PFs lie side by side", "VF-1")
def _(s: MachineState) -> bool:
    return enumerated(s, lambda pf, rid: s.pcie[rid - 1].virtual and s.pcie[rid - 1].pf != pf)


@case("two VFs of one PF belong to two VMs", "VF-4")
def _(s: MachineState) -> bool:
    def owned(one: Any, other: Any) -> bool:
        return bool(is_vm(one.owner)) and bool(is_vm(other.owner)) and one.owner != other.owner

    def beside(pf: Rid, f: Any) -> bool:
        return some(s.function, lambda q, g: s.pcie[q].virtual and s.pcie[q].pf == pf and owned(f, g))

    return some(s.function, lambda r, f: s.pcie[r].virtual and beside(s.pcie[r].pf, f))


@case("a VF is owned while its PF's VFs are being removed", "VF-5")
def _(s: MachineState) -> bool:
    return some(s.function, lambda r, f: s.pcie[r].virtual and is_vm(f.owner) and s.pf[s.pcie[r].pf].phase == SriovPhase.REMOVING)


FOUR_GIB = Frame(1 << 20)
"""The frame number at 2^32."""
