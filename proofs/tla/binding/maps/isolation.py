"""The map of `spec/Isolation/Isolation.tla`: two VMs, three frames, every action at once.

What the abstract module does in one step is in Python a row of operations that nothing interrupts: to release is to unmap, to
flush and to release. A VM reaches a frame through a page of its CPUs' address space, any that is free; what it is granted,
through a handle, which it takes with the grant and gives back with it.

The hypervisor of the module owns frames of two kinds that it does not tell apart: pages of a VM's pool for tables, and its
own. So to unpool a page for another VM, or one of its own, is in Python to free it and to donate it. What is granted, reached
or released twice is granted, reached or released; the second time Python does nothing.
"""

from __future__ import annotations

from typing import Any

from proofs.search.scenarios.runs.parts import HOST, RW, its
from proofs.tla.binding.language import Action, Args, Binding, Observable, Steps, Tuples, Variant, one
from proofs.tla.binding.maps.stale_view import CPU, FRAME, NAME_OF_VM, OF_CPU, SPACES, TABLES, TAGS, VM, boot, frame_name
from pymodel.hardware.access import Granted
from pymodel.hardware.cpu import cpu_access
from pymodel.hardware.ids import WRITE, Asid, Cpu, Frame, Index, VirtualPage
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.ids import Grant
from pymodel.hypervisor.memory import FrameKind

__all__ = ["BINDING"]

PAGES = range(len(FRAME))
CPU_OF = {"v1": CPU["c1"], "v2": CPU["c2"]}
#: The number that the granter has for the grant of a frame to a VM, and the receiver for the handle on it.
GRANT = {(f, v): 1 + number for number, (f, v) in enumerate((f, v) for f in FRAME for v in VM)}

# Looking at the Python state


def slot(s: Any, v: str, page: int) -> Any:
    """Return the slot of a page in a VM's table."""
    return s.memory[Frame(TABLES[v][0][2]), Index(page)]


def pages(s: Any, v: str, f: str) -> list[int]:
    """Return the pages at which a VM maps a frame, at most one."""
    slots = ((page, slot(s, v, page)) for page in PAGES)
    return [page for page, e in slots if e.kind == EntryKind.LEAF and frame_name(e.frame) == f]


def free_page(s: Any, v: str) -> int:
    """Return a page of a VM that maps nothing."""
    return next(page for page in PAGES if slot(s, v, page).kind == EntryKind.NONE)


def record(s: Any, f: str) -> Any:
    """Return a frame's record."""
    return s.frame[Frame(FRAME[f])]


def holder(s: Any, f: str) -> int:
    """Return who owns a frame, for Python; a page of a pool is its VM's."""
    return int(record(s, f).owner.raw)


def owner(s: Any, f: str) -> str:
    """Return who owns a frame, for the module; a page of a pool is the hypervisor's."""
    kind = record(s, f).kind
    return NAME_OF_VM[holder(s, f)] if kind == FrameKind.DATA else "nobody" if kind == FrameKind.FREE else "hypervisor"


def is_granted(s: Any, f: str, v: str) -> bool:
    """Say whether a frame is granted to a VM."""
    return any(s.grant[Grant(its(granter, GRANT[f, v]))].active for granter in VM.values())


def reach(s: Any) -> Tuples:
    """Return what VMs reach: through a leaf, through one that was removed and not released, through a cache."""
    slots = ((v, slot(s, v, page)) for v in VM for page in PAGES)
    mapped = {(v, frame_name(e.frame)) for v, e in slots if e.kind != EntryKind.NONE}
    rows = ((OF_CPU[cpu, tag][1], e) for (cpu, tag, _asid, _va), e in s.tlb.points.items() if e.valid)
    return frozenset(mapped | {(v, frame_name(e.frame)) for v, e in rows})


# Steps


def of_vm(name: str, a: Args, **more: int) -> Steps:
    """Return a step of a VM on its frame."""
    return [one(name, caller=VM[a["v"]], frame=FRAME[a["f"]], **more)]


