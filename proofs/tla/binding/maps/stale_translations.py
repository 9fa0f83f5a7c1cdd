"""The map of `spec/StaleTranslations/StaleTranslations.tla`: two VMs, two pages, three frames, two CPUs, one IOMMU.

One table of the module serves a VM's CPUs and its devices. In Python a VM has an address space for its CPUs and one for its
devices; the hypervisor of the map does each thing to both, under a lock on the slot, while other slots, hardware and guests go
on. A leaf is there as long as it is in one of them, so to map takes effect with the first, all else with the second; only
`replace` is not interrupted, since in between two frames would stand in one slot. An invalidation is of a slot for every cache;
in Python it is two tickets, one under the tag of each address space. In the module each CPU does its part by itself, in Python
all CPUs do theirs when the ticket completes. So the part of a CPU that is not the last one is, in Python, that this CPU forgets
what it holds for the slot.

A CPU must run a virtual CPU of a VM to fill or use a translation of that VM: the context switch is no step of the module.
Behind the one IOMMU each VM has a function. Rights are always read and write. A guest chooses its virtual page, one for each
page and frame, so that its TLB may hold several translations of a page, as in the module; walk caches stay filled.
"""

from __future__ import annotations

from typing import Any

from proofs.search.scenarios.runs.parts import HOST, OLD, RW
from proofs.tla.binding.language import Action, Args, Binding, Observable, Seen, Steps, Tuples, Variant, one
from proofs.tla.binding.maps.stale_view import (
    CPU,
    FRAME,
    FUNCTION,
    NAME_OF_PAGE,
    NAME_OF_VM,
    OF_CPU,
    OF_FUNCTION,
    PAGE,
    SLOTS,
    SPACES,
    TABLES,
    TAGS,
    VCPU,
    VM,
    boot,
    cached,
    frame_name,
    is_issued,
    is_pending,
    leaves,
    removed,
    tickets,
    virtual_page,
)
from pymodel.hardware.access import Granted
from pymodel.hardware.cpu import cpu_access
from pymodel.hardware.ids import WRITE, Asid, Cpu, Frame, Request, VirtualPage
from pymodel.hardware.memory import EntryKind

__all__ = ["BINDING"]

# Steps


def both(name: str, a: Args, **more: int) -> Steps:
    """Return a step on the slot in both address spaces of the VM, by the VM."""
    return [one(name, caller=VM[a["v"]], space=number, page=PAGE[a["p"]], **more) for number in SPACES[a["v"]]]


def flushed(s: Any, name: str, a: Args, **more: int) -> Steps:
    """Return the same with a ticket: any that covers the slot, newest first, or one that is too old."""
    found = both(name, a, **more)
    choices = [tickets(s, a["v"], a["p"], io) or [OLD] for io in (0, 1)]
    return [[(n, {**arguments, "ticket": t}) for t in choices[io]] for io, [(n, arguments)] in enumerate(found)]


def invalidate(_s: Any, a: Args) -> Steps:
    """Issue an invalidation of the slot under both tags."""
    return [one("invalidate_pages", tag=tag, page=PAGE[a["p"]], mask=0) for tag in TAGS[a["v"]]]


def bring(s: Any, a: Args) -> Steps:
    """Return the context switch after which the CPU runs the VM; nothing if it does already."""
    cpu, vcpu = CPU[a["c"]], VCPU[a["c"], a["v"]]
    if int(s.cpu[Cpu(cpu)].vcpu.raw) == vcpu:
        return []
    return [*(one(name, cpu=cpu) for name in ("switch_out", "unload")), one("load", cpu=cpu, vcpu=vcpu), one("switch_in", cpu=cpu)]


def fill(s: Any, a: Args) -> Steps:
    """Fill a TLB or an IOTLB from the lowest table."""
    page, (of_cpus, of_devices) = PAGE[a["p"]], TABLES[a["v"]]
    if a["c"] in CPU:
        at = {"cpu": CPU[a["c"]], "asid": 0, "va": virtual_page(a)}
        return [*bring(s, a), one("tlb_fill", **at, table=of_cpus[2], page=page, stage1=15)]
    return [one("iotlb_fill", rid=FUNCTION[a["c"], a["v"]], table=of_devices[2], page=page, from_cache=0)]


def evict(_s: Any, a: Args) -> Steps:
    """Forget one translation."""
    if a["c"] in CPU:
        return [one("tlb_evict", cpu=CPU[a["c"]], tag=TAGS[a["v"]][0], asid=0, va=virtual_page(a))]
    return [one("iotlb_evict", rid=FUNCTION[a["c"], a["v"]], tag=TAGS[a["v"]][1], page=PAGE[a["p"]])]


def use(s: Any, a: Args) -> Steps:
    """Have a guest store through its TLB, or a device write, all the way."""
    content = {"index": 0, "kind": 0, "target": 0, "rights": 0}
    if a["c"] in CPU:
        return [*bring(s, a), one("guest_store", cpu=CPU[a["c"]], asid=0, va=virtual_page(a), **content)]
    return [
        one("dma_issue", request=1, rid=FUNCTION[a["c"], a["v"]], page=PAGE[a["p"]], write=1),
        one("dma_translate", request=1, tag=TAGS[a["v"]][1]),
        one("dma_deliver", request=1, **content),
    ]


