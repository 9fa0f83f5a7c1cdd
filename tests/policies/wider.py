# ruff: noqa: ARG002, D102, D401 - what each does is said by its class
"""Policies whose operations change more than the reference's: sound ones, with and without a word of it, and ones that deceive."""

from pymodel import (
    NOBODY,
    AccountKind,
    Cpu,
    Frame,
    Grant,
    Handle,
    HolderKind,
    Hypervisor,
    Index,
    Invalidation,
    Job,
    Level,
    Life,
    MachineState,
    Page,
    Pin,
    Reason,
    Rid,
    Rights,
    Scope,
    SearchPhase,
    Space,
    Ticket,
    Vcpu,
    Vm,
    account,
    all_of,
    choose,
    clear_fault,
    drop,
    excuse,
    holder,
    is_vm,
    issue,
    negate,
    page_index,
    set_bus_master,
    store_entry,
    take,
    widens,
)

# Sound, if they say so


class ClearsFaultUnsaid(Hypervisor):
    """Clears what is reported of a function as soon as it is detached."""

    def detach(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        return clear_fault(super().detach(s, caller, rid), rid)


class ClearsFault(ClearsFaultUnsaid):
    """Says so."""

    @widens("detach", "fault", "valid kind page write")
    def fault_of_detached(self, s: MachineState, rid: Rid) -> Rid:
        """What is reported of the function is cleared."""
        return rid


def slot(s: MachineState, space: Space, page: Page, level: Level) -> tuple[Frame, Index]:
    """Return the slot of a page, whether or not there are tables that lead there."""
    root = s.space[space].root
    upper = s.memory[root, page_index(page, Level.HUGE)].frame
    lower = s.memory[upper, page_index(page, Level.BLOCK)].frame
    table = choose(level == Level.HUGE, root, choose(level == Level.BLOCK, upper, lower))
    return table, page_index(page, level)


class CollectsDirtyUnsaid(Hypervisor):
    """Forgets that a page was written, where its rights are changed: so it is seen which are written again."""

    def protect(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, rights: Rights) -> MachineState:
        after = super().protect(s, caller, space, page, level, rights)
        table, index = slot(s, space, page, level)
        return store_entry(after, table, index, after.memory[table, index].replace(dirty=False))


class CollectsDirty(CollectsDirtyUnsaid):
    """Says so; the contract has the rights of that entry, and this its dirty bit."""

    @widens("protect", "memory", "dirty")
    def entry_of_protected(self, s: MachineState, space: Space, page: Page, level: Level) -> tuple[Frame, Index]:
        """The leaf counts as not written."""
        return slot(s, space, page, level)


class FlushesAtOnceUnsaid(Hypervisor):
    """Issues the invalidation of a tag as soon as its address space gives it up."""

    @excuse("retire_tag", Reason.EXHAUSTED)
    def has_no_ticket(self, s: MachineState) -> bool:
        """There are no tickets left."""
        return s.queue.next == Ticket.last()

    def retire_tag(self, s: MachineState, caller: Vm, space: Space) -> MachineState:
        return issue(super().retire_tag(s, caller, space), Invalidation(scope=Scope.TAG, tag=s.space[space].tag))


class FlushesAtOnce(FlushesAtOnceUnsaid):
    """Says so, of the invalidation and of the queue."""

    @widens("retire_tag", "invalidation", "scope tag page mask rid done")
    def next_ticket(self, s: MachineState) -> Ticket:
        """An invalidation of the tag is issued."""
        return s.queue.next

    @widens("retire_tag", "queue", "next")
    def there_is_one_more(self, s: MachineState) -> bool:
        """The invalidation has the next ticket."""
        return True


class NotesInHandleUnsaid(Hypervisor):
    """A new handle has its own number noted where a table will be."""

    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        after = super().take_handle(s, caller, handle, grant)
        return after.put("handle", handle, after.handle[handle].replace(cpu_table=handle.to(Frame)))


class NotesInHandle(NotesInHandleUnsaid):
    """Says so."""

    @widens("take_handle", "handle", "cpu_table")
    def handle_noted(self, s: MachineState, handle: Handle) -> Handle:
        """The table is noted, though nothing is mapped yet."""
        return handle


# They say it of something else


class ClearsMore(ClearsFaultUnsaid):
    """Says half of what it clears."""

    @widens("detach", "fault", "valid kind")
    def half_a_fault(self, s: MachineState, rid: Rid) -> Rid:
        """What is reported of the function is cleared."""
        return rid


class ClearsCrosswise(ClearsFaultUnsaid):
    """Says each half of another function."""

    @widens("detach", "fault", "valid kind")
    def half_a_fault(self, s: MachineState, rid: Rid) -> Rid:
        """Whether there was a fault is forgotten."""
        return rid

    @widens("detach", "fault", "page write")
    def other_half(self, s: MachineState, rid: Rid) -> Rid:
        """Where the fault was is forgotten of the function with the next number."""
        return rid + 1


class ClearsElsewhere(ClearsFaultUnsaid):
    """Says it of the function with the next number."""

    @widens("detach", "fault", "valid kind page write")
    def fault_of_next(self, s: MachineState, rid: Rid) -> Rid:
        """What is reported of the function with the next number is cleared."""
        return rid + 1


class ClearsInAnother(ClearsFaultUnsaid):
    """Says it of another operation."""

    @widens("finish_detach set_master", "fault", "valid kind page write")
    def fault_of_finished(self, s: MachineState, rid: Rid) -> Rid:
        """What is reported of the function is cleared."""
        return rid


class FlushesUnqueued(FlushesAtOnceUnsaid):
    """Says of the queue that it stays, by saying when it does not."""

    @widens("retire_tag", "invalidation", "scope tag page mask rid done")
    def next_ticket(self, s: MachineState) -> Ticket:
        """An invalidation of the tag is issued."""
        return s.queue.next

    @widens("retire_tag", "queue", "next")
    def there_is_one_more(self, s: MachineState) -> bool:
        """The first invalidation has the next ticket."""
        return s.queue.next == Ticket(0)


# They say all of it, and nobody may do it


class RaisesGrant(Hypervisor):
    """Whoever takes a handle has all rights from then on, whatever was granted."""

    @widens("take_handle", "grant", "active granter receiver frame rights")
    def grant_taken(self, s: MachineState, grant: Grant) -> Grant:
        """The grant has all rights."""
        return grant

    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        after = super().take_handle(s, caller, handle, grant)
        return after.put("grant", grant, after.grant[grant].replace(rights=Rights.last()))


class EndsAnother(Hypervisor):
    """Whoever unpins a page ends the VM with the pin's number."""

    @widens("unpin", "vm", "life space has_space")
    def vm_of_pin(self, s: MachineState, pin: Pin) -> Vm:
        """A VM dies."""
        return pin.to(Vm)

    def unpin(self, s: MachineState, caller: Vm, pin: Pin) -> MachineState:
        after = super().unpin(s, caller, pin)
        victim = pin.to(Vm)
        if all_of(is_vm(victim), after.vm[victim].life == Life.LIVE):
            return after.put("vm", victim, after.vm[victim].replace(life=Life.DYING))
        return after


class MovesVcpu(Hypervisor):
    """Whoever pins a page gets the virtual CPU with the pin's number."""

    @widens("pin", "vcpu", "exists vm loaded")
    def vcpu_of_pin(self, s: MachineState, pin: Pin) -> Vcpu:
        """A virtual CPU changes hands."""
        return pin.to(Vcpu)

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        after = super().pin(s, caller, pin, frame)
        vcpu, vm = pin.to(Vcpu), s.frame[frame].owner
        u = after.vcpu[vcpu]
        if all_of(vcpu != 0, u.exists, negate(u.loaded), u.vm != vm):
            after = drop(after, holder(HolderKind.VCPU, vcpu)).put("vcpu", vcpu, u.replace(vm=vm))
            return take(after, account(AccountKind.VCPUS, vm), holder(HolderKind.VCPU, vcpu))
        return after


class HandsSearchOn(Hypervisor):
    """A search that has found its window is the next VM's."""

    @widens("search_step", "search", "phase vm space total level width last top nth checked")
    def search_at_work(self, s: MachineState, job: Job) -> Job:
        """The search changes hands."""
        return job

    def search_step(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        after = super().search_step(s, caller, job)
        x = after.search[job]
        if all_of(x.phase == SearchPhase.FOUND, s.vm[x.vm + 1].life == Life.LIVE):
            return after.put("search", job, x.replace(vm=x.vm + 1))
        return after


class GivesFrame(Hypervisor):
    """Whoever pins a frame gives the next one away, which is its own too."""

    @widens("pin", "frame", "owner kind clean")
    def frame_beside(self, s: MachineState, frame: Frame) -> Frame:
        """The next frame is nobody's."""
        return frame + 1

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        after = super().pin(s, caller, pin, frame)
        beside = s.frame[frame + 1]
        if beside.owner == s.frame[frame].owner:
            return after.put("frame", frame + 1, beside.replace(owner=NOBODY))
        return after


class MastersForItsOwner(Hypervisor):
    """The host gives a function away with bus mastering turned on, which is its owner's to do."""

    @widens("attach", "pcie", "present master virtual pf index")
    def function_given(self, s: MachineState, rid: Rid) -> Rid:
        """The function may issue requests."""
        return rid

    def attach(self, s: MachineState, caller: Vm, rid: Rid, vm: Vm, space: Space) -> MachineState:
        return set_bus_master(super().attach(s, caller, rid, vm, space), rid, True)


class ClearsNeighbours(Hypervisor):
    """Whoever sets bus mastering clears what is reported of the next function, whosever it is."""

    @widens("set_master", "fault", "valid kind page write")
    def fault_of_neighbour(self, s: MachineState, rid: Rid) -> Rid:
        """What is reported of the next function is cleared."""
        return rid + 1

    def set_master(self, s: MachineState, caller: Vm, rid: Rid, on: bool) -> MachineState:
        return clear_fault(super().set_master(s, caller, rid, on), rid + 1)


class SchedulerEnds(Hypervisor):
    """The scheduler, whom nobody asks, ends the VM that it takes off a CPU."""

    @widens("switch_out", "vm", "life")
    def vm_of_cpu(self, s: MachineState, cpu: Cpu) -> Vm:
        """The VM dies."""
        return s.vcpu[s.cpu[cpu].vcpu].vm

    def switch_out(self, s: MachineState, cpu: Cpu) -> MachineState:
        after = super().switch_out(s, cpu)
        vm = s.vcpu[s.cpu[cpu].vcpu].vm
        if all_of(is_vm(vm), s.vm[vm].life == Life.LIVE):
            return after.put("vm", vm, s.vm[vm].replace(life=Life.DYING))
        return after


class KeepsTrack(Hypervisor):
    """Says that it changes what it does not: halves of mirrored pages, whose contract alone is not looked at for what it tells."""

    @widens("protect", "mirror_link", "held")
    def mirrored_here(self, s: MachineState, space: Space) -> Frame:
        """All slots of the root."""
        return s.space[space].root


class TellsByHandle(Hypervisor):
    """A new handle names the frame that another VM's memory names."""

    @widens("take_handle", "handle", "cpu_table")
    def handle_taken(self, s: MachineState, handle: Handle) -> Handle:
        """The table is noted, though nothing is mapped yet."""
        return handle

    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        after = super().take_handle(s, caller, handle, grant)
        found = s.memory[handle.to(Frame), Index(0)].frame
        return after.put("handle", handle, after.handle[handle].replace(cpu_table=found))


class TellsByTheQueue(Hypervisor):
    """The queue, which everybody sees, has an invalidation of a page whose number another VM's memory names."""

    @excuse("retire_tag", Reason.EXHAUSTED)
    def has_no_ticket(self, s: MachineState) -> bool:
        """There are no tickets left."""
        return s.queue.next == Ticket.last()

    @widens("retire_tag", "invalidation", "scope tag page mask rid done")
    def next_ticket(self, s: MachineState) -> Ticket:
        """An invalidation is issued."""
        return s.queue.next

    @widens("retire_tag", "queue", "next")
    def there_is_one_more(self, s: MachineState) -> bool:
        """The invalidation has the next ticket."""
        return True

    def retire_tag(self, s: MachineState, caller: Vm, space: Space) -> MachineState:
        found = s.memory[space.to(Frame), Index(0)].frame.to(Page)
        return issue(super().retire_tag(s, caller, space), Invalidation(scope=Scope.PAGES, tag=s.space[space].tag, page=found))
