"""The map of `spec/TagsAndTables/TagsAndTables.tla`: two VMs, three frames, two tags.

The one table of a VM is, in Python, the lowest one of its CPUs' address space, in the first slot below a root and an upper
table that never go. A table comes from a free frame: `LinkTable` gives the frame to the VM, retypes and links it, and
`FreeTable` takes all of that back. `UnlinkTable` closes the table and scans its 512 slots before it takes it out.

The module's caches are common to all CPUs. In Python each VM runs on a CPU of its own, and what is compared is what both CPUs
hold. A guest chooses its virtual page, one for each frame, so that its TLB may hold several translations of its one page.

An invalidation that has swept the caches is reported later in the module; in Python both are one step, which is taken at the
sweep. So between the two Python lets go what the module does not yet, and there refusals are not compared. A frame that a walk
takes for a table and that is a guest's now holds what the guest likes: in Python a device of its owner writes it there first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from proofs.search.scenarios.runs.parts import BLOCK, HOST, LEAF, OLD, RW
from proofs.tla.binding.language import Action, Args, Binding, Observable, Seen, Steps, Tuples, Variant, one
from proofs.tla.binding.maps.tags_view import (
    CPU,
    FRAME,
    IO_SPACE,
    IO_TABLE,
    IO_TAG,
    RID,
    SPACE,
    TAG,
    UPPER,
    VM,
    boot,
    cached,
    flying,
    frame_name,
    is_covered,
    is_flushed,
    leaves,
    linked,
    owner,
    pending,
    phase,
    pointers,
    removed,
    runs,
    slot,
    tag_name,
    tickets,
)
from pymodel.hardware.access import Granted
from pymodel.hardware.cpu import cpu_access
from pymodel.hardware.ids import WRITE, Asid, Cpu, VirtualPage
from pymodel.hardware.memory import EntryKind

__all__ = ["BINDING"]

#: The slots of a table.
SLOTS = 512

# Steps


def on_leaf(name: str, a: Args, **more: int) -> Steps:
    """Return a step of a VM on its one leaf."""
    return [one(name, caller=VM[a["v"]], space=SPACE[a["v"]], page=0, level=0, **more)]


def on_tag(name: str, a: Args, **more: int) -> Steps:
    """Return a step of a VM on the tag of its address space."""
    return [one(name, caller=VM[a["v"]], space=SPACE[a["v"]], **more)]


def bind_tag(_s: Any, a: Args) -> Steps:
    """Give a VM's address space a tag, as the host does."""
    return [one("bind_tag", caller=HOST, space=SPACE[a["v"]], tag=TAG[a["t"]])]


def flushed(s: Any, a: Args, steps: Steps) -> Steps:
    """Return a step with a ticket: any of the VM's tag, newest first, or one that is too old."""
    [[(name, given)]] = steps
    return [[(name, {**given, "ticket": n}) for n in tickets(s, tag_name(s, a["v"])) or [OLD]]]


def link_table(_s: Any, a: Args) -> Steps:
    """Give a free frame to a VM, which makes it a table."""
    vm, frame = VM[a["v"]], FRAME[a["f"]]
    return [
        one("donate", caller=HOST, vm=vm, frame=frame),
        *(one(name, caller=vm, frame=frame) for name in ("begin_retype", "finish_retype")),
        one("link_table", caller=vm, space=SPACE[a["v"]], page=0, level=BLOCK, child=frame),
    ]


def unlink_table(_s: Any, a: Args) -> Steps:
    """Close a table, find it empty, and take it out."""
    at = {"caller": VM[a["v"]], "table": FRAME[a["f"]]}
    return [one("close_table", **at), *[one("scan_table", **at)] * SLOTS, one("unlink_table", **at)]


def free_table(s: Any, a: Args) -> Steps:
    """Give a table that was unlinked back to the free frames."""
    vm, frame = VM[a["v"]], FRAME[a["f"]]
    freed = flushed(s, a, [one("free_table", caller=vm, table=frame)])
    return [*freed, *(one(name, caller=vm, frame=frame) for name in ("unpool", "reclaim"))]