def reached(s: Any, a: Args) -> Tuples:
    """Return the VM and the frame that the last step of `use` reaches, seen just before it."""
    if a["c"] not in CPU:
        return frozenset({(a["v"], frame_name(s.request[Request(1)].frame))})
    answer = cpu_access(s, Cpu(CPU[a["c"]]), Asid(0), VirtualPage(virtual_page(a)), WRITE)
    return frozenset({(a["v"], frame_name(answer.frame))}) if isinstance(answer, Granted) else frozenset()


def complete(s: Any, a: Args) -> Steps:
    """Complete the newest invalidation of the slot under the tag of the CPUs, or under that of the devices."""
    io = int(a.get("c", "c1") not in CPU)
    return [[("complete", {"ticket": n}) for n in tickets(s, a["v"], a["p"], io)[:1]]]


def part_of_a_cpu(_s: Any, a: Args, seen: Seen) -> Steps | None:
    """Return what a CPU does that is not the last one to do its part: it forgets what it holds for the slot."""
    v, p, c = a["v"], a["p"], a["c"]
    others = {who for vm, page, who in seen["waiting"] if (vm, page) == (v, p) and who in CPU} - {c}
    return [step for f in FRAME for step in evict(_s, {**a, "f": f})] if c in CPU and others else None


# The actions

PAGE_LEVEL = 0
NEVER_REFUSED = "Python issues an invalidation whenever it is asked to; the module's hypervisor issues the one that is owed"
PARTS = "in Python one ticket stands for the parts of all CPUs; which of them wait still is compared as `pending`"

ACTIONS = (
    # Hypervisor
    Action("Donate", ("f", "v"), lambda _, a: [one("donate", caller=HOST, vm=VM[a["v"]], frame=FRAME[a["f"]])]),
    Action("Reclaim", ("f", "v"), lambda _, a: [one("reclaim", caller=VM[a["v"]], frame=FRAME[a["f"]])]),
    Action(
        "Map",
        ("v", "p", "f"),
        lambda _, a: both("map", a, level=PAGE_LEVEL, frame=FRAME[a["f"]], rights=RW),
        effect="first",
    ),
    Action(
        "Unmap",
        ("v", "p", "f"),
        lambda _, a: both("unmap", a, level=PAGE_LEVEL),
        effect="last",
        where=lambda s, a: leaves(s, a["v"], a["p"], EntryKind.LEAF) <= {a["f"]},
    ),
    Action(
        "InvalidatePages",
        ("v", "p", "f"),
        invalidate,
        where=lambda s, a: leaves(s, a["v"], a["p"], EntryKind.STALE) == {a["f"]} and not is_issued(s, a["v"], a["p"]),
        one_way=NEVER_REFUSED,
        effect="last",
    ),
    Action(
        "Release",
        ("v", "p", "f"),
        lambda s, a: flushed(s, "release", a, level=PAGE_LEVEL),
        effect="last",
        where=lambda s, a: leaves(s, a["v"], a["p"], EntryKind.STALE) <= {a["f"]},
    ),
    Action(
        "Replace",
        ("v", "p", "old", "f"),
        lambda s, a: flushed(s, "replace", a, frame=FRAME[a["f"]], rights=RW),
        where=lambda s, a: leaves(s, a["v"], a["p"], EntryKind.STALE) <= {a["old"]},
    ),
    # Hardware
    Action(
        "Fill",
        ("c", "v", "p", "f"),
        fill,
        where=lambda s, a: leaves(s, a["v"], a["p"], EntryKind.LEAF) <= {a["f"]},
        unlocked=True,
    ),
    Action(
        "Evict",
        ("c", "v", "p", "f"),
        evict,
        where=lambda s, a: cached(s, a).valid and frame_name(cached(s, a).frame) == a["f"],
        unlocked=True,
    ),
    Action("Complete", ("v", "p", "c"), complete, one_way=PARTS, substep=part_of_a_cpu),
    Action("CompleteBroadcast", ("v", "p"), complete, one_way=PARTS),
    # Guests and devices
    Action("Use", ("c", "v", "p", "f"), use, reaches=reached, names_it=True, unlocked=True),
)

# What is compared

