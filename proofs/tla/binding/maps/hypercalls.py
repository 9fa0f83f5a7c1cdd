"""The map of `spec/Hypercalls/Hypercalls.tla`: two CPUs in hypercalls, two VMs, one frame, and two address spaces for each VM.

A hypercall of the module is many steps, one of Python's operations is one. So calling, locking, looking, and returning stand
for nothing, and a call takes effect, and is compared, at the step that changes something: its only one, or its Finish. A call
that comes to nothing is an action of its own here, `Refuse...`: Python must refuse it too. Python has no CPUs that are busy, so
it never refuses a call because of a lock; that is the module's alone.

An unmap flushes nothing. In Python the slot stays stale until it is released; the next call that flushes does so, or, as the
slot is taken, the next one that maps the frame there again, and then the translation that the module still caches is filled
again. A table is in Python a page of its VM's pool. A grant comes with a handle, and ends when the handle was given back.

In recorded runs each call runs alone, from call to return: its steps without effect are found by TLC.
"""

from __future__ import annotations

from typing import Any

from proofs.search.scenarios.runs.parts import HOST, OLD, RW, its
from proofs.tla.binding.language import Action, Args, Binding, Observable, Seen, Steps, Tuples, Variant, one
from proofs.tla.binding.maps.stale_view import (
    CPU,
    FUNCTION,
    NAME_OF_VM,
    OF_CPU,
    OF_FUNCTION,
    SPACES,
    TABLES,
    TAGS,
    VM,
    boot,
    tickets,
)
from pymodel.hardware.access import Granted
from pymodel.hardware.cpu import cpu_access
from pymodel.hardware.ids import WRITE, Asid, Cpu, Frame, Index, Request, VirtualPage
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.ids import Grant
from pymodel.hypervisor.memory import FrameKind

__all__ = ["BINDING"]

# What the names of the module stand for in Python

FRAME = {"f1": 0x25}
#: A frame stands at the same page in every address space.
PAGE = {"f1": "p1"}
NUMBER = {"f1": 0}
SIDE = {"cpu": 0, "device": 1}
CPU_OF = {"v1": CPU["c1"], "v2": CPU["c2"]}
#: The number that the granter has for the grant to a VM, and the receiver for the handle on it.
GRANT = {"v1": 1, "v2": 2}
NAME_OF_FRAME = {number: name for name, number in FRAME.items()}
NAME_OF_KIND = {
    FrameKind.FREE.raw: "FREE",
    FrameKind.DATA.raw: "DATA",
    FrameKind.RETYPING.raw: "RETYPING",
    FrameKind.POOL.raw: "TABLE",
}
#: An address space and a frame: side, VM, frame.
Entry = tuple[str, str, str]
ENTRIES: list[Entry] = [(side, v, f) for side in SIDE for v in VM for f in FRAME]

# Looking at the Python state


def slot(s: Any, entry: Entry) -> Any:
    """Return the slot of a frame in an address space."""
    side, v, f = entry
    return s.memory[Frame(TABLES[v][SIDE[side]][2]), Index(NUMBER[f])]


def entries(s: Any, kind: EntryKind) -> list[Entry]:
    """Return where a slot is of that kind."""
    return [e for e in ENTRIES if slot(s, e).kind == kind]


def holder(s: Any, f: str) -> int:
    """Return who owns a frame."""
    return int(s.frame[Frame(FRAME[f])].owner.raw)


def kind(s: Any, f: str) -> str:
    """Return the kind of a frame."""
    return NAME_OF_KIND[s.frame[Frame(FRAME[f])].kind.raw]


def cached(s: Any) -> Tuples:
    """Return what TLBs and the IOTLB hold."""
    cpus = (("cpu", OF_CPU[cpu, tag][1], e) for (cpu, tag, _asid, _va), e in s.tlb.points.items() if e.valid)
    devices = (("device", OF_FUNCTION[rid, tag][1], e) for (rid, tag, _page), e in s.iotlb.points.items() if e.valid)
    return frozenset((side, v, NAME_OF_FRAME[int(e.frame.raw)]) for rows in (cpus, devices) for side, v, e in rows)


