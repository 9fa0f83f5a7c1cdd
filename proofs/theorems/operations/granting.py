"""Granting: what is one's own, or free for the host to give, is had for the asking; what may be in the way is listed.

The rules are written over who owns what, what refers to it and which names are taken, and not over an operation's guards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs.statements import Area, refusal
from proofs.theorems.operations.effects import is_linked, slot_of, translation
from pymodel.hardware.caches import last_slot
from pymodel.hardware.ids import HOST, NO_RIGHTS, READ, Frame, Level, Page, Rights, Vm, frame_base, is_vm, page_base
from pymodel.hardware.memory import EntryKind
from pymodel.hardware.pcie import layout_of
from pymodel.hardware.platform import is_reserved
from pymodel.hypervisor.devices import FunctionPhase, SriovPhase
from pymodel.hypervisor.ids import AccountKind, Space, account
from pymodel.hypervisor.memory import BlockPhase, FrameKind
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.hypervisor.vms import Life
from pymodel.language.outcomes import Reason
from pymodel.language.truth import all_of, any_of, negate
from pymodel.machine import MachineState

AREA = Area("granting", promise=True)

#: Why an operation on what is one's own may be refused all the same: a quota, a flush to wait for, bad luck, a decision.
EXCUSES = (Reason.EXHAUSTED, Reason.NOT_FLUSHED, Reason.BY_ENVIRONMENT, Reason.POLICY)

Rule = Callable[[MachineState, Vm, dict[str, Any]], bool]


def builds_for(s: MachineState, caller: Vm, vm: Vm) -> bool:
    """Say whether it is a live VM's own self, or the host that prepares a VM before it starts."""
    life = s.vm[vm].life
    return all_of(is_vm(vm), any_of(all_of(caller == vm, life == Life.LIVE), all_of(caller == HOST, life == Life.CREATED)))


def exists(s: MachineState, vm: Vm) -> bool:
    """Say whether a VM may be given things."""
    life = s.vm[vm].life
    return all_of(is_vm(vm), any_of(life == Life.CREATED, life == Life.LIVE))


def is_own(s: MachineState, caller: Vm, frame: Frame) -> bool:
    """Say whether a frame is data of a VM that the caller builds for."""
    f = s.frame[frame]
    return all_of(builds_for(s, caller, f.owner), f.kind == FrameKind.DATA)


def is_open(s: MachineState, space: Space, page: Page, level: Level) -> bool:
    """Say whether an address space has an open table with a slot for a page."""
    table, _ = slot_of(s, space, page, level)
    linked = all_of(is_linked(s, space, page, level), s.table[table].phase == TablePhase.LINKED)
    return all_of(s.space[space].live, page_base(page, level) == page, linked)


def has_empty_slot(s: MachineState, space: Space, page: Page, level: Level) -> bool:
    """Say whether an address space has an open table with an empty slot for a page."""
    table, index = slot_of(s, space, page, level)
    return all_of(is_open(s, space, page, level), index <= last_slot(s, level), s.memory[table, index].kind == EntryKind.NONE)


def is_clear(s: MachineState, space: Space, page: Page, level: Level) -> bool:
    """Say whether an address space may map a page: one for devices, where nothing is reserved; a mirror, by itself."""
    p = s.space[space]
    return negate(any_of(p.mirror, all_of(p.io, is_reserved(s, p.layout, level, page))))


def may_have(s: MachineState, space: Space, level: Level, frame: Frame, rights: Rights) -> bool:
    """Say whether a frame or block is the own one of an address space's VM, or a page shown to all, to be read."""
    p, f, b = s.space[space], s.frame[frame], s.block[level, frame]
    whole = all_of(frame_base(frame, level) == frame, b.phase == BlockPhase.WHOLE, b.owner == p.vm)
    own = all_of(f.owner == p.vm, f.kind == FrameKind.DATA, any_of(level == Level.PAGE, whole))
    shown = all_of(f.kind == FrameKind.PUBLISHED, level == Level.PAGE, rights.within(READ))
    return all_of(any_of(own, shown), rights != NO_RIGHTS)


def may_map(s: MachineState, caller: Vm, space: Space, page: Page, level: Level, frame: Frame, rights: Rights) -> bool:
    """Say whether a VM's address space has room for a frame or block that it may have, and the caller builds for that VM."""
    room = all_of(has_empty_slot(s, space, page, level), is_clear(s, space, page, level))
    return all_of(builds_for(s, caller, s.space[space].vm), may_have(s, space, level, frame, rights), room)