def mapped_at(s: Any, v: str, f: str, page: int) -> Steps:
    """Map a frame at a page, by the VM's own right or through its handle."""
    at = {"caller": VM[v], "space": SPACES[v][0], "page": page, "rights": RW}
    if holder(s, f) == VM[v]:
        return [one("map", **at, level=0, frame=FRAME[f])]
    return [one("map_granted", **at, handle=its(VM[v], GRANT[f, v]))]


def map_frame(s: Any, a: Args) -> Steps:
    """Map a frame, unless it is mapped."""
    return [] if pages(s, a["v"], a["f"]) else mapped_at(s, a["v"], a["f"], free_page(s, a["v"]))


def unmapped(s: Any, v: str, page: int) -> Steps:
    """Unmap a page and flush."""
    return [
        one("unmap", caller=VM[v], space=SPACES[v][0], page=page, level=0),
        one("invalidate_pages", tag=TAGS[v][0], page=page, mask=0),
        one("complete", ticket=int(s.queue.next.raw)),
    ]


def released(s: Any, v: str, f: str) -> Steps:
    """Unmap a frame where it is mapped, flush, and release."""
    at = {"caller": VM[v], "space": SPACES[v][0], "level": 0, "ticket": int(s.queue.next.raw)}
    return [step for page in pages(s, v, f) for step in [*unmapped(s, v, page), one("release", **at, page=page)]]


def replace(s: Any, a: Args) -> Steps:
    """Put a frame in the place of another, in one operation where that is possible: both at one page, the new one its own."""
    v, old, f = a["v"], a["old"], a["f"]
    found = pages(s, v, old)
    if not found or old == f:
        return map_frame(s, a)
    if pages(s, v, f):
        return released(s, v, old)
    if holder(s, f) != VM[v]:
        return [*released(s, v, old), *mapped_at(s, v, f, found[0])]
    at = {"caller": VM[v], "space": SPACES[v][0], "page": found[0], "ticket": int(s.queue.next.raw)}
    return [*unmapped(s, v, found[0]), one("replace", **at, frame=FRAME[f], rights=RW)]


def share(s: Any, a: Args) -> Steps:
    """Grant a frame, unless it is granted; the receiver takes a handle."""
    if is_granted(s, a["f"], a["v"]):
        return []
    number, granter, to = GRANT[a["f"], a["v"]], holder(s, a["f"]), VM[a["v"]]
    return [
        one("share", caller=granter, grant=its(granter, number), frame=FRAME[a["f"]], to=to, rights=RW),
        one("take_handle", caller=to, handle=its(to, number), grant=its(granter, number)),
    ]


def unshare(s: Any, a: Args) -> Steps:
    """Give the handle back, and end the grant."""
    number, granter, to = GRANT[a["f"], a["v"]], holder(s, a["f"]), VM[a["v"]]
    return [one("drop_handle", caller=to, handle=its(to, number)), one("unshare", caller=granter, grant=its(granter, number))]


def free(s: Any, a: Args) -> Steps:
    """Free a frame of the hypervisor's, or of a pool."""
    if record(s, a["f"]).kind == FrameKind.POOL:
        return [one("reclaim", caller=holder(s, a["f"]), frame=FRAME[a["f"]])]
    return [one("free", frame=FRAME[a["f"]])]


def unpool(s: Any, a: Args) -> Steps:
    """Make a frame of the hypervisor's data: a VM's own page of its pool by `unpool`, any other by way of the free frames."""
    if record(s, a["f"]).kind == FrameKind.POOL and holder(s, a["f"]) == VM[a["v"]]:
        return of_vm("unpool", a)
    return [*free(s, a), *donate(s, a)]


def donate(_s: Any, a: Args) -> Steps:
    """Give a free frame to a VM."""
    return [one("donate", caller=HOST, vm=VM[a["v"]], frame=FRAME[a["f"]])]


