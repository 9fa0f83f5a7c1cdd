"""The map of `spec/InvalidationQueue/InvalidationQueue.tla`: two devices, each behind a queue of its own, two frames.

A device of the module is in Python a function with the VM that owns it: frames are the VM's, and are mapped in the address
space of its devices, each at a page of its own. A request is an invalidation of that address space's tag.

Python has no queues: an invalidation sweeps the caches and is reported in one step, which is taken at the sweep, and the caller
is told at once. So waits, their completions and the answer itself stand for nothing; neither do time-outs, quarantine, resets and
rewinds, of which Python has none: there an invalidation whose device does not answer is one that never completes, and a late
answer is an eviction. That Python may let a frame go before the module does is therefore no disagreement; what the module lets
go, Python must, and what the faulty variants let go, Python must not.

Requests are told apart by how many of the same device were issued after them.
"""

from __future__ import annotations

from typing import Any

from proofs.search.scenarios.runs.parts import HOST, OLD, RW
from proofs.tla.binding.language import Action, Args, Binding, Observable, Seen, Steps, Tuples, Variant, one
from proofs.tla.binding.maps.stale_view import FUNCTION, NAME_OF_VM, SPACES, TABLES, TAGS, VM, boot
from pymodel.hardware.ids import Frame, Index, Request, Ticket
from pymodel.hardware.invalidation import Scope
from pymodel.hardware.memory import EntryKind

__all__ = ["BINDING"]

# What the names of the module stand for in Python

OWNER = {"d1": "v1", "d2": "v2"}
RID = {d: FUNCTION["i1", v] for d, v in OWNER.items()}
VM_OF = {d: VM[v] for d, v in OWNER.items()}
SPACE = {d: SPACES[v][1] for d, v in OWNER.items()}
TAG = {d: TAGS[v][1] for d, v in OWNER.items()}
TABLE = {d: TABLES[v][1] for d, v in OWNER.items()}
FRAME = {"f1": 0x25, "f2": 0x26}
PAGE = {"f1": 0, "f2": 1}
#: How many requests of a device came after one.
RANK = ("0", "1", "2", "3")
NAME_OF_DEVICE = {v: d for d, v in OWNER.items()}
NAME_OF_FRAME = {number: name for name, number in FRAME.items()}
NAME_OF_RID = {number: name for name, number in RID.items()}

# Looking at the Python state


def owner(s: Any, f: str) -> str:
    """Return whose a frame is."""
    name = NAME_OF_VM[int(s.frame[Frame(FRAME[f])].owner.raw)]
    return NAME_OF_DEVICE.get(name, name)


def slot(s: Any, d: str, f: str) -> Any:
    """Return the slot of a frame in the table of a device."""
    return s.memory[Frame(TABLE[d][2]), Index(PAGE[f])]


def since(s: Any, d: str, f: str) -> int:
    """Return the first request that counts for a frame that was taken from a device."""
    return int(s.slot_note[Frame(TABLE[d][2]), Index(PAGE[f])].since.raw)


def lent(s: Any, kind: EntryKind) -> Tuples:
    """Return where a slot is of that kind: device and frame."""
    return frozenset((d, f) for d in RID for f in FRAME if slot(s, d, f).kind == kind)


def tickets(s: Any, d: str) -> list[int]:
    """Return the requests of a device, newest first."""
    found = ((n, inv) for (n,), inv in s.invalidation.points.items() if n > OLD)
    return sorted((n for n, inv in found if inv.scope == Scope.TAG and int(inv.tag.raw) == TAG[d]), reverse=True)


def is_owed(s: Any, d: str) -> bool:
    """Say whether something was taken from a device since its last request."""
    newest = max(tickets(s, d), default=0)
    return any(since(s, d, f) > newest for e, f in lent(s, EntryKind.STALE) if e == d)


def is_told(s: Any, d: str, f: str) -> bool:
    """Say whether a wait can tell that a frame is out of every cache: a request is done that counts, and all before it."""
    rest, first = tickets(s, d)[::-1], since(s, d, f)
    while rest and s.invalidation[Ticket(rest[0])].done:
        if rest.pop(0) >= first:
            return True
    return False


def cached(s: Any) -> Tuples:
    """Return what the IOTLB holds: device and frame."""
    rows = ((rid, e) for (rid, _tag, _page), e in s.iotlb.points.items() if e.valid)
    return frozenset((NAME_OF_RID[rid], NAME_OF_FRAME[int(e.frame.raw)]) for rid, e in rows)


