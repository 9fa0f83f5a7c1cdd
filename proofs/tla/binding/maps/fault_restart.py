"""The map of `spec/FaultRestart/FaultRestart.tla`: three streams. One is served, one has no right to its page, one cannot stall.

A stream is in Python a function that asks for one page with one request. Python has no stalls and no fault queue: a request that
waits, stalled or not, is issued and not translated. So stalling, reporting, reading, waiting and the end of a transaction stand
for nothing, and what ends in an abort is `dma_fault`. A guest that serves its fault is `handle_fault`; the request goes on as it
was. A stream is entitled if its VM owns the frame that it is to get; with another's frame, Python must refuse.

In recorded runs TLC finds the steps through the queue.
"""

from __future__ import annotations

from typing import Any

from proofs.search.scenarios.runs.parts import HOST, RW
from proofs.tla.binding.language import Action, Args, Binding, Call, Observable, Steps, Tuples, Variant, one
from proofs.tla.binding.maps.stale_view import FUNCTION, SPACES, TABLES, TAGS, VM, boot
from pymodel.hardware.ids import Frame, Index, Request
from pymodel.hardware.iommu import RequestPhase
from pymodel.hardware.memory import EntryKind

__all__ = ["BINDING"]

# What the names of the module stand for in Python

#: The second stream is a second page of the first one's function.
OWNER = {"s1": "v1", "s2": "v1", "s3": "v2"}
PAGE = {"s1": 0, "s2": 1, "s3": 0}
REQUEST = {"s1": 1, "s2": 2, "s3": 3}
#: The frame that a stream is to get; the second one's is the other VM's.
FRAME = {"s1": 0x25, "s2": 0x26, "s3": 0x26}
RID = {s: FUNCTION["i1", v] for s, v in OWNER.items()}
SPACE = {s: SPACES[v][1] for s, v in OWNER.items()}
TAG = {s: TAGS[v][1] for s, v in OWNER.items()}
TABLE = {s: TABLES[v][1][2] for s, v in OWNER.items()}
STALLABLE = {"s1", "s2"}


def _boot() -> list[Call]:
    """From power-on: both functions attached, the walk caches filled, a frame for each VM that nobody maps."""
    return [*boot(), *(("donate", {"caller": HOST, "vm": VM[OWNER[s]], "frame": FRAME[s]}) for s in ("s1", "s3"))]


# Looking at the Python state


def mapped(s: Any) -> set[str]:
    """Return the streams whose page is mapped."""
    return {x for x in REQUEST if s.memory[Frame(TABLE[x]), Index(PAGE[x])].kind == EntryKind.LEAF}


def waiting(s: Any) -> set[str]:
    """Return the streams with a request that is neither translated nor ended."""
    return {x for x, n in REQUEST.items() if s.request[Request(n)].phase == RequestPhase.ISSUED}


def faults(s: Any, a: Args) -> bool:
    """Say whether a stream's request finds nothing mapped."""
    return a["s"] in waiting(s) - mapped(s)


def stalls(s: Any, a: Args) -> bool:
    """Say whether it does, and may wait for its guest."""
    return a["s"] in STALLABLE and faults(s, a)


# Steps


def fault(_s: Any, a: Args) -> Steps:
    """Drop a request."""
    return [one("dma_fault", request=REQUEST[a["s"]])]


def serve(_s: Any, a: Args) -> Steps:
    """Have the guest map its frame for the stream."""
    x = a["s"]
    return [one("handle_fault", caller=VM[OWNER[x]], rid=RID[x], page=PAGE[x], frame=FRAME[x], rights=RW)]


def deliver(_s: Any, a: Args) -> Steps:
    """Translate a request through an IOTLB entry that is there for it alone, and give effect to it."""
    x = a["s"]
    return [
        one("iotlb_fill", rid=RID[x], table=TABLE[x], page=PAGE[x], from_cache=0),
        one("dma_translate", request=REQUEST[x], tag=TAG[x]),
        one("iotlb_evict", rid=RID[x], tag=TAG[x], page=PAGE[x]),
        one("dma_deliver", request=REQUEST[x], index=0, kind=0, target=0, rights=0),
    ]


