"""Granting: what is one's own, or free for the host to give, is had for the asking; what may be in the way is listed.

The rules are written over who owns what, what refers to it and which names are taken, and not over an operation's guards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs.theorems.effects import is_linked, slot_of, translation
from proofs.theorems.statements import refusal
from pymodel.hardware.ids import (
    HOST,
    NO_RIGHTS,
    READ,
    AccountKind,
    Frame,
    Level,
    Page,
    Rights,
    Space,
    Vm,
    account,
    frame_base,
    is_vm,
    page_base,
)
from pymodel.hardware.machine import (
    BlockPhase,
    EntryKind,
    FrameKind,
    FunctionPhase,
    Life,
    MachineState,
    SriovPhase,
    TablePhase,
    TagPhase,
)
from pymodel.outcomes import Reason
from pymodel.words import all_of, any_of, negate

#: Why an operation on what is one's own may be refused all the same: a quota, a flush to wait for, bad luck, a decision.
EXCUSES = (Reason.EXHAUSTED, Reason.NOT_FLUSHED, Reason.BY_ENVIRONMENT, Reason.POLICY)

Rule = Callable[[MachineState, Vm, dict[str, Any]], bool]


def is_live(s: MachineState, vm: Vm) -> bool:
    """Say whether a VM runs."""
    return all_of(is_vm(vm), s.vm[vm].life == Life.LIVE)


def exists(s: MachineState, vm: Vm) -> bool:
    """Say whether a VM may be given things."""
    life = s.vm[vm].life
    return all_of(is_vm(vm), any_of(life == Life.CREATED, life == Life.LIVE))


def is_own(s: MachineState, caller: Vm, frame: Frame) -> bool:
    """Say whether a frame is data of a live caller."""
    f = s.frame[frame]
    return all_of(is_live(s, caller), f.owner == caller, f.kind == FrameKind.DATA)


def has_room(s: MachineState, space: Space, page: Page, level: Level) -> bool:
    """Say whether an address space has an open table with an empty slot for a page, which for a device is not reserved."""
    p = s.space[space]
    table, index = slot_of(s, space, page, level)
    empty = all_of(s.table[table].phase == TablePhase.LINKED, s.memory[table, index].kind == EntryKind.NONE)
    clear = negate(all_of(p.io, s.reserved[p.layout, level, page].reserved))
    return all_of(p.live, page_base(page, level) == page, is_linked(s, space, page, level), empty, clear)


def may_map(s: MachineState, caller: Vm, space: Space, page: Page, level: Level, frame: Frame, rights: Rights) -> bool:
    """Say whether a VM maps in a space of its own a frame or a whole block of its own, or to read a page shown to all."""
    p, b = s.space[space], s.block[level, frame]
    whole = all_of(frame_base(frame, level) == frame, b.phase == BlockPhase.WHOLE, b.owner == caller)
    own = all_of(is_own(s, caller, frame), any_of(level == Level.PAGE, whole))
    shown = all_of(is_live(s, caller), s.frame[frame].kind == FrameKind.SHOWN, level == Level.PAGE, rights.within(READ))
    asked = all_of(any_of(own, shown), rights != NO_RIGHTS)
    return all_of(asked, p.vm == caller, negate(p.mirror), has_room(s, space, page, level))


def a_free_frame(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The host gives a clean free frame to a VM that exists."""
    f = s.frame[args["frame"]]
    return all_of(caller == HOST, exists(s, args["vm"]), f.kind == FrameKind.FREE, f.clean)


def a_grant(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A VM shares its own frame with another one, under a name that is not in use."""
    to = all_of(exists(s, args["to"]), args["to"] != caller)
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
    p, own = s.space[args["space"]], s.vm[caller]
    e = translation(s, own.space, args["page"], Level.PAGE)
    there = all_of(own.has_space, e.kind == EntryKind.LEAF, e.handle == 0, e.rights != NO_RIGHTS)
    once = negate(s.twin[slot_of(s, own.space, args["page"], Level.PAGE)].held)
    mine = all_of(is_live(s, caller), p.vm == caller, p.mirror)
    return all_of(mine, there, once, has_room(s, args["space"], args["page"], Level.PAGE))


def a_block(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A VM begins to hold an aligned block together that begins with a frame of its own."""
    level, base = args["level"], args["base"]
    aligned = all_of(level != Level.PAGE, frame_base(base, level) == base)
    return all_of(is_own(s, caller, base), aligned, s.block[level, base].phase == BlockPhase.NONE)


def the_next_frame(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The next frame of a block that a VM assembles is its own too."""
    b = s.block[args["level"], args["base"]]
    own = is_own(s, caller, args["base"] | b.cursor)
    return all_of(b.phase == BlockPhase.ASSEMBLING, b.owner == caller, own)


def a_clean_function(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The host gives a clean function, whose group has no other owner, to a VM with a usable address space for it."""
    f, p, vm = s.function[args["rid"]], s.space[args["space"]], args["vm"]
    up = any_of(negate(f.virtual), s.sriov[f.pf].phase == SriovPhase.ENABLED)
    clean = all_of(f.present, f.phase == FunctionPhase.CLEAN, up)
    alone = any_of(s.count[account(AccountKind.GROUP, f.group)].n == 0, s.group[f.group].owner == vm)
    usable = all_of(p.live, p.io, p.vm == vm, p.layout == f.layout, p.tagged, s.tag[p.tag].phase == TagPhase.BOUND)
    return all_of(caller == HOST, exists(s, vm), clean, alone, usable)


def an_own_function(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A VM's own function that is attached."""
    f = s.function[args["rid"]]
    return all_of(is_live(s, caller), f.owner == caller, f.phase == FunctionPhase.ATTACHED)


def idle_registers(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The host and a PF that can have VFs and has none."""
    p = s.sriov[args["pf"]]
    return all_of(caller == HOST, s.iommu.on, p.capable, p.phase == SriovPhase.OFF)


#: When an operation gives a caller what it may have.
GRANTING: dict[str, Rule] = {
    "donate": a_free_frame,
    "allocate": lambda s, _caller, args: s.frame[args["frame"]].kind == FrameKind.FREE,
    "show": lambda s, _caller, args: all_of(s.frame[args["frame"]].kind == FrameKind.HYPERVISOR, s.frame[args["frame"]].clean),
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
    "set_num_vfs": lambda s, caller, args: all_of(idle_registers(s, caller, args), args["number"] <= s.sriov[args["pf"]].total_vfs),
    "enable_vfs": idle_registers,
}


@refusal
def what_is_ones_own_is_not_refused(s: MachineState, name: str, args: dict[str, Any], reason: Any) -> bool:
    """A frame, grant, pin, leaf, block or function that a caller may have is refused for quota, luck or decision alone."""
    if name not in GRANTING or reason in EXCUSES:
        return True
    return negate(GRANTING[name](s, args.get("caller", HOST), args))