def a_free_frame(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The host gives a clean free frame to a VM that exists."""
    f = s.frame[args["frame"]]
    return all_of(caller == HOST, exists(s, args["vm"]), f.kind == FrameKind.FREE, f.clean)


def a_grant(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A VM shares its own frame with another one, under a name that is not in use."""
    to = all_of(exists(s, args["to"]), args["to"] != s.frame[args["frame"]].owner)
    return all_of(is_own(s, caller, args["frame"]), to, args["rights"] != NO_RIGHTS, negate(s.grant[args["grant"]].active))


def a_leaf(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A VM maps what is its own, or shown to it."""
    return may_map(s, caller, args["space"], args["page"], args["level"], args["frame"], args["rights"])


def a_fault(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A VM serves a fault of its function with a frame of its own."""
    f = s.function[args["rid"]]
    mapped = may_map(s, caller, f.space, args["page"], Level.PAGE, args["frame"], args["rights"])
    return all_of(f.phase == FunctionPhase.ATTACHED, f.owner == caller, mapped)


def a_mirrored_page(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A VM lets its devices have, in a mirror, a page of its own memory that no other mirror has."""
    space, page, p = args["space"], args["page"], s.space[args["space"]]
    own = s.vm[p.vm]
    e = translation(s, own.space, page, Level.PAGE)
    slot = slot_of(s, own.space, page, Level.PAGE)
    there = all_of(own.has_space, e.kind == EntryKind.LEAF, s.slot_note[slot].handle == 0, e.rights != NO_RIGHTS)
    once = negate(s.mirror_link[slot].held)
    clear = negate(is_reserved(s, p.layout, Level.PAGE, page))
    return all_of(builds_for(s, caller, p.vm), p.mirror, there, once, has_empty_slot(s, space, page, Level.PAGE), clear)


def a_block(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A VM begins to hold an aligned block together that begins with a frame of its own."""
    level, base = args["level"], args["base"]
    aligned = all_of(level != Level.PAGE, frame_base(base, level) == base)
    return all_of(is_own(s, caller, base), aligned, s.block[level, base].phase == BlockPhase.NONE)


def the_next_frame(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The next frame of a block that a VM assembles is its own too."""
    b = s.block[args["level"], args["base"]]
    frame = args["base"] | b.cursor
    return all_of(b.phase == BlockPhase.ASSEMBLING, b.owner == s.frame[frame].owner, is_own(s, caller, frame))


def a_clean_function(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The host gives a clean function, whose group has no other owner, to a VM with a usable address space for it."""
    rid, p, vm = args["rid"], s.space[args["space"]], args["vm"]
    f, r, group = s.function[rid], s.pcie[rid], s.platform.function[rid].group
    up = any_of(negate(r.virtual), s.pf[r.pf].phase == SriovPhase.ENABLED)
    clean = all_of(r.present, f.phase == FunctionPhase.CLEAN, up)
    alone = any_of(s.count[account(AccountKind.GROUP, group)].n == 0, s.group[group].owner == vm)
    usable = all_of(p.live, p.io, p.vm == vm, p.layout == layout_of(s, rid), p.tagged, s.tag[p.tag].phase == TagPhase.BOUND)
    return all_of(caller == HOST, exists(s, vm), clean, alone, usable)


def an_own_function(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A VM's own function that is attached."""
    f = s.function[args["rid"]]
    return all_of(s.vm[caller].life == Life.LIVE, f.owner == caller, f.phase == FunctionPhase.ATTACHED)


def idle_registers(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The host and a PF that can have VFs and has none."""
    pf = args["pf"]
    return all_of(caller == HOST, s.iommu.on, s.platform.function[pf].capable, s.pf[pf].phase == SriovPhase.OFF)


#: When an operation gives a caller what it may have.
GRANTING: dict[str, Rule] = {
    "donate": a_free_frame,
    "allocate": lambda s, _caller, args: s.frame[args["frame"]].kind == FrameKind.FREE,
    "publish": lambda s, _caller, args: all_of(s.frame[args["frame"]].kind == FrameKind.HYPERVISOR, s.frame[args["frame"]].clean),
    "share": a_grant,
    "pin": lambda s, caller, args: all_of(is_own(s, caller, args["frame"]), negate(s.pin[args["pin"]].live)),
    "map": a_leaf,
    "handle_fault": a_fault,
    "mirror_page": a_mirrored_page,
    "assemble": a_block,
    "assemble_on": the_next_frame,
    "attach": a_clean_function,
    "set_master": an_own_function,
    "set_ari": idle_registers,
    "set_num_vfs": lambda s, caller, args: all_of(
        idle_registers(s, caller, args), args["number"] <= s.platform.function[args["pf"]].total_vfs
    ),
    "enable_vfs": idle_registers,
}


@refusal
def what_is_ones_own_is_not_refused(s: MachineState, name: str, args: dict[str, Any], reason: Any) -> bool:
    """A frame, grant, pin, leaf, block or function that a caller may have is refused for quota, luck or decision alone."""
    if name not in GRANTING or reason in EXCUSES:
        return True
    return negate(GRANTING[name](s, args.get("caller", HOST), args))