# Steps


def at(entry: Entry) -> dict[str, int]:
    """Return who acts on a slot, and where it is."""
    side, v, f = entry
    return {"caller": VM[v], "space": SPACES[v][SIDE[side]], "page": NUMBER[f]}


def of_args(a: Args) -> Entry:
    """Return the slot that an action is about."""
    return a["s"], a["v"], a["f"]


def flushed(s: Any, slots: list[Entry]) -> Steps:
    """Issue an invalidation of each slot, and complete it."""
    first = int(s.queue.next.raw)
    return [
        step
        for number, (side, v, f) in enumerate(slots, first)
        for step in (
            one("invalidate_pages", tag=TAGS[v][SIDE[side]], page=NUMBER[f], mask=0),
            one("complete", ticket=number),
        )
    ]


def released(s: Any, slots: list[Entry]) -> Steps:
    """Release slots after `flushed`."""
    return [one("release", **at(e), level=0, ticket=number) for number, e in enumerate(slots, int(s.queue.next.raw))]


def let_go(s: Any, slots: list[Entry]) -> Steps:
    """Release slots with a ticket of before: any that covers them, newest first, or one that is too old."""
    found = [(e, tickets(s, e[1], PAGE[e[2]], SIDE[e[0]]) or [OLD]) for e in slots]
    return [[("release", {**at(e), "level": 0, "ticket": n}) for n in numbers] for e, numbers in found]


def stale(s: Any, a: Args) -> list[Entry]:
    """Return the slots that still refer to the frame of a call."""
    return [e for e in entries(s, EntryKind.STALE) if e[2] == a["f"]]


def receivers(s: Any, a: Args) -> list[Entry]:
    """Return those of them that are the VM's of the call."""
    return [e for e in stale(s, a) if e[1] == a["v"]]


def of_vm(*names: str) -> Any:
    """Return operations of a VM on its frame."""
    return lambda _s, a: [one(name, caller=VM[a["v"]], frame=FRAME[a["f"]]) for name in names]


def reclaim(s: Any, a: Args) -> Steps:
    """Take a frame back that is data: the module's hypervisor takes nothing else."""
    return [one("reclaim", caller=VM[a["v"]], frame=FRAME[a["f"]])] if kind(s, a["f"]) == "DATA" else [[]]


def donate(_s: Any, a: Args) -> Steps:
    """Give a free frame to a VM."""
    return [one("donate", caller=HOST, vm=VM[a["v"]], frame=FRAME[a["f"]])]


def share(s: Any, a: Args) -> Steps:
    """Grant a frame to a VM, which takes a handle."""
    number, granter, to = GRANT[a["v"]], holder(s, a["f"]), VM[a["v"]]
    return [
        one("share", caller=granter, grant=its(granter, number), frame=FRAME[a["f"]], to=to, rights=RW),
        one("take_handle", caller=to, handle=its(to, number), grant=its(granter, number)),
    ]


def unshare(s: Any, a: Args) -> Steps:
    """Give the handle back, and end the grant."""
    number, granter, to = GRANT[a["v"]], holder(s, a["f"]), VM[a["v"]]
    return [one("drop_handle", caller=to, handle=its(to, number)), one("unshare", caller=granter, grant=its(granter, number))]


def fill(_s: Any, a: Args) -> Steps:
    """Cache a translation."""
    side, v, f = of_args(a)
    table, page = TABLES[v][SIDE[side]][2], NUMBER[f]
    if side == "cpu":
        return [one("tlb_fill", cpu=CPU_OF[v], asid=0, va=page, table=table, page=page, stage1=15)]
    return [one("iotlb_fill", rid=FUNCTION["i1", v], table=table, page=page, from_cache=0)]


def evict(_s: Any, a: Args) -> Steps:
    """Forget a translation."""
    side, v, f = of_args(a)
    tag = TAGS[v][SIDE[side]]
    if side == "cpu":
        return [one("tlb_evict", cpu=CPU_OF[v], tag=tag, asid=0, va=NUMBER[f])]
    return [one("iotlb_evict", rid=FUNCTION["i1", v], tag=tag, page=NUMBER[f])]


