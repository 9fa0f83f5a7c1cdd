"""The promises: what a reviewer cites. Each is a statement about what an access, by CPU or device, can reach.

They follow from the invariants in one state, and are written over the access functions that the adversary's own steps call,
never over tables alone.
"""

from __future__ import annotations

from proofs.statements import Area, consequence
from proofs.theorems.invariants.memory import is_data, is_mapped_by, is_the_use
from pymodel.hardware.access import Fault
from pymodel.hardware.cpu import cpu_access
from pymodel.hardware.ids import (
    HYPERVISOR,
    NO_RIGHTS,
    READ,
    WRITE,
    Asid,
    Cpu,
    Frame,
    Index,
    Page,
    Request,
    Rid,
    Rights,
    Tag,
    VirtualPage,
    Vm,
)
from pymodel.hardware.iommu import RequestPhase
from pymodel.hypervisor.devices import FunctionPhase
from pymodel.hypervisor.grants import GrantRecord
from pymodel.hypervisor.ids import Handle
from pymodel.hypervisor.memory import FrameKind
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import choose
from pymodel.machine import MachineState

AREA = Area("reach", promise=True)


def authority(s: MachineState, vm: Vm, p: Frame, through: GrantRecord) -> Rights:
    """Return the rights that a VM has to a frame: its own, or those of the grant it came through, or a published page's."""
    f = s.frame[p]
    granted = all_of(through.active, through.receiver == vm, through.frame == p)
    published = choose(f.kind == FrameKind.PUBLISHED, READ, NO_RIGHTS)
    lent = choose(granted, through.rights, published)
    return choose(all_of(f.owner == vm, is_data(f)), Rights.last(), lent)


def grant_behind(s: MachineState, table: Frame, index: Index) -> GrantRecord:
    """Return the grant that a slot goes through (an inactive one if it goes through none)."""
    handle = s.slot_note[table, index].handle
    h = s.handle[handle]
    g = s.grant[h.grant]
    return g.replace(active=all_of(handle != 0, h.live, g.active))


@consequence
def a_vm_reaches_only_what_it_owns_or_is_granted(s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage) -> bool:
    """Whatever a VM's CPU is granted lies in a frame that the VM owns or is granted, with no more rights than that."""
    e, c = s.tlb[cpu, tag, asid, va], s.cpu[cpu]
    answer = cpu_access(s, cpu, asid, va, NO_RIGHTS)
    if isinstance(answer, Fault) or c.tag != tag:
        return True
    vm = s.vcpu[c.vcpu].vm
    return answer.rights.within(authority(s, vm, answer.frame, grant_behind(s, e.table, e.index)))


@consequence
def a_cpu_uses_its_virtual_cpus_translations(s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage) -> bool:
    """What a CPU that runs may use of its cache was filled while the virtual CPU ran that it runs now, and which exists."""
    e, c = s.tlb[cpu, tag, asid, va], s.cpu[cpu]
    used = all_of(e.valid, c.stage2, c.tag == tag)
    return implies(used, all_of(e.vcpu == c.vcpu, s.vcpu[c.vcpu].exists))


@consequence
def a_frame_reached_is_memory_of_a_vm(s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage) -> bool:
    """No CPU access of a VM lands in a table or a hypervisor frame, but for reads of published pages."""
    reached = s.tlb[cpu, tag, asid, va].valid
    answer = cpu_access(s, cpu, asid, va, NO_RIGHTS)
    if isinstance(answer, Fault) or s.cpu[cpu].tag != tag:
        return True
    f = s.frame[answer.frame]
    allowed = any_of(is_data(f), all_of(f.kind == FrameKind.PUBLISHED, answer.rights.within(READ)))
    return implies(reached, allowed)


@consequence
def dma_reaches_only_what_the_owner_may(s: MachineState, r: Request) -> bool:
    """Wherever a device's request lands, the function's owner owns that frame or is granted it, with that right."""
    x = s.request[r]
    vm = s.function[x.rid].owner
    right = choose(x.write, WRITE, READ)
    return implies(
        x.phase == RequestPhase.TRANSLATED,
        all_of(vm == x.owner, right.within(authority(s, vm, x.frame, grant_behind(s, x.table, x.index)))),
    )