def walk_on(s: Any, a: Args) -> Steps:
    """Walk from the root to the table of a VM."""
    tag = TAG.get(tag_name(s, a["v"]), 0)
    upper = [one("walk_on", tag=tag, table=table, index=0) for table in UPPER[a["v"]]]
    return [one("cpu_root", cpu=CPU[a["v"]]), *upper]


def written(s: Any, f: str, g: str) -> Steps:
    """Have a device of a frame's owner write into it what a walk takes for a leaf; the mapping is undone again."""
    v, ticket = owner(s, f), int(s.queue.next.raw)
    at = {"caller": VM[v], "space": IO_SPACE[v], "page": 0, "level": 0}
    return [
        one("map", **at, frame=FRAME[f], rights=RW),
        one("iotlb_fill", rid=RID[v], table=IO_TABLE[v], page=0, from_cache=0),
        one("dma_issue", request=1, rid=RID[v], page=0, write=1),
        one("dma_translate", request=1, tag=IO_TAG[v]),
        one("dma_deliver", request=1, index=0, kind=LEAF, target=FRAME[g], rights=RW),
        one("unmap", **at),
        one("invalidate_pages", tag=IO_TAG[v], page=0, mask=0),
        one("complete", ticket=ticket),
        one("release", **at, ticket=ticket),
    ]


def tlb_fill(s: Any, a: Args) -> Steps:
    """Fill a TLB from what is taken for a table; a guest that owns it has written there."""
    first = written(s, a["f"], a["g"]) if owner(s, a["f"]) in VM else []
    va, table = FRAME[a["g"]], FRAME[a["f"]]
    return [*first, one("tlb_fill", cpu=CPU[a["v"]], asid=0, va=va, table=table, page=0, stage1=15)]


def finds(s: Any, a: Args) -> bool:
    """Say whether a walk gets to a frame, and from there to another: the leaf of a table, or whatever a guest writes."""
    if (tag_name(s, a["v"]), a["f"]) not in pointers(s):
        return False
    entry = slot(s, a["f"])
    return owner(s, a["f"]) in VM or (entry.kind == EntryKind.LEAF and frame_name(entry.frame) == a["g"])


def use(_s: Any, a: Args) -> Steps:
    """Have a guest store through its TLB."""
    return [one("guest_store", cpu=CPU[a["v"]], asid=0, va=FRAME[a["f"]], index=1, kind=0, target=0, rights=0)]


def reached(s: Any, a: Args) -> Tuples:
    """Return the VM and the frame that its store reaches."""
    answer = cpu_access(s, Cpu(CPU[a["v"]]), Asid(0), VirtualPage(FRAME[a["f"]]), WRITE)
    return frozenset({(a["v"], frame_name(answer.frame))}) if isinstance(answer, Granted) else frozenset()


def complete(s: Any, a: Args) -> Steps:
    """Complete the invalidation of a tag that is under way."""
    return [[("complete", {"ticket": n}) for n in pending(s, a["t"])]]


def nothing_left(_s: Any, a: Args, seen: Seen) -> Steps | None:
    """Return that nothing is left to do when the caches have been swept."""
    return [] if (a["t"],) in seen["swept"] else None


def everything(s: Any) -> list[tuple[str, str, str, int]]:
    """Return what was removed from any VM."""
    return [e for v in VM for e in removed(s, v)]


def is_owed(s: Any, t: str) -> bool:
    """Say whether something that was removed, or the tag on its way out, waits for an invalidation to be issued."""
    holders = [v for v in VM if tag_name(s, v) == t]
    left = [e for v in holders for e in removed(s, v) if not is_covered(s, v, e[3]) and not is_flushed(s, v, e[3])]
    return phase(s, t) == "OWED" or bool(left)


# The actions

NEVER_REFUSED = "Python issues an invalidation whenever it is asked to; the module's hypervisor issues the one that is owed"
ONE_STEP = "Python sweeps the caches and reports in one step, which is taken at the sweep"