def map_frame(s: Any, a: Args) -> Steps:
    """Map a frame, by the VM's own right or through its handle; a slot that is stale is flushed and released first."""
    e = of_args(a)
    old = [e] if slot(s, e).kind == EntryKind.STALE else []
    own = holder(s, a["f"]) == VM[a["v"]]
    mapped = one("map", **at(e), level=0, frame=FRAME[a["f"]], rights=RW)
    granted = one("map_granted", **at(e), handle=its(VM[a["v"]], GRANT[a["v"]]), rights=RW)
    again = fill(s, a) if old and e in cached(s) else []
    return [*flushed(s, old), *released(s, old), mapped if own else granted, *again]


def use(_s: Any, a: Args) -> Steps:
    """Have a guest store through its TLB, or its device write, all the way."""
    side, v, f = of_args(a)
    content = {"index": 0, "kind": 0, "target": 0, "rights": 0}
    if side == "cpu":
        return [one("guest_store", cpu=CPU_OF[v], asid=0, va=NUMBER[f], **content)]
    return [
        one("dma_issue", request=1, rid=FUNCTION["i1", v], page=NUMBER[f], write=1),
        one("dma_translate", request=1, tag=TAGS[v][1]),
        one("dma_deliver", request=1, **content),
    ]


def reached(s: Any, a: Args) -> Tuples:
    """Return the VM and the frame that the last step of `use` reaches, seen just before it."""
    side, v, f = of_args(a)
    if side == "device":
        return frozenset({(v, NAME_OF_FRAME[int(s.request[Request(1)].frame.raw)])})
    answer = cpu_access(s, Cpu(CPU_OF[v]), Asid(0), VirtualPage(NUMBER[f]), WRITE)
    return frozenset({(v, NAME_OF_FRAME[int(answer.frame.raw)])}) if isinstance(answer, Granted) else frozenset()


# The actions

ANY_TIME = "Python has no CPUs that are busy with a call, and no locks: a call can be made at any time"
CALL = r"call[a.c].vm = a.v /\ call[a.c].frame = a.f"
GOES_ON, ENDS = (f"call'[a.c].pc = {pc}" for pc in ('"FLUSHING"', '"DONE"'))
ENTRY = "[side |-> a.s, vm |-> a.v, frame |-> a.f]"


def nothing(name: str, *params: str, tla: str = "") -> Action:
    """Return a step of the module that stands for nothing."""
    return Action(name, params, lambda _s, _a: [], tla=tla, inner=True)


def call(name: str, steps: Any, changes: str, *params: str) -> list[Action]:
    """Return a call that takes effect in one step, and the same call come to nothing."""
    this = rf"{CALL} /\ {name}(a.c)" + (r" /\ call[a.c].side = a.s" if "s" in params else "")
    names = ("c", *params, "v", "f")
    return [
        Action(name, names, steps, tla=rf"{this} /\ {changes}' # {changes}", one_way=ANY_TIME),
        Action(f"Refuse{name}", names, steps, tla=rf"{this} /\ {changes}' = {changes}", one_way=ANY_TIME, refusal=True),
    ]


def finish(name: str, slots: Any, steps: Any, last: Any) -> list[Action]:
    """Return the end of a call that flushes, and the same call come to nothing.

    `slots` are to be flushed and released, then come the `steps`; the `last` of them are left when others were taken before.
    """

    def whole(s: Any, a: Args) -> Steps:
        found = slots(s, a)
        return [*flushed(s, found), *released(s, found), *steps(s, a)]

    def rest(s: Any, a: Args, _seen: Seen) -> Steps:
        return [*let_go(s, slots(s, a)), *last(s, a)]

    names, begun = ("c", "v", "f"), rf"{CALL} /\ Begin{name}(a.c) /\ {ENDS}"
    return [
        Action(f"Finish{name}", names, whole, tla=rf"{CALL} /\ Finish{name}(a.c)", one_way=ANY_TIME, substep=rest),
        Action(f"Refuse{name}", names, whole, tla=begun, one_way=ANY_TIME, refusal=True),
    ]


