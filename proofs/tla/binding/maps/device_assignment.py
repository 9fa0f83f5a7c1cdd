"""The map of `spec/DeviceAssignment/DeviceAssignment.tla`: two live VMs, two functions, two requests, a frame that changes hands.

A context of the module leads to every frame of its VM; in Python the frame stands at one page of its owner's I/O address
space, so to donate is to map too, and to reclaim is to unmap and flush first. That page has the number of the host's frame:
a request that passes untranslated reaches the host. The IOTLB is part of the module's cached context; in Python it is filled
for one translation and emptied after it. The module's sweep, and there the ends of requests, are parts of Python's
completion and of its drain, which end requests by themselves. A delivery, piece by piece in the module, is in Python one step
at the end.
"""

from __future__ import annotations

from typing import Any

from proofs.search.scenarios.runs.basics import old_invalidations, vms
from proofs.search.scenarios.runs.parts import HOST, IO_A, IO_B, IO_TAG_A, IO_TAG_B, OLD, RW, A, B, device, space, walk
from proofs.tla.binding.language import Action, Args, Binding, Call, Observable, Steps, Tuples, Unbound, Variant, one
from pymodel.hardware.ids import Frame, Request, Rid, Ticket
from pymodel.hardware.invalidation import Scope
from pymodel.hardware.iommu import ContextEntry, ContextMode, RequestPhase
from pymodel.hypervisor.devices import FunctionPhase, FunctionRecord

__all__ = ["BINDING"]

# What the names of the module stand for in Python

VM = {"v1": A, "v2": B}
FRAME = {"h": 0x26, "f1": 0x25}
FUNCTION = {"d1": 0x10, "d2": 0x18}
REQUEST = {"r1": 1, "r2": 2}
#: The I/O address space, tag and tables of each VM.
SPACE = {"v1": IO_A, "v2": IO_B}
TAG = {"v1": IO_TAG_A, "v2": IO_TAG_B}
TABLES = {"v1": [0x13, 0x14, 0x15], "v2": [0x1F, 0x20, 0x21]}
PAGE = FRAME["h"]
NAME_OF_VM = {0: "nobody", HOST: "host", A: "v1", B: "v2"}
NAME_OF_FRAME = {number: name for name, number in FRAME.items()}
NAME_OF_FUNCTION = {number: name for name, number in FUNCTION.items()}
NAME_OF_TAG = {number: name for name, number in TAG.items()}


def _boot() -> list[Call]:
    """From power-on: both VMs run, with empty I/O tables in the walk cache; the host has h; both functions are clean."""
    calls = [*vms(), *old_invalidations(), ("donate", {"caller": HOST, "vm": HOST, "frame": FRAME["h"]})]
    for v, vm in VM.items():
        calls += space(vm, SPACE[v], TAG[v], TABLES[v], 1)
        rid = FUNCTION["d1" if v == "v1" else "d2"]
        # Attached once and taken back, as a walk begins at a function's context.
        calls += [*device(rid, vm, SPACE[v]), ("io_root", {"rid": rid, "from_cache": 0}), *walk(TAG[v], TABLES[v][:2])]
        calls += [("detach", {"caller": HOST, "rid": rid}), ("invalidate_function", {"rid": rid})]
        ticket = OLD + list(VM).index(v) + 1
        calls += [("complete", {"ticket": ticket}), ("finish_detach", {"caller": HOST, "rid": rid, "ticket": ticket})]
        calls += [(name, {"caller": HOST, "rid": rid}) for name in ("reset_function", "drain_function")]
    return calls


# Looking at the Python state


def function(s: Any, d: str) -> FunctionRecord:
    """Return a function's record."""
    found: FunctionRecord = s.function[Rid(FUNCTION[d])]
    return found


def residue(s: Any, d: str) -> str:
    """Return whose data a function's own registers hold."""
    return vm_name(s.pcie[Rid(FUNCTION[d])].residue)


def vm_name(vm: Any) -> str:
    """Return the module's name of a VM."""
    return NAME_OF_VM[int(vm.raw)]


def frame_name(frame: Frame) -> str:
    """Return the module's name of a frame."""
    return NAME_OF_FRAME.get(int(frame.raw), f"frame {frame.raw:#x}")


def leads_to(entry: ContextEntry) -> str:
    """Return whose memory a context leads to."""
    if entry.mode == ContextMode.BYPASS:
        return "host"
    return NAME_OF_TAG[int(entry.tag.raw)] if entry.mode == ContextMode.STAGE2 else "nobody"