@consequence
def dma_never_lands_in_a_table_or_the_hypervisor(s: MachineState, r: Request) -> bool:
    """No request lands in a table or a hypervisor frame, but for reads of published pages."""
    x = s.request[r]
    f = s.frame[x.frame]
    return implies(
        x.phase == RequestPhase.TRANSLATED,
        any_of(is_data(f), all_of(f.kind == FrameKind.PUBLISHED, negate(x.write))),
    )


@consequence
def an_iotlb_leads_only_to_what_the_owner_may(s: MachineState, rid: Rid, tag: Tag, page: Page) -> bool:
    """What a device could be granted through its IOTLB is the present owner's, or granted to it."""
    c = s.iotlb[rid, tag, page]
    vm = s.function[rid].owner
    return implies(c.valid, c.rights.within(authority(s, vm, c.frame, grant_behind(s, c.table, c.index))))


@consequence
def an_unassigned_requester_reaches_nothing(s: MachineState, r: Request) -> bool:
    """Unknown, unassigned, quarantined and absent requesters have no translated request in flight."""
    x = s.request[r]
    f = s.function[x.rid]
    return implies(
        x.phase == RequestPhase.TRANSLATED,
        any_of(f.phase == FunctionPhase.ATTACHED, f.phase == FunctionPhase.DETACHING),
    )


@consequence
def no_mapping_outlives_its_grant(s: MachineState, table: Frame, index: Index) -> bool:
    """A leaf that goes through a handle, also a stale one, goes through a live grant of that very frame."""
    e, f = s.memory[table, index], s.frame[table]
    g = grant_behind(s, table, index)
    used = all_of(f.kind == FrameKind.TABLE, is_mapped_by(e), s.slot_note[table, index].handle != 0)
    return implies(used, all_of(g.active, g.receiver == f.owner, g.frame == e.frame))


@consequence
def a_handle_has_one_use_of_each_kind(s: MachineState, h: Handle, table: Frame, index: Index) -> bool:
    """A leaf through a handle is the one use by CPUs that the handle names, or the one by devices."""
    e = s.memory[table, index]
    used = all_of(s.frame[table].kind == FrameKind.TABLE, is_mapped_by(e), s.slot_note[table, index].handle == h, h != 0)
    named = any_of(*(is_the_use(s.handle[h], table, index, io=io) for io in (False, True)))
    return implies(used, all_of(s.handle[h].live, named))


@consequence
def a_cpu_goes_through_a_handles_use_by_cpus(s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage) -> bool:
    """What a CPU has cached of a leaf through a handle is of the one leaf that the handle names as its use by CPUs."""
    c = s.tlb[cpu, tag, asid, va]
    h = s.slot_note[c.table, c.index].handle
    return implies(all_of(c.valid, h != 0), is_the_use(s.handle[h], c.table, c.index, io=False))


@consequence
def a_device_goes_through_a_handles_use_by_devices(s: MachineState, rid: Rid, tag: Tag, page: Page) -> bool:
    """What is cached for a device of a leaf through a handle is of the one leaf that the handle names as its use by devices."""
    c = s.iotlb[rid, tag, page]
    h = s.slot_note[c.table, c.index].handle
    return implies(all_of(c.valid, h != 0), is_the_use(s.handle[h], c.table, c.index, io=True))


@consequence
def what_a_cache_holds_is_not_reused(s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage) -> bool:
    """The frame behind a cached CPU translation is still data of the VM it was cached for, or granted, or published."""
    c = s.tlb[cpu, tag, asid, va]
    vm = s.space[s.tag[tag].space].vm
    return implies(c.valid, c.rights.within(authority(s, vm, c.frame, grant_behind(s, c.table, c.index))))


@consequence
def no_table_is_mapped(s: MachineState, table: Frame, index: Index) -> bool:
    """No leaf, also a stale one, maps a table, a blank page, a free frame or the hypervisor's own, but to read a published one."""
    e = s.memory[table, index]
    f = s.frame[e.frame]
    used = all_of(s.frame[table].kind == FrameKind.TABLE, is_mapped_by(e))
    published = all_of(f.kind == FrameKind.PUBLISHED, e.rights.within(READ), f.owner == HYPERVISOR)
    return implies(used, any_of(is_data(f), published))