OBSERVABLES = (
    Observable(
        "owner",
        r"{<<f, owner[f]>> : f \in Frames}",
        lambda s: frozenset((f, NAME_OF_VM[int(s.frame[Frame(n)].owner.raw)]) for f, n in FRAME.items()),
    ),
    Observable(
        "table",
        r"{<<e.vm, e.page, e.frame>> : e \in table}",
        lambda s: frozenset((v, p, f) for v, p in SLOTS for f in leaves(s, v, p, EntryKind.LEAF)),
    ),
    Observable(
        "stale",
        r"{<<e.vm, e.page, e.frame>> : e \in stale}",
        lambda s: frozenset((v, p, f) for v, p in SLOTS for f in removed(s, v, p)),
    ),
    Observable(
        "issued",
        r"{<<i.vm, i.page>> : i \in issued}",
        lambda s: frozenset((v, p) for v, p in SLOTS if is_issued(s, v, p)),
    ),
    Observable(
        "pending",
        r'{<<w.vm, w.page, IF w.who \in Cpus THEN "cpus" ELSE w.who>> : w \in waiting}',
        lambda s: frozenset((v, p, who) for v, p in SLOTS for io, who in enumerate(("cpus", "i1")) if is_pending(s, v, p, io)),
    ),
    Observable("cache", r"{<<t.who, t.vm, t.page, t.frame>> : t \in cache}", lambda s: _tlbs(s) | _iotlbs(s)),
    Observable("reached", r"{<<a.vm, a.frame>> : a \in access}"),
    Observable("waiting", r"{<<w.vm, w.page, w.who>> : w \in waiting}"),
)


def _tlbs(s: Any) -> Tuples:
    """Return what the TLBs hold."""
    rows = (((cpu, tag), e) for (cpu, tag, _asid, _va), e in s.tlb.points.items() if e.valid)
    return frozenset((*OF_CPU[key], NAME_OF_PAGE[int(e.page.raw)], frame_name(e.frame)) for key, e in rows)


def _iotlbs(s: Any) -> Tuples:
    """Return what the IOTLB holds."""
    rows = (((rid, tag), e) for (rid, tag, _page), e in s.iotlb.points.items() if e.valid)
    return frozenset((*OF_FUNCTION[key], NAME_OF_PAGE[int(e.page.raw)], frame_name(e.frame)) for key, e in rows)


# The module's faulty variants


def like(known: str, name: str, *params: str) -> Action:
    """Return an action that stands for the steps of another one."""
    action = next(a for a in ACTIONS if a.name == known)
    return Action(name, params, action.steps, where=action.where)


VARIANTS = (
    Variant(
        "StaleTranslations_LNXLazyFlush",
        like("Release", "ReleaseWhenQueued", "v", "p", "f"),
        "refuses it: NOT_FLUSHED",
        policy="pymodel.zoo.caches.lnx_lazy_flush",
    ),
    Variant(
        "StaleTranslations_XSA346",
        like("Replace", "ReplaceBeforeFlush", "v", "p", "old", "f"),
        "refuses it: NOT_FLUSHED",
        policy="pymodel.zoo.caches.xsa_346",
    ),
    Variant("StaleTranslations_NoInvalidate", like("Release", "ReleaseUnflushed", "v", "p", "f"), "refuses it: NOT_FLUSHED"),
    Variant(
        "StaleTranslations_NoUnmap",
        Action("ReleaseWithoutUnmap", ("f",), lambda s, a: [one("reclaim", caller=owner_of(s, a["f"]), frame=FRAME[a["f"]])]),
        "refuses it: IN_USE",
    ),
    Variant("StaleTranslations_MakeWithoutBreak", like("Map", "Overwrite", "v", "p", "old", "f"), "refuses it: OCCUPIED"),
    # An invalidation that comes before the removal is taken, and counts for nothing.
    Variant("StaleTranslations_FlushFirst", Action("InvalidateMapped", ("v", "p", "f"), invalidate), "shows issued = {}"),
    # An invalidation under the CPUs' tag alone is taken, and the other half of the slot is still owed one.
    Variant(
        "StaleTranslations_BroadcastOnly",
        Action("InvalidateCpusOnly", ("v", "p", "f"), lambda s, a: invalidate(s, a)[:1]),
        "shows issued = {}",
    ),
)


def owner_of(s: Any, f: str) -> int:
    """Return who owns a frame."""
    return int(s.frame[Frame(FRAME[f])].owner.raw)


BINDING = Binding(
    module="StaleTranslations",
    platform="small",
    boot=boot(),
    constants={
        "Vms": "{v1, v2}",
        "Pages": "{p1, p2}",
        "Frames": "{f1, f2, f3}",
        "Cpus": "{c1, c2}",
        "Iommus": "{i1}",
        "NOBODY": "nobody",
        "HYPERVISOR": "hypervisor",
    },
    small={"Vms": "{v1}", "Pages": "{p1}", "Frames": "{f1, f2}"},
    domains={
        "v": ("Vms", tuple(VM)),
        "p": ("Pages", tuple(PAGE)),
        "f": ("Frames", tuple(FRAME)),
        "old": ("Frames", tuple(FRAME)),
        "c": ("Caches", ("c1", "c2", "i1")),
    },
    actions=ACTIONS,
    observables=OBSERVABLES,
    result="reached",
    lock=("v", "p"),
    # The parts of the CPUs that are not the last.
    inner=r"""\E v \in Vms, p \in Pages, c \in Cpus :
        /\ \E other \in Cpus \ {c} : [vm |-> v, page |-> p, who |-> other] \in waiting
        /\ Complete(v, p, c)""",
    around=("Complete",),
    variants=VARIANTS,
)