ACTIONS = (
    # Hypervisor
    Action("Donate", ("f", "v"), lambda _, a: [one("donate", caller=HOST, vm=VM[a["v"]], frame=FRAME[a["f"]])]),
    Action("Reclaim", ("f", "v"), lambda _, a: [one("reclaim", caller=VM[a["v"]], frame=FRAME[a["f"]])]),
    Action("LinkTable", ("v", "f"), link_table),
    Action("UnlinkTable", ("v", "f"), unlink_table, where=lambda s, a: linked(s, a["v"]) == a["f"]),
    Action("FreeTable", ("v", "f"), free_table),
    Action("Map", ("v", "f"), lambda _, a: on_leaf("map", a, frame=FRAME[a["f"]], rights=RW)),
    Action("Unmap", ("v", "f"), lambda _, a: on_leaf("unmap", a), where=lambda s, a: (a["v"], a["f"]) in leaves(s, EntryKind.LEAF)),
    Action(
        "Release",
        ("v", "f"),
        lambda s, a: flushed(s, a, on_leaf("release", a)),
        where=lambda s, a: (a["v"], a["f"]) in leaves(s, EntryKind.STALE),
    ),
    Action(
        "InvalidateTag",
        ("t",),
        lambda _, a: [one("invalidate_tag", tag=TAG[a["t"]])],
        where=lambda s, a: a["t"] not in flying(s) and is_owed(s, a["t"]),
        one_way=NEVER_REFUSED,
    ),
    Action("BindTag", ("v", "t"), bind_tag, where=lambda s, a: not removed(s, a["v"])),
    Action("RetireTag", ("v", "t"), lambda _, a: on_tag("retire_tag", a), where=lambda s, a: tag_name(s, a["v"]) == a["t"]),
    Action(
        "FreeTag",
        ("v", "t"),
        lambda s, a: flushed(s, a, on_tag("free_tag", a)),
        where=lambda s, a: tag_name(s, a["v"]) == a["t"],
    ),
    Action("SwitchIn", ("v",), lambda _, a: [one("switch_in", cpu=CPU[a["v"]])]),
    Action("SwitchOut", ("v",), lambda _, a: [one("switch_out", cpu=CPU[a["v"]])]),
    # Hardware
    Action("WalkOn", ("v", "f"), walk_on, where=lambda s, a: linked(s, a["v"]) == a["f"]),
    Action("TlbFill", ("v", "f", "g"), tlb_fill, where=finds),
    Action(
        "TlbEvict",
        ("t", "f"),
        lambda _, a: [one("tlb_evict", cpu=cpu, tag=TAG[a["t"]], asid=0, va=FRAME[a["f"]]) for cpu in CPU.values()],
        where=lambda s, a: (a["t"], a["f"]) in cached(s),
    ),
    Action(
        "WalkEvict",
        ("t", "f"),
        lambda _, a: [one("walk_evict", tag=TAG[a["t"]], table=FRAME[a["f"]])],
        where=lambda s, a: (a["t"], a["f"]) in pointers(s),
    ),
    Action("Sweep", ("t",), complete, inner=True),
    Action("Complete", ("t",), complete, one_way=ONE_STEP, substep=nothing_left),
    # Guests
    Action("Use", ("v", "f"), use, reaches=reached, names_it=True),
)

# What is compared; an invalidation that swept the caches counts as done