# Steps


def on_page(name: str, a: Args, **more: int) -> Steps:
    """Return a step of a VM on a page of its devices."""
    return [one(name, caller=VM_OF[a["d"]], space=SPACE[a["d"]], page=PAGE[a["f"]], level=0, **more)]


def release(s: Any, a: Args, _seen: Seen | None = None) -> Steps:
    """Release a page, with any request of the device, newest first, or one that is too old."""
    [[(name, given)]] = on_page("release", a)
    return [[(name, {**given, "ticket": n}) for n in tickets(s, a["d"]) or [OLD]]]


def invalidate(_s: Any, a: Args, _seen: Seen | None = None) -> Steps:
    """Issue a request."""
    return [one("invalidate_tag", tag=TAG[a["d"]])]


def complete(s: Any, a: Args) -> Steps:
    """Complete the request of that rank."""
    return [[("complete", {"ticket": n}) for n in tickets(s, a["d"])[int(a["n"]) :][:1]]]


def fill(_s: Any, a: Args) -> Steps:
    """Walk and cache."""
    rid, tables = RID[a["d"]], TABLE[a["d"]]
    return [
        one("io_root", rid=rid, from_cache=0),
        *(one("walk_on", tag=TAG[a["d"]], table=table, index=0) for table in tables[:2]),
        one("iotlb_fill", rid=rid, table=tables[2], page=PAGE[a["f"]], from_cache=0),
    ]


def evict(_s: Any, a: Args) -> Steps:
    """Forget everything that a device holds."""
    return [one("iotlb_evict", rid=RID[a["d"]], tag=TAG[a["d"]], page=page) for page in PAGE.values()]


def use(_s: Any, a: Args) -> Steps:
    """Have a device write."""
    return [
        one("dma_issue", request=1, rid=RID[a["d"]], page=PAGE[a["f"]], write=1),
        one("dma_translate", request=1, tag=TAG[a["d"]]),
        one("dma_deliver", request=1, index=0, kind=0, target=0, rights=0),
    ]


def reached(s: Any, a: Args) -> Tuples:
    """Return the frame that a device reaches, seen just before."""
    return frozenset({(a["d"], NAME_OF_FRAME[int(s.request[Request(1)].frame.raw)])})


# The actions

NEVER_REFUSED = "Python issues an invalidation whenever it is asked to; the module's hypervisor issues the one that is owed"
ONE_STEP = "Python sweeps the caches and reports in one step, which is taken at the sweep"
TOLD_AT_ONCE = "in Python the caller is told at once, in the module by a wait; and a reset or a rewind makes the module ask again"
#: The request of that rank.
THAT = r"inv[t].rid = a.d /\ ToString(Cardinality({u \in Tickets : u > t /\ inv[u].rid = a.d})) = a.n"


def nothing(name: str, some: str, *params: str) -> Action:
    """Return a step of the module that stands for nothing."""
    return Action(name, params, lambda _s, _a: [], tla=some, inner=True)


ACTIONS = (
    # Hypervisor
    Action("Donate", ("d", "f"), lambda _, a: [one("donate", caller=HOST, vm=VM_OF[a["d"]], frame=FRAME[a["f"]])]),
    Action("Reclaim", ("d", "f"), lambda _, a: [one("reclaim", caller=VM_OF[a["d"]], frame=FRAME[a["f"]])]),
    Action("Map", ("d", "f"), lambda _, a: on_page("map", a, frame=FRAME[a["f"]], rights=RW)),
    Action("Unmap", ("d", "f"), lambda _, a: on_page("unmap", a)),
    Action("Release", ("d", "f"), release, where=lambda s, a: is_told(s, a["d"], a["f"]), one_way=TOLD_AT_ONCE, substep=release),
    Action(
        "InvalidateFunction",
        ("d",),
        invalidate,
        where=lambda s, a: is_owed(s, a["d"]),
        one_way=NEVER_REFUSED,
        substep=invalidate,
    ),
    nothing("Wait", r"\E q \in Queues : Wait(q)"),
    nothing("Quarantine", r"\E t \in Tickets : Quarantine(t)"),
    nothing("ResetFunction", "", "d"),
    nothing("Rewind", ""),
    # Hardware
    Action("IotlbFill", ("d", "f"), fill),
    Action("Sweep", ("d", "n"), complete, tla=rf"\E t \in Tickets : {THAT} /\ Sweep(t)", inner=True),
    Action(
        "Complete",
        ("d", "n"),
        complete,
        tla=rf"\E t \in Tickets : {THAT} /\ Complete(t)",
        one_way=ONE_STEP,
        substep=lambda _s, _a, _seen: [],
    ),
    nothing("CompleteWait", r"\E w \in Tickets : CompleteWait(w)"),
    nothing("TimeOut", r"\E t \in Tickets : TimeOut(t)"),
    Action("CompleteLate", ("d",), evict, tla=r"\E t \in Tickets : CompleteLate([rid |-> a.d, ticket |-> t])", inner=True),
    # Devices
    Action("Use", ("d", "f"), use, reaches=reached, names_it=True),
)

