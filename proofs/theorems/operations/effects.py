"""Effects: an operation that was not refused did what it says, and what is being torn down only shrinks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs.statements import Area, step
from proofs.theorems.operations.contract import Lowers, Unstated
from proofs.theorems.operations.contracts import contract_of
from proofs.theorems.operations.keyed import at_key, step_at_each_key
from proofs.theorems.operations.terms.walks import is_occupied, start_of
from pymodel.hardware.ids import HOST, Cpu, Frame, Index, Page, Vm
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.ids import AccountKind, Job, account
from pymodel.hypervisor.jobs.ranges import JobPhase
from pymodel.hypervisor.jobs.windows import SearchPhase
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.vms import Life
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import Word
from pymodel.machine import MachineState

AREA = Area("effects", promise=True)


@step
def an_operation_does_what_it_says(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """Each operation that was not refused has done what its contract says, at what the arguments name."""
    contract = contract_of(name)
    if contract is None or isinstance(contract.does, Unstated):
        return True
    return all_of(*(fact(s, args, after) for fact in contract.does))


@step
def a_job_keeps_its_window(s: MachineState, name: str, args: dict[str, Any], after: MachineState, job: Job) -> bool:
    """While a job is under way its window, its device's width and its rights stay as they are."""
    del name, args
    old, new = s.job[job], after.job[job]
    same = all_of(old.space == new.space, old.start == new.start, old.rights == new.rights, old.width == new.width)
    return implies(all_of(old.cursor != 0, new.cursor != 0), all_of(same, old.total == new.total, old.extents == new.extents))


#: What may follow what in a job; one that never began to map anything may be given up at once.
JOB_PHASES = (
    (JobPhase.NONE, JobPhase.LISTING),
    (JobPhase.LISTING, JobPhase.MAPPING),
    (JobPhase.MAPPING, JobPhase.DONE),
    (JobPhase.LISTING, JobPhase.UNDOING),
    (JobPhase.MAPPING, JobPhase.UNDOING),
    (JobPhase.DONE, JobPhase.UNDOING),
    (JobPhase.UNDOING, JobPhase.NONE),
    (JobPhase.LISTING, JobPhase.NONE),
)


@step
def a_job_goes_one_way(s: MachineState, name: str, args: dict[str, Any], after: MachineState, job: Job) -> bool:
    """A job is listed, mapped page by page, and undone from wherever it stopped, or given up while it is listed.

    Which operation takes it from which phase to which is what the operation's contract says that it does, and touches.
    """
    del name, args
    old, new = s.job[job].phase, after.job[job].phase
    in_turn = any_of(*(all_of(old == a, new == b) for a, b in JOB_PHASES))
    return any_of(old == new, in_turn)


#: What may follow what in the life of a VM.
LIVES = (
    (Life.ABSENT, Life.CREATED),
    (Life.CREATED, Life.LIVE),
    (Life.CREATED, Life.DYING),
    (Life.LIVE, Life.DYING),
    (Life.DYING, Life.DRAINED),
    (Life.DRAINED, Life.EMPTY),
    (Life.EMPTY, Life.ABSENT),
)


@step
def a_life_goes_one_way(s: MachineState, name: str, args: dict[str, Any], after: MachineState, vm: Vm) -> bool:
    """A VM is created, live, dying, drained, empty and gone, in that order; the host is live from boot on.

    Which operation takes it from which stage to which is what the operation's contract says that it does, and touches.
    """
    del name, args
    old, new = s.vm[vm].life, after.vm[vm].life
    booted = all_of(vm == HOST, old == Life.ABSENT, new == Life.LIVE)
    in_turn = any_of(booted, *(all_of(old == a, new == b) for a, b in LIVES))
    return any_of(old == new, in_turn)