def reached(s: Any, a: Args) -> Tuples:
    """Return the stream whose request takes effect, if it has the frame that it is to get."""
    frame = int(s.request[Request(REQUEST[a["s"]])].frame.raw)
    return frozenset({(a["s"] if frame == FRAME[a["s"]] else f"frame {frame:#x}",)})


def unmap(s: Any, a: Args) -> Steps:
    """Unmap a page, flush and release."""
    x, ticket = a["s"], int(s.queue.next.raw)
    at = {"caller": VM[OWNER[x]], "space": SPACE[x], "page": PAGE[x], "level": 0}
    return [
        one("unmap", **at),
        one("invalidate_pages", tag=TAG[x], page=PAGE[x], mask=0),
        one("complete", ticket=ticket),
        one("release", **at, ticket=ticket),
    ]


def issue(_s: Any, a: Args) -> Steps:
    """Issue a request."""
    return [one("dma_issue", request=REQUEST[a["s"]], rid=RID[a["s"]], page=PAGE[a["s"]], write=1)]


# The actions

ANY_TIME = "Python has no fault queue: a fault can be served or end at any time"


def nothing(name: str, *params: str) -> Action:
    """Return a step of the module that stands for nothing."""
    return Action(name, params, lambda _s, _a: [], inner=True)


ACTIONS = (
    # Hypervisor
    nothing("ReadFault"),
    nothing("LosePatience", "s"),
    Action("Abort", ("s",), fault, where=stalls, one_way=ANY_TIME),
    Action("Unmap", ("s",), unmap, where=lambda s, a: a["s"] not in waiting(s)),
    # Hardware
    Action("Deliver", ("s",), deliver, reaches=reached, names_it=True),
    nothing("Stall", "s"),
    nothing("Report", "s"),
    Action("Terminate", ("s",), fault, where=lambda s, a: faults(s, a) and not stalls(s, a)),
    nothing("End", "s"),
    # Guests and devices
    Action("Issue", ("s",), issue),
    Action("ServiceAndRestart", ("s",), serve, where=stalls, one_way=ANY_TIME),
    Action(
        "RefuseService",
        ("s",),
        serve,
        where=stalls,
        tla=r"a.s \in asked \ Entitled /\ access' = {} /\ UNCHANGED <<request, mapped, queue, overflow, asked, impatient>>",
        one_way=ANY_TIME,
        refusal=True,
    ),
    Action("GiveUp", ("s",), fault, where=stalls, one_way=ANY_TIME),
)

# What is compared

OBSERVABLES = (
    Observable("mapped", r"{<<s>> : s \in mapped}", lambda s: frozenset((x,) for x in mapped(s))),
    Observable(
        "waiting",
        r'{<<s>> : s \in {x \in Streams : request[x] \in {"ISSUED", "STALLED", "REPORTED"}}}',
        lambda s: frozenset((x,) for x in waiting(s)),
    ),
    Observable("reached", r"{<<s>> : s \in access}"),
)

BINDING = Binding(
    module="FaultRestart",
    platform="small",
    boot=_boot(),
    constants={"Streams": "{s1, s2, s3}", "Stallable": "{s1, s2}", "Entitled": "{s1, s3}", "Places": "1"},
    small={},
    domains={"s": ("Streams", tuple(REQUEST))},
    actions=ACTIONS,
    observables=OBSERVABLES,
    result="reached",
    # A record in the queue keeps its stream from issuing, and a transaction has ended when its device heard of it.
    asked=r'queue = <<>> /\ \A s \in Streams : request[s] \notin {"DELIVERED", "ABORTED"}',
    inner=r"""\/ a.act \in {"Issue", "Unmap"} /\ End(a.s)
    \/ ReadFault
    \/ a.act \notin {"Issue", "Unmap"} /\ (Stall(a.s) \/ Report(a.s))
    \/ a.act = "Abort" /\ LosePatience(a.s)""",
    around=("Issue", "Unmap", "Abort", "GiveUp", "ServiceAndRestart", "RefuseService"),
    variants=(
        Variant("FaultRestart_ServiceAnything", Action("ServiceUnchecked", ("s",), serve), "refuses it: NOT_OWNED"),
        # What is forgotten here, Python does not have, and follows.
        Variant("FaultRestart_AbortForgetsGuest", Action("AbortOnly", ("s",), fault), ""),
        Variant("FaultRestart_OverflowDropsStalled", nothing("ReportLost", "s"), ""),
    ),
)