ACTIONS = (
    # Hypervisor: locks, and what only looks
    nothing("LockSpace", "c"),
    nothing("LockFrame", "c"),
    nothing("Return", "c"),
    nothing("BeginReclaim", "c", tla=rf"BeginReclaim(a.c) /\ {GOES_ON}"),
    nothing("BeginUnshare", "c", tla=rf"BeginUnshare(a.c) /\ {GOES_ON}"),
    # Hypervisor: what takes effect
    *call("Donate", donate, "kind"),
    *call("Share", share, "grant"),
    *call("Map", map_frame, "leaf", "s"),
    *call("Unmap", lambda _, a: [one("unmap", **at(of_args(a)), level=0)], "leaf", "s"),
    *call("Unpool", of_vm("unpool"), "kind"),
    *finish("Reclaim", stale, reclaim, reclaim),
    Action("BeginRetype", ("c", "v", "f"), of_vm("begin_retype"), tla=rf"{CALL} /\ BeginRetype(a.c) /\ {GOES_ON}", inner=True),
    *finish("Retype", stale, of_vm("begin_retype", "finish_retype"), of_vm("finish_retype")),
    *finish("Unshare", receivers, unshare, unshare),
    # Hardware
    Action(
        "Complete",
        ("c", "v", "f"),
        lambda s, a: flushed(s, stale(s, a)),
        tla=rf'{CALL} /\ call[a.c].op # "unshare" /\ Complete(a.c)',
        inner=True,
    ),
    Action(
        "CompleteUnshare",
        ("c", "v", "f"),
        lambda s, a: flushed(s, receivers(s, a)),
        tla=rf'{CALL} /\ call[a.c].op = "unshare" /\ Complete(a.c)',
        inner=True,
    ),
    Action("Fill", ("s", "v", "f"), fill, tla=f"Fill({ENTRY})"),
    Action("Evict", ("s", "v", "f"), evict, tla=f"Evict({ENTRY})", where=lambda s, a: of_args(a) in cached(s)),
    # Guests and devices
    nothing("Call", "c", "op", "s", "v", "f"),
    Action("Use", ("s", "v", "f"), use, tla=f"Use({ENTRY})", reaches=reached, names_it=True),
)

# What is compared

OBSERVABLES = (
    Observable(
        "owner",
        r"{<<f, owner[f]>> : f \in Frames}",
        lambda s: frozenset((f, NAME_OF_VM[holder(s, f)]) for f in FRAME),
    ),
    Observable("kind", r"{<<f, kind[f]>> : f \in Frames}", lambda s: frozenset((f, kind(s, f)) for f in FRAME)),
    Observable(
        "grant",
        r"{<<g.vm, g.frame>> : g \in grant}",
        lambda s: frozenset(
            (v, NAME_OF_FRAME[int(g.frame.raw)])
            for v, n in GRANT.items()
            for g in (s.grant[Grant(its(granter, n))] for granter in VM.values())
            if g.active
        ),
    ),
    Observable("leaf", r"{<<e.side, e.vm, e.frame>> : e \in leaf}", lambda s: frozenset(entries(s, EntryKind.LEAF))),
    Observable("cache", r"{<<e.side, e.vm, e.frame>> : e \in cache}", cached),
    Observable("reached", r"{<<a.vm, a.frame>> : a \in access}"),
)

# The module's faulty variants


def part(name: str, steps: Any = lambda _s, _a: []) -> Action:
    """Return an action of a variant."""
    return Action(name, ("c", "v", "f"), steps, tla=rf"{CALL} /\ {name}(a.c)")