def flushes(s: Any, d: str) -> list[int]:
    """Return the invalidations of a function that count for its detach, newest first."""
    since = int(function(s, d).since.raw)
    rows = ((n, inv) for (n,), inv in s.invalidation.points.items() if n >= since)
    return sorted((n for n, inv in rows if inv.scope == Scope.FUNCTION and int(inv.rid.raw) == FUNCTION[d]), reverse=True)


def flush(s: Any, d: str) -> str:
    """Return how far the invalidation is that a detach needs."""
    found = flushes(s, d) if function(s, d).phase == FunctionPhase.DETACHING else []
    return ("DONE" if any(s.invalidation[Ticket(n)].done for n in found) else "PENDING") if found else "NONE"


def is_cut_off(s: Any, v: str) -> bool:
    """Say whether each function of a VM has been flushed."""
    own = [function(s, d) for d in FUNCTION if vm_name(function(s, d).owner) == v]
    return all(f.phase in (FunctionPhase.FLUSHED, FunctionPhase.RESET) for f in own)


# Steps


def of_function(name: str, a: Args, **more: int) -> Steps:
    """Return a step of the host on a function."""
    return [one(name, caller=HOST, rid=FUNCTION[a["d"]], **more)]


def donate(_s: Any, a: Args) -> Steps:
    """Give a frame to a VM, which maps it for its functions."""
    vm, frame = VM[a["v"]], FRAME[a["f"]]
    mapped = one("map", caller=vm, space=SPACE[a["v"]], page=PAGE, level=0, frame=frame, rights=RW)
    return [one("donate", caller=HOST, vm=vm, frame=frame), mapped]


def reclaim(s: Any, a: Args) -> Steps:
    """Unmap a frame, flush, and give it back."""
    ticket, at = int(s.queue.next.raw), {"caller": VM[a["v"]], "space": SPACE[a["v"]], "page": PAGE, "level": 0}
    return [
        one("unmap", **at),
        one("invalidate_pages", tag=TAG[a["v"]], page=PAGE, mask=0),
        one("complete", ticket=ticket),
        one("release", **at, ticket=ticket),
        one("reclaim", caller=VM[a["v"]], frame=FRAME[a["f"]]),
    ]


def translate(s: Any, a: Args) -> Steps:
    """Translate through an IOTLB entry that is there for this one request, from either context; or pass, to the host."""
    request, v = REQUEST[a["r"]], vm_name(s.frame[Frame(FRAME[a["f"]])].owner)
    if v not in VM:
        return [[("dma_pass", {"request": request, "from_cache": cached}) for cached in (0, 1)]]
    rid, tag = int(s.request[Request(request)].rid.raw), TAG[v]
    entry = {"rid": rid, "table": TABLES[v][2], "page": PAGE}
    return [
        [("iotlb_fill", {**entry, "from_cache": cached}) for cached in (0, 1)],
        one("dma_translate", request=request, tag=tag),
        one("iotlb_evict", rid=rid, tag=tag, page=PAGE),
    ]


def end(_s: Any, a: Args) -> Steps:
    """Deliver a request."""
    return [one("dma_deliver", request=REQUEST[a["r"]], index=0, kind=0, target=0, rights=0)]


def reached(s: Any, a: Args) -> Tuples:
    """Return the frame that a request reaches, and whose request it is."""
    r = s.request[Request(REQUEST[a["r"]])]
    return frozenset({("frame", vm_name(r.owner), frame_name(r.frame))})


def found_in(s: Any, a: Args) -> Tuples:
    """Return whose data the owner of a function finds in its registers."""
    f = function(s, a["d"])
    left = residue(s, a["d"])
    return frozenset() if left == "nobody" else frozenset({("data", vm_name(f.owner), left)})


# The actions

ALL_CACHED = "Python caches every context, one that aborts too; the module keeps none of these"
ASKED = "Python issues an invalidation whenever it is asked to; the module's host issues the one that is owed"
ENDS = "Python ends the requests that the module waits for: a run in which they end first is another run of Python"
FLUSHES = "in Python reclaiming here unmaps and flushes by itself, so it need not wait for the functions"

