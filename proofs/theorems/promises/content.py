"""Statements about the content of memory: who may change it, by what a frame is for, also in a step that makes it something else.

Each change is one of four: a write of a guest or a device, which the step declares, with whom it is for; scrubbing; a write to a
table; and the hypervisor's own write into its own frames. So it is of every step, also of an operation of a policy's own.
"""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, step
from proofs.theorems.invariants.memory import is_data
from proofs.theorems.operations.contracts import WORLD
from proofs.theorems.promises.reach import authority, grant_behind
from pymodel.hardware.access import Writer
from pymodel.hardware.ids import HYPERVISOR, NOBODY, WRITE, Cpu, Frame, Index, Request, Rid, Vm, is_vm
from pymodel.hardware.iommu import RequestPhase
from pymodel.hardware.memory import Entry
from pymodel.hypervisor.ids import Grant
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.vms import Life
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.machine import MachineState

AREA = Area("content", promise=True)


def writer_of(s: MachineState, name: str, args: dict[str, Any]) -> Writer | None:
    """Return who writes by a step of hardware, a guest or a device; none of one that is no write, and of an operation."""
    found: Writer | None = WORLD[name].writer(s, args) if name in WORLD else None
    return found


def is_acted_for(writer: Writer | None) -> bool:
    """Say whether a step is a write of a guest or a device, and not a walk's, which acts for the hypervisor."""
    return False if writer is None else writer.vm != HYPERVISOR


def may_write(s: MachineState, writer: Writer, p: Frame) -> bool:
    """Say whether a frame is a VM's data that the writer owns, or is granted to write through the slot that it came by."""
    return WRITE.within(authority(s, writer.vm, p, grant_behind(s, writer.table, writer.index)))


def is_zero(s: MachineState, p: Frame, i: Index) -> bool:
    """Say whether a slot of a frame holds zero."""
    return s.memory[p, i] == Entry.default()


def is_kept(s: MachineState, after: MachineState, p: Frame, i: Index) -> bool:
    """Say whether a step left a slot of a frame as it was."""
    return s.memory[p, i] == after.memory[p, i]


def is_of(s: MachineState, p: Frame, *kinds: FrameKind) -> bool:
    """Say whether a frame is of one of some kinds."""
    return any_of(*(s.frame[p].kind == kind for kind in kinds))


def is_dead(s: MachineState, vm: Vm) -> bool:
    """Say whether a name is a VM's that is neither created nor live."""
    life = s.vm[vm].life
    return all_of(is_vm(vm), life != Life.CREATED, life != Life.LIVE)


@step
def a_vms_data_is_written_by_who_may(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index
) -> bool:
    """A VM's data is written by a store or a DMA write of its owner, or of who is granted to write there, and by nothing else.

    A frame that ceases to be its VM's data in the step may be scrubbed; zero in what stays a VM's data is a write like any other.
    """
    writer = writer_of(s, name, args)
    given_up = all_of(negate(is_data(after.frame[p])), is_zero(after, p, i))
    may = given_up if writer is None else may_write(s, writer, p)
    return implies(is_data(s.frame[p]), any_of(is_kept(s, after, p, i), may))


@step
def what_is_nobodys_is_only_scrubbed(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index
) -> bool:
    """A free frame, and a page of a pool for tables, is changed by scrubbing alone, whatever the step makes of it."""
    scrubbed = all_of(writer_of(s, name, args) is None, is_zero(after, p, i))
    return implies(is_of(s, p, FrameKind.FREE, FrameKind.POOL), any_of(is_kept(s, after, p, i), scrubbed))


@step
def nobody_writes_what_is_published(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index
) -> bool:
    """A page that is published, and where no memory is, is changed by nothing, whatever the step makes of it."""
    del name, args
    return implies(is_of(s, p, FrameKind.PUBLISHED, FrameKind.ABSENT), is_kept(s, after, p, i))


