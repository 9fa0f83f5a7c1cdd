"""Names: what has one belongs to the VM that the name says, so that who may ask is told before anything is looked up."""

from __future__ import annotations

from proofs.statements import Area, state
from pymodel.hardware.ids import NOBODY, Frame, Index, Vm
from pymodel.hypervisor.ids import Grant, Handle, Job, Name, Pin, Space
from pymodel.hypervisor.jobs.ranges import JobPhase
from pymodel.hypervisor.jobs.windows import SearchPhase
from pymodel.language.truth import all_of, implies
from pymodel.language.words import choose
from pymodel.machine import MachineState

AREA = Area("names", promise=False)


def is_whose(vm: Vm, name: Name, in_use: bool) -> bool:
    """Say whether a record names the VM of its name where it is in use, and nobody where it is not."""
    return vm == choose(in_use, name.vm, NOBODY)


@state
def a_pin_is_its_vms(s: MachineState, pin: Pin) -> bool:
    """The frame that a pin holds is owned by the VM that the pin's name says."""
    p = s.pin[pin]
    return implies(p.live, s.frame[p.frame].owner == pin.vm)


@state
def a_grant_is_its_vms(s: MachineState, grant: Grant) -> bool:
    """A grant is by the VM that its name says; one that is not in use is by nobody."""
    g = s.grant[grant]
    return is_whose(g.granter, grant, g.active)


@state
def a_handle_is_its_vms(s: MachineState, handle: Handle) -> bool:
    """A handle is on a grant to the VM that the handle's name says."""
    h = s.handle[handle]
    return implies(h.live, s.grant[h.grant].receiver == handle.vm)


@state
def a_space_is_its_vms(s: MachineState, space: Space) -> bool:
    """An address space is of the VM that its name says; one that is not in use is nobody's."""
    p = s.space[space]
    return is_whose(p.vm, space, p.live)


@state
def a_job_is_its_vms(s: MachineState, job: Job) -> bool:
    """A job is for the VM that its name says, and maps into an address space of that VM's; one that there is not is for nobody."""
    j = s.job[job]
    under_way = j.phase != JobPhase.NONE
    return all_of(is_whose(j.vm, job, under_way), implies(under_way, j.space.vm == job.vm))


@state
def a_search_is_its_vms(s: MachineState, job: Job) -> bool:
    """A search is for the VM that its name says, in an address space of that VM's; one that there is not is for nobody."""
    x = s.search[job]
    under_way = x.phase != SearchPhase.NONE
    return all_of(is_whose(x.vm, job, under_way), implies(under_way, x.space.vm == job.vm))


@state
def a_leaf_goes_through_a_handle_of_its_vms(s: MachineState, table: Frame, index: Index) -> bool:
    """Lemma: a leaf that goes through a handle does so in an address space of the VM that the handle's name says."""
    handle = s.slot_note[table, index].handle
    return implies(handle != 0, handle.vm == s.table[table].space.vm)


NAMES = (a_pin_is_its_vms, a_grant_is_its_vms, a_handle_is_its_vms, a_space_is_its_vms, a_job_is_its_vms, a_search_is_its_vms)