@step
def only_a_live_vm_is_run(s: MachineState, name: str, args: dict[str, Any], after: MachineState, cpu: Cpu) -> bool:
    """A CPU begins to run a virtual CPU only if its VM is live."""
    del name, args
    old, new = s.cpu[cpu], after.cpu[cpu]
    begins = any_of(all_of(negate(old.stage2), new.stage2), all_of(new.vcpu != 0, old.vcpu != new.vcpu))
    return implies(begins, s.vm[s.vcpu[new.vcpu].vm].life == Life.LIVE)


@step
def only_a_live_vm_asks(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """Each operation that was not refused was asked for by the host, or by a VM that is live."""
    del name, after
    if "caller" not in args:
        return True
    return any_of(args["caller"] == HOST, s.vm[args["caller"]].life == Life.LIVE)


@step
def what_is_torn_down_only_shrinks(s: MachineState, name: str, args: dict[str, Any], after: MachineState, vm: Vm) -> bool:
    """A VM that is neither created nor live gets no further frame, function, address space, virtual CPU or grant."""
    del name, args
    life = s.vm[vm].life
    kinds = (AccountKind.FRAMES, AccountKind.FUNCTIONS, AccountKind.SPACES, AccountKind.VCPUS, AccountKind.GRANTS)
    shrinks = (after.count[account(k, vm)].n <= s.count[account(k, vm)].n for k in kinds)
    return any_of(life == Life.CREATED, life == Life.LIVE, all_of(*shrinks))


@step
def what_is_torn_down_maps_nothing_new(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, table: Frame, i: Index
) -> bool:
    """A VM that is neither created nor live gets no leaf that it had not, but for the pieces that a taking puts into its table."""
    f, contract = s.frame[table], contract_of(name)
    stage = contract.stage if contract is not None else None
    added = False
    if isinstance(stage, Lowers) and stage.part == "table" and "memory" in stage.adds:
        added = table == stage.key(s, args)
    life = s.vm[f.owner].life
    was, e = s.memory[table, i], after.memory[table, i]
    new = all_of(e.kind == EntryKind.LEAF, any_of(was.kind != EntryKind.LEAF, was.frame != e.frame))
    told = all_of(f.kind == FrameKind.TABLE, negate(added), new)
    return implies(told, any_of(life == Life.CREATED, life == Life.LIVE))


@step
def a_blocker_is_a_page_that_is_not_free(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, job: Job, n: Page
) -> bool:
    """A blocker is a page of its window, noted by the step that finds it occupied: a window free throughout has none."""
    del name, args
    old, new = s.blocker[job, n], after.blocker[job, n]
    noted = all_of(new.noted, any_of(negate(old.noted), old.page != new.page))
    x = s.search[job]
    of_window = all_of(n == x.nth, new.page - start_of(x, x.nth) < x.total)
    return implies(noted, all_of(of_window, is_occupied(s, x.space, new.page)))


@step
def a_search_keeps_to_what_was_asked(s: MachineState, name: str, args: dict[str, Any], after: MachineState, job: Job) -> bool:
    """A search stays with the space, size, alignment and width that it was begun with."""
    del name, args
    old, new = s.search[job], after.search[job]
    same = all_of(old.space == new.space, old.total == new.total, old.level == new.level, old.width == new.width)
    return implies(all_of(old.phase != SearchPhase.NONE, new.phase != SearchPhase.NONE), same)


def a_flush_is_owed_from_now(part: str) -> Callable[..., Any]:
    """Declare that a step which notes since when a flush is owed notes the next ticket: a later one would never be enough."""

    def statement(s: MachineState, name: str, args: dict[str, Any], after: MachineState, *key: Word) -> bool:
        del name, args
        old, new = at_key(getattr(s, part), key).since, at_key(getattr(after, part), key).since
        return any_of(new == old, new == 0, new == s.queue.next)

    doc = f"What `{part}` notes of since when a flush is owed is, where a step changes it, the next ticket."
    return step_at_each_key(part, f"a_flush_of_a_{part}_is_owed_from_now", doc, statement)


#: Of every part whose records note such a ticket.
OWED = [a_flush_is_owed_from_now(part) for part in MachineState.shapes() if "since" in MachineState.record_of(part).fields()]