ACTIONS = (
    # Hypervisor
    Action("Donate", ("f", "v"), donate),
    Action("Reclaim", ("f", "v"), reclaim, where=lambda s, a: is_cut_off(s, a["v"]), one_way=FLUSHES),
    Action("Attach", ("d", "v"), lambda _, a: of_function("attach", a, vm=VM[a["v"]], space=SPACE[a["v"]])),
    Action("Detach", ("d",), lambda _, a: of_function("detach", a)),
    Action(
        "InvalidateFunction",
        ("d",),
        lambda _, a: [one("invalidate_function", rid=FUNCTION[a["d"]])],
        where=lambda s, a: function(s, a["d"]).phase == FunctionPhase.DETACHING and flush(s, a["d"]) == "NONE",
        one_way=ASKED,
    ),
    Action(
        "FinishDetach",
        ("d",),
        lambda s, a: [[of_function("finish_detach", a, ticket=n)[0][0] for n in flushes(s, a["d"]) or [OLD]]],
    ),
    Action("ResetFunction", ("d",), lambda _, a: of_function("reset_function", a)),
    Action("DrainFunction", ("d",), lambda _, a: of_function("drain_function", a), one_way=ENDS),
    # Hardware
    Action(
        "ContextFill",
        ("d",),
        lambda _, a: [one("context_fill", rid=FUNCTION[a["d"]])],
        where=lambda s, a: leads_to(s.context[Rid(FUNCTION[a["d"]])]) != "nobody",
        one_way=ALL_CACHED,
    ),
    Action(
        "ContextEvict",
        ("d",),
        lambda _, a: [one("context_evict", rid=FUNCTION[a["d"]])],
        where=lambda s, a: leads_to(s.context_cache[Rid(FUNCTION[a["d"]])]) != "nobody",
    ),
    Action("DmaTranslate", ("r", "f"), translate),
    Action("DmaFault", ("r",), lambda _, a: [one("dma_fault", request=REQUEST[a["r"]])]),
    Action(
        "DmaDeliver",
        ("r",),
        lambda _s, _a: [],
        where=lambda s, a: s.request[Request(REQUEST[a["r"]])].phase == RequestPhase.TRANSLATED,
        reaches=reached,
    ),
    Action("DmaEnd", ("r",), end),
    Action("Sweep", ("d",), lambda _, a: [one("context_evict", rid=FUNCTION[a["d"]])], inner=True),
    Action("Complete", ("d",), lambda s, a: [[("complete", {"ticket": n}) for n in flushes(s, a["d"])[:1]]], one_way=ENDS),
    # Devices and guests
    Action(
        "DmaIssue",
        ("r", "d"),
        lambda _, a: [one("dma_issue", request=REQUEST[a["r"]], rid=FUNCTION[a["d"]], page=PAGE, write=1)],
    ),
    Action(
        "UseFunction",
        ("d",),
        lambda s, a: [one("set_master", caller=int(function(s, a["d"]).owner.raw), rid=FUNCTION[a["d"]], on=1)],
        reaches=found_in,
    ),
)

NO_LIFE = "the address space that a VM needs here is given up slot by slot: over a thousand steps, of which the module says nothing"
UNBOUND = tuple(Unbound(name, ("v",), NO_LIFE) for name in ("CreateVm", "KillVm", "DrainVm", "ReapVm"))

# What is compared

OBSERVABLES = (
    Observable(
        "owner",
        r"{<<f, owner[f]>> : f \in Frames}",
        lambda s: frozenset((f, vm_name(s.frame[Frame(n)].owner)) for f, n in FRAME.items()),
    ),
    Observable(
        "function",
        r"{<<d, function[d].phase, function[d].owner, function[d].residue>> : d \in Rids}",
        lambda s: frozenset((d, repr(f.phase), vm_name(f.owner), residue(s, d)) for d in FUNCTION for f in [function(s, d)]),
    ),
    Observable(
        "context",
        r"{<<d, context[d]>> : d \in Rids}",
        lambda s: frozenset((d, leads_to(s.context[Rid(n)])) for d, n in FUNCTION.items()),
    ),
    Observable(
        "cached",
        r"{<<d, cached[d]>> : d \in Rids}",
        lambda s: frozenset((d, leads_to(s.context_cache[Rid(n)])) for d, n in FUNCTION.items()),
    ),
    Observable(
        "flush",
        r'{<<d, IF flush[d] \in {"SENT", "SWEPT"} THEN "PENDING" ELSE flush[d]>> : d \in Rids}',
        lambda s: frozenset((d, flush(s, d)) for d in FUNCTION),
    ),
    Observable(
        "waiting",
        r'{<<r, request[r].rid, request[r].owner>> : r \in {q \in Requests : request[q].phase = "ISSUED"}}',
        lambda s: frozenset(row[:3] for row in _requests(s, RequestPhase.ISSUED)),
    ),
    Observable(
        "translated",
        r"{<<r, request[r].rid, request[r].owner, request[r].frame>> : "
        r'r \in {q \in Requests : request[q].phase = "TRANSLATED"}}',
        lambda s: frozenset(_requests(s, RequestPhase.TRANSLATED)),
    ),
    Observable(
        "reached",
        r'{<<"frame", x.vm, x.frame>> : x \in access} \union {<<"data", x.vm, x.saw>> : x \in seen}',
    ),
)