# What is compared

OBSERVABLES = (
    Observable("owner", r"{<<f, owner[f]>> : f \in Frames}", lambda s: frozenset((f, owner(s, f)) for f in FRAME)),
    Observable("leaf", r"{<<e.rid, e.frame>> : e \in leaf}", lambda s: lent(s, EntryKind.LEAF)),
    Observable("stale", r"{<<e.rid, e.frame>> : e \in stale}", lambda s: lent(s, EntryKind.STALE)),
    Observable("iotlb", r"{<<e.rid, e.frame>> : e \in iotlb}", cached),
    Observable("reached", r"{<<a.vm, a.frame>> : a \in access}"),
)

# The module's faulty variants

TOO_EARLY = "refuses it: NOT_FLUSHED"

VARIANTS = (
    Variant("InvalidationQueue_WrongQueue", Action("ReleaseByAnyQueue", ("d", "f"), release), TOO_EARLY),
    Variant("InvalidationQueue_EarlierRequest", Action("ReleaseByEarlier", ("d", "f"), release), TOO_EARLY),
    # What the faulty step claims, Python has no way to say; it does not follow when a frame is let go for it.
    Variant(
        "InvalidationQueue_TimeOutCompletes",
        nothing("TimeOutAsCompletion", r"\E t \in Tickets : TimeOutAsCompletion(t)"),
        TOO_EARLY,
        leaves="Release",
    ),
    Variant(
        "InvalidationQueue_NoQuarantine",
        nothing("ClearAndWaitAgain", r"\E t \in Tickets : ClearAndWaitAgain(t)"),
        TOO_EARLY,
        leaves="Release",
    ),
    # What is acknowledged is in Python also done.
    Variant(
        "InvalidationQueue_LateAnswerCounts",
        Action(
            "CompleteByNumber",
            ("d", "e"),
            lambda s, a: [*evict(s, a), *complete(s, {"d": a["e"], "n": "0"})],
            tla=r"\E t \in Tickets : inv[t].rid = a.e /\ CompleteByNumber([rid |-> a.d, ticket |-> t])",
        ),
        "shows iotlb = {}",
    ),
    # Python has no waits, and follows.
    Variant(
        "InvalidationQueue_WaitOvertakes",
        nothing("CompleteWaitAtOnce", r"\E w \in Tickets : CompleteWaitAtOnce(w)"),
        "",
    ),
)

BINDING = Binding(
    module="InvalidationQueue",
    platform="small",
    boot=boot(),
    constants={
        "Rids": "{d1, d2}",
        "Near": "{d1}",
        "NOBODY": "nobody",
        "HYPERVISOR": "hypervisor",
        "Frames": "{f1, f2}",
        "Tickets": "{1, 2, 3, 4, 5, 6, 7, 8}",
    },
    small={"Rids": "{d1}", "Frames": "{f1}", "Tickets": "{1, 2}"},
    domains={
        "d": ("Rids", tuple(RID)),
        "e": ("Rids", tuple(RID)),
        "f": ("Frames", tuple(FRAME)),
        "n": ('{"0", "1", "2", "3"}', RANK),
    },
    actions=ACTIONS,
    observables=OBSERVABLES,
    result="reached",
    steps=22,
    # A device in quarantine gets nothing in the module; Python has no quarantine.
    asked="quarantined = {}",
    inner=r"""\/ a.act = "Complete" /\ \E t \in Tickets : inv[t].rid = a.d /\ Sweep(t)
    \/ a.act \in {"InvalidateFunction", "Release"} /\ Wait(QueueOf(a.d))
    \/ a.act = "Release" /\ \E w \in Tickets : CompleteWait(w)""",
    around=("Complete", "InvalidateFunction", "Release"),
    variants=VARIANTS,
)