def access(s: Any, a: Args) -> Steps:
    """Fill a TLB and store through it."""
    at, table = {"cpu": CPU_OF[a["v"]], "asid": 0, "va": FRAME[a["f"]]}, TABLES[a["v"]][0][2]
    fills = [("tlb_fill", {**at, "table": table, "page": page, "stage1": 15}) for page in pages(s, a["v"], a["f"])]
    return [fills, one("guest_store", **at, index=0, kind=0, target=0, rights=0)]


def reached(s: Any, a: Args) -> Tuples:
    """Return the VM and the frame that the store reaches."""
    answer = cpu_access(s, Cpu(CPU_OF[a["v"]]), Asid(0), VirtualPage(FRAME[a["f"]]), WRITE)
    return frozenset({(a["v"], frame_name(answer.frame))}) if isinstance(answer, Granted) else frozenset()


# The actions

ACTIONS = (
    # Hypervisor
    Action("Donate", ("f", "v"), donate),
    Action("Reclaim", ("f", "v"), lambda _, a: of_vm("reclaim", a), where=lambda s, a: owner(s, a["f"]) == a["v"]),
    Action("Transfer", ("f", "v", "to"), lambda _, a: of_vm("transfer", a, to=VM[a["to"]]), where=lambda _, a: a["v"] != a["to"]),
    Action("Retype", ("f", "v"), lambda _, a: [*of_vm("begin_retype", a), *of_vm("finish_retype", a)]),
    Action("Unpool", ("f", "v"), unpool),
    Action("Allocate", ("f",), lambda _, a: [one("allocate", frame=FRAME[a["f"]])]),
    Action("Free", ("f",), free),
    Action("Share", ("f", "v"), share),
    Action("Unshare", ("f", "v"), unshare),
    Action("Map", ("v", "f"), map_frame),
    Action("Release", ("v", "f"), lambda s, a: released(s, a["v"], a["f"])),
    Action("Replace", ("v", "old", "f"), replace),
    # Guests and devices
    Action("Access", ("v", "f"), access, reaches=reached, names_it=True),
    Action("Rest", (), lambda _s, _a: []),
)

# What is compared

OBSERVABLES = (
    Observable("owner", r"{<<f, owner[f]>> : f \in Frames}", lambda s: frozenset((f, owner(s, f)) for f in FRAME)),
    Observable(
        "grant",
        r"{<<p.vm, p.frame>> : p \in grant}",
        lambda s: frozenset((v, f) for f, v in GRANT if is_granted(s, f, v)),
    ),
    Observable("reach", r"{<<p.vm, p.frame>> : p \in reach}", reach),
    Observable("reached", r"{<<a.vm, a.frame>> : a \in access}"),
)

# The module's faulty variants

VARIANTS = (
    Variant(
        "Isolation_ReclaimReached",
        Action("ReclaimReached", ("f",), lambda s, a: [one("reclaim", caller=holder(s, a["f"]), frame=FRAME[a["f"]])]),
        "refuses it: IN_USE",
    ),
    Variant(
        "Isolation_TransferGranted",
        Action(
            "TransferGranted",
            ("f", "to"),
            lambda s, a: [one("transfer", caller=holder(s, a["f"]), frame=FRAME[a["f"]], to=VM[a["to"]])],
        ),
        "refuses it: IN_USE",
    ),
    Variant("Isolation_UnshareReached", Action("UnshareReached", ("f", "v"), unshare), "refuses it: IN_USE"),
)

BINDING = Binding(
    module="Isolation",
    platform="small",
    boot=boot(),
    constants={"Vms": "{v1, v2}", "NOBODY": "nobody", "HYPERVISOR": "hypervisor", "Frames": "{f1, f2, f3}"},
    small={"Frames": "{f1}"},
    domains={
        "v": ("Vms", tuple(VM)),
        "to": ("Vms", tuple(VM)),
        "f": ("Frames", tuple(FRAME)),
        "old": ("Frames", tuple(FRAME)),
    },
    actions=ACTIONS,
    observables=OBSERVABLES,
    result="reached",
    variants=VARIANTS,
)