def _requests(s: Any, phase: RequestPhase) -> list[tuple[str, str, str, str]]:
    """Return the requests of a phase: name, function, whose it is, the frame."""
    rows = ((name, s.request[Request(n)]) for name, n in REQUEST.items())
    return [(name, NAME_OF_FUNCTION[int(r.rid.raw)], vm_name(r.owner), frame_name(r.frame)) for name, r in rows if r.phase == phase]


# The module's faulty variants


def like(known: str, name: str) -> Action:
    """Return an action that stands for the steps of another one."""
    action = next(a for a in ACTIONS if a.name == known)
    return Action(name, action.params, action.steps)


VARIANTS = (
    Variant(
        "DeviceAssignment_XSA302",
        like("Detach", "DetachToHost"),
        "shows context = {<<d1, nobody>>}",
        policy="pymodel.zoo.devices.xsa_302",
    ),
    Variant("DeviceAssignment_NoInvalidate", like("FinishDetach", "FinishUnflushed"), "refuses it: NOT_FLUSHED"),
    # What the module leaves in flight, Python ends.
    Variant("DeviceAssignment_NoFirstDrain", like("Complete", "CompleteUndrained"), "shows translated = {}"),
    Variant("DeviceAssignment_NoSecondDrain", like("DrainFunction", "CleanUndrained"), "shows waiting = {}"),
    Variant("DeviceAssignment_NoReset", like("ResetFunction", "SkipReset"), "shows function = {<<d1, RESET, v1, nobody>>}"),
    Variant("DeviceAssignment_IssueAfterReset", like("DmaIssue", "IssueAfterReset"), "refuses it: NOT_ALLOWED"),
)

BINDING = Binding(
    module="DeviceAssignment",
    platform="small",
    boot=_boot(),
    constants={
        "Vms": "{v1, v2}",
        "NOBODY": "nobody",
        "HYPERVISOR": "hypervisor",
        "HOST": "host",
        "Frames": "{h, f1}",
        "HostFrame": "h",
        "Rids": "{d1, d2}",
        "NORID": "norid",
        "Requests": "{r1, r2}",
    },
    small={"Vms": "{v1}", "Rids": "{d1}", "Requests": "{r1}"},
    domains={
        "v": ("Vms", tuple(VM)),
        "f": ("Frames", tuple(FRAME)),
        "d": ("Rids", tuple(FUNCTION)),
        "r": ("Requests", tuple(REQUEST)),
    },
    actions=ACTIONS,
    observables=OBSERVABLES,
    result="reached",
    start=r"""/\ owner = [f \in Frames |-> IF f = HostFrame THEN HOST ELSE NOBODY]
    /\ life = [v \in Vms |-> "LIVE"]
    /\ function = [d \in Rids |-> [phase |-> "CLEAN", owner |-> NOBODY, residue |-> NOBODY]]
    /\ context = [d \in Rids |-> NOBODY] /\ cached = [d \in Rids |-> NOBODY] /\ flush = [d \in Rids |-> "NONE"]
    /\ request = [r \in Requests |-> Nothing] /\ access = {} /\ seen = {}""",
    # A physical function that makes its virtual function issue with bus mastering off is in the module alone. In Python
    # mastering is on from the owner's first use of the function to the reset, and so long the residue is the owner's.
    within=r'IF a.act = "DmaIssue" THEN function[a.d].residue = function[a.d].owner ELSE TRUE',
    unbound=UNBOUND,
    inner=r"""(\E d \in Rids : Sweep(d)) \/ \E r \in Requests : DmaFault(r) \/ DmaEnd(r)""",
    around=("Complete", "DrainFunction"),
    variants=VARIANTS,
)