OBSERVABLES = (
    Observable("owner", r"{<<f, owner[f]>> : f \in Frames}", lambda s: frozenset((f, owner(s, f)) for f in FRAME)),
    Observable("link", r"{<<e.vm, e.frame>> : e \in link}", lambda s: frozenset((v, linked(s, v)) for v in VM if linked(s, v))),
    Observable("leaf", r"{<<e.vm, e.frame>> : e \in leaf}", lambda s: leaves(s, EntryKind.LEAF)),
    Observable("stale", r"{<<e.what, e.vm, e.frame>> : e \in stale}", lambda s: frozenset(e[:3] for e in everything(s))),
    Observable(
        "covered",
        r'{<<e.what, e.vm, e.frame>> : e \in {x \in stale : x.step = "COVERED" /\ tag[x.vm] \in Tags \ swept}}',
        lambda s: frozenset(e[:3] for e in everything(s) if is_covered(s, e[1], e[3])),
    ),
    Observable(
        "flushed",
        r'{<<e.what, e.vm, e.frame>> : e \in {x \in stale : IsFlushed(x) \/ (x.step = "COVERED" /\ tag[x.vm] \in swept)}}',
        lambda s: frozenset(e[:3] for e in everything(s) if is_flushed(s, e[1], e[3])),
    ),
    Observable("tag", r"{<<v, tag[v]>> : v \in Vms}", lambda s: frozenset((v, tag_name(s, v)) for v in VM)),
    Observable(
        "phase",
        r'{<<t, IF phase[t] = "COVERED" /\ t \in swept THEN "DONE" ELSE phase[t]>> : t \in Tags}',
        lambda s: frozenset((t, phase(s, t)) for t in TAG),
    ),
    Observable("flying", r"{<<t>> : t \in flying \ swept}", lambda s: frozenset((t,) for t in flying(s))),
    Observable("runs", r"{<<v>> : v \in runs}", lambda s: frozenset((v,) for v in runs(s))),
    Observable("walk", r"{<<c.tag, c.frame>> : c \in walk}", pointers),
    Observable("tlb", r"{<<c.tag, c.frame>> : c \in tlb}", cached),
    Observable("reached", r"{<<a.vm, a.frame>> : a \in access}"),
    Observable("swept", r"{<<t>> : t \in swept}"),
)

# The module's faulty variants


def like(known: str, name: str) -> Action:
    """Return an action that stands for the steps of another one."""
    action = next(a for a in ACTIONS if a.name == known)
    return Action(name, action.params, action.steps)


VARIANTS = (
    Variant(
        "TagsAndTables_XSA480",
        like("FreeTable", "FreeTableBeforeFlush"),
        "refuses it: NOT_FLUSHED",
        policy="pymodel.zoo.tables.xsa_480",
    ),
    Variant(
        "TagsAndTables_VmidReuse",
        like("FreeTag", "FreeTagWhileFlying"),
        "refuses it: NOT_FLUSHED",
        policy="proofs.tla.binding.maps.vmid_reuse",
    ),
    # A completion of what was issued before the removal is taken, and counts for nothing.
    Variant(
        "TagsAndTables_EarlierFlush",
        replace(like("Complete", "CompleteForAll"), substep=nothing_left),
        "shows flushed = {<<TABLE, v1, f1>>}",
    ),
)

BINDING = Binding(
    module="TagsAndTables",
    platform="small",
    boot=boot(),
    constants={
        "Vms": "{v1, v2}",
        "NOBODY": "nobody",
        "HYPERVISOR": "hypervisor",
        "Frames": "{f1, f2, f3}",
        "Tags": "{t1, t2}",
        "NOTAG": "notag",
    },
    small={"Vms": "{v1}", "Tags": "{t1}", "Frames": "{f1, f2}"},
    domains={
        "v": ("Vms", tuple(VM)),
        "f": ("Frames", tuple(FRAME)),
        "g": ("Frames", tuple(FRAME)),
        "t": ("Tags", tuple(TAG)),
    },
    actions=ACTIONS,
    observables=OBSERVABLES,
    result="reached",
    # A VM that runs, with a frame, and has walked to its table: random steps from nothing seldom come to a fill.
    start=r"""/\ owner = [f \in Frames |-> IF f = f1 THEN HYPERVISOR ELSE IF f = f2 THEN v1 ELSE NOBODY]
    /\ link = {Pair(v1, f1)} /\ leaf = {} /\ stale = {}
    /\ tag = [v \in Vms |-> IF v = v1 THEN t1 ELSE NOTAG]
    /\ phase = [t \in Tags |-> IF t = t1 THEN "BOUND" ELSE "FREE"]
    /\ flying = {} /\ swept = {} /\ runs = {v1} /\ access = {}
    /\ walk = {Under(t1, f1)} /\ tlb = {}""",
    steps=16,
    # What outlives the tag under which it was removed: Python counts any later invalidation of the VM's next tag, by number,
    # the module only one that was issued for this VM. Both are safe, as nothing is cached under a tag that was free.
    within=r'IF a.act = "BindTag" THEN \A e \in stale : e.vm # a.v ELSE TRUE',
    asked="swept = {}",
    inner=r"\E t \in Tags : Sweep(t)",
    around=("Complete",),
    variants=VARIANTS,
)