VARIANTS = (
    Variant(
        "Hypercalls_XSA401",
        part("CompareAndSwap", lambda s, a: [*let_go(s, stale(s, a)), *of_vm("begin_retype", "finish_retype")(s, a)]),
        "refuses it: NOT_FLUSHED",
        others=(part("Look"), part("FlushFirst", lambda s, a: flushed(s, stale(s, a)))),
    ),
    Variant("Hypercalls_XSA401HalfRepaired", part("SkipFlushByNewKind"), "refuses it: NOT_FLUSHED", leaves="FinishRetype"),
    Variant(
        "Hypercalls_XSA288",
        part("WriteLater", lambda s, a: map_frame(s, {**a, "s": "device"})),
        "refuses it: NOT_OWNED",
        policy="pymodel.zoo.memory.xsa_288",
        others=(part("CheckMap"),),
    ),
    Variant(
        "Hypercalls_EarlyUnlock",
        part("FreeAndUnlock", lambda s, a: [*let_go(s, stale(s, a)), *reclaim(s, a)]),
        "refuses it: NOT_FLUSHED",
        others=(part("FlushLate", lambda s, a: flushed(s, stale(s, a))),),
    ),
    Variant(
        "Hypercalls_UnshareUnflushed",
        part("UnshareAtOnce", lambda s, a: [*let_go(s, receivers(s, a)), *unshare(s, a)]),
        "refuses it: NOT_FLUSHED",
    ),
    # Two CPUs inside calls on one frame: Python has no locks, and follows.
    Variant("Hypercalls_LockUntested", part("TakeFrameLock"), ""),
)

#: The hypercall that an action belongs to.
OPS = {
    "donate": ("Donate", "RefuseDonate"),
    "share": ("Share", "RefuseShare"),
    "map": ("Map", "RefuseMap"),
    "unmap": ("Unmap", "RefuseUnmap"),
    "unpool": ("Unpool", "RefuseUnpool"),
    "reclaim": ("FinishReclaim", "RefuseReclaim"),
    "retype": ("FinishRetype", "RefuseRetype"),
    "unshare": ("FinishUnshare", "RefuseUnshare"),
}


def named(names: tuple[str, ...]) -> str:
    """Write names as a set of strings."""
    return "{" + ", ".join(f'"{name}"' for name in names) + "}"


CASES = " [] ".join(rf'a.act \in {named(names)} -> "{op}"' for op, names in OPS.items())

BINDING = Binding(
    module="Hypercalls",
    platform="small",
    boot=[*boot(), ("donate", {"caller": HOST, "vm": VM["v1"], "frame": FRAME["f1"]})],
    constants={
        "Vms": "{v1, v2}",
        "NOBODY": "nobody",
        "HYPERVISOR": "hypervisor",
        "Frames": "{f1}",
        "Cpus": "{c1, c2}",
        "NOCPU": "nocpu",
        "Ops": named(tuple(OPS)),
        "Sides": '{"cpu", "device"}',
    },
    small={"Vms": "{v1}", "Sides": '{"cpu"}', "Cpus": "{c1}"},
    domains={
        "c": ("Cpus", tuple(CPU)),
        "op": ("Ops", tuple(OPS)),
        "s": ("Sides", tuple(SIDE)),
        "v": ("Vms", tuple(VM)),
        "f": ("Frames", tuple(FRAME)),
    },
    actions=ACTIONS,
    observables=OBSERVABLES,
    result="reached",
    steps=32,
    start=r"""/\ owner = [f \in Frames |-> v1] /\ kind = [f \in Frames |-> "DATA"]
    /\ grant = {} /\ leaf = {} /\ cache = {} /\ access = {}
    /\ spaceLock = [v \in Vms |-> NOCPU] /\ frameLock = [f \in Frames |-> NOCPU]
    /\ call = [c \in Cpus |-> [op |-> "none", side |-> "cpu", vm |-> v1, frame |-> f1, pc |-> "IDLE"]]""",
    inner=rf"""IF \E c \in Cpus : call[c].pc = "DONE" THEN \E c \in Cpus : Return(c)
    ELSE \/ Call(a.c, CASE {CASES}, IF a.act \in {named(OPS["map"] + OPS["unmap"])} THEN a.s ELSE "cpu", a.v, a.f)
         \/ LockSpace(a.c) \/ LockFrame(a.c)
         \/ a.act \in {{"FinishReclaim", "FinishRetype", "FinishUnshare"}}
            /\ (BeginReclaim(a.c) \/ BeginRetype(a.c) \/ BeginUnshare(a.c) \/ Complete(a.c))""",
    around=tuple(name for names in OPS.values() for name in names),
    variants=VARIANTS,
)