@step
def the_hypervisor_alone_writes_its_frames(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index
) -> bool:
    """A frame of the hypervisor's own is changed by what nobody asks for; one that ceases to be its own is scrubbed at most."""
    own = name not in WORLD and "caller" not in args
    stays = is_of(after, p, FrameKind.HYPERVISOR)
    return implies(
        is_of(s, p, FrameKind.HYPERVISOR),
        any_of(is_kept(s, after, p, i), all_of(own, any_of(stays, is_zero(after, p, i)))),
    )


@step
def a_table_is_written_as_a_table(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index
) -> bool:
    """A table is written by no guest and no device while it is one; what becomes one, or ceases to be one, is then blank."""
    was, stays = is_of(s, p, FrameKind.TABLE), is_of(after, p, FrameKind.TABLE)
    kept = any_of(is_kept(s, after, p, i), negate(is_acted_for(writer_of(s, name, args))))
    return all_of(implies(all_of(was, stays), kept), implies(was != stays, is_zero(after, p, i)))


@step
def scrubbing_is_zero_over_the_whole_frame(  # noqa: PLR0913, PLR0917 - one slot that changed, and any other
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index, other: Index
) -> bool:
    """An operation that wipes a slot of a frame wipes all of it, but for a table and the hypervisor's own that stay so."""
    del args
    if name in WORLD:
        return True
    stays = any_of(*(all_of(is_of(s, p, kind), is_of(after, p, kind)) for kind in (FrameKind.TABLE, FrameKind.HYPERVISOR)))
    wiped = all_of(negate(is_kept(s, after, p, i)), is_zero(after, p, i), negate(stays))
    return implies(wiped, is_zero(after, p, other))


@step
def what_is_no_write_leaves_memory_alone(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index
) -> bool:
    """A step of hardware, a guest or a device that is not declared a write, such as a fault or a fetch, changes no memory."""
    if name not in WORLD or writer_of(s, name, args) is not None:
        return True
    return is_kept(s, after, p, i)


@step
def what_a_dying_vm_owns_stays_as_it_is(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index
) -> bool:
    """Data and tables of a dying VM keep owner and kind, and their content but for what CPUs, devices and walks still write."""
    old, new = s.frame[p], after.frame[p]
    same = all_of(old.owner == new.owner, old.kind == new.kind)
    kept = True if writer_of(s, name, args) is not None else is_kept(s, after, p, i)
    return implies(s.vm[old.owner].life == Life.DYING, all_of(same, kept))


@step
def what_a_dead_vm_leaves_is_blank_or_nobodys(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index
) -> bool:
    """A frame of a VM that is neither created nor live is passed on to no VM, and not to the hypervisor, with what is in it."""
    del name, args
    old, new = s.frame[p].owner, after.frame[p].owner
    return implies(all_of(is_dead(s, old), old != new), any_of(new == NOBODY, is_zero(after, p, i)))


@step
def what_a_dead_vm_owns_is_granted_to_nobody(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, grant: Grant
) -> bool:
    """A frame of a VM that is neither created nor live gets no grant that it had not, and none with more than it gave."""
    del name, args
    old, new = s.grant[grant], after.grant[grant]
    return implies(all_of(new.active, old != new), negate(is_dead(s, s.frame[new.frame].owner)))


@step
def nothing_of_a_dead_vm_is_let_go_while_something_acts_for_it(  # noqa: PLR0913, PLR0917 - a frame, and who may act
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, d: Rid, cpu: Cpu, r: Request
) -> bool:
    """A dead VM's frame is let go, or made something else, once the VM has no function, no request under way, and is on no CPU."""
    del name, args
    old, new = s.frame[p], after.frame[p]
    vm, c, x = old.owner, s.cpu[cpu], s.request[r]
    changes = any_of(old.owner != new.owner, old.kind != new.kind)
    loaded = all_of(c.vcpu != 0, s.vcpu[c.vcpu].vm == vm)
    under_way = all_of(x.phase != RequestPhase.NONE, x.owner == vm)
    return implies(all_of(is_dead(s, vm), changes), all_of(s.function[d].owner != vm, negate(loaded), negate(under_way)))
