"""The scheduler: what it asks an executor to do, in which order, and what it makes of answers, of none, and of dead workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, Future
from typing import Any

import pytest

from proofs.engine.hints import Hints
from proofs.prove import scheduler
from proofs.prove.cache import Cache
from proofs.prove.executors import Executor
from proofs.prove.keys import Keys
from proofs.prove.limits import OUT_OF_TIME
from proofs.prove.scheduler import TRIES, WORKER_DIED, Scheduler, ordered
from proofs.prove.step_prover import Setup, StepProver
from proofs.prove.tasks import (
    CONTRACTS,
    LONGER_SECONDS,
    NO_TIME,
    REFUTED,
    STEP_SECONDS,
    Begin,
    Decide,
    DecideConsequences,
    DecidePowerOn,
    DecideStep,
    Done,
    Evidence,
    Pursue,
    RunWitnesses,
    Scout,
    Survey,
    Task,
    all_tasks,
    task_named,
)
from proofs.traces import Trace
from proofs.verdicts import Obligation, ObligationVerdict, Seen

Answer = Callable[[Task], Done]
TRACE = (Trace("lazy", "vtd", ()), ["no_table_is_mapped"])


class Inline:
    """An executor that answers at once, in this process, and notes what it was asked and told."""

    def __init__(self, answer: Answer) -> None:
        """Answer so."""
        self.answer, self.asked, self.told = answer, list[Task](), list[str]()

    def __call__(self, width: int) -> Executor:
        """Begin."""
        self.told.append(f"so many at once: {width}")
        return self

    def submit(self, task: Task) -> Future[Done]:
        """Answer."""
        self.asked.append(task)
        future: Future[Done] = Future()
        try:
            future.set_result(self.answer(task))
        except BrokenExecutor as error:
            future.set_exception(error)
        return future

    def give_up(self) -> None:
        """Note that the policy is refuted."""
        self.told.append("give up")

    def close(self) -> None:
        """Note the end."""
        self.told.append("close")


def scheduled(
    answer: Answer, tasks: Iterable[Decide | RunWitnesses], spec: str = "reference", budget: float | None = None, more: int = 0
) -> tuple[Inline, list[Done]]:
    """Return the executor, and what the scheduler yields; one task at a time."""
    prover, executor = StepProver(Setup(spec, 1)), Inline(answer)
    keys = Keys(prover, Cache(None, print))
    scheduler = Scheduler(prover, keys, executor, lambda *_: None, 1, budget, more)
    return executor, list(scheduler.run(tasks))


@pytest.fixture(autouse=True)
def nothing_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without hints all tasks seem to cost the same, and are done in the order in which they are given."""
    monkeypatch.setattr(scheduler, "recorded", lambda: Hints({}))


def proved(task: Task) -> Done:
    """Say that all is proved, and that no search finds anything."""
    decides = isinstance(task, (DecideStep, DecidePowerOn, DecideConsequences))
    return Done(task, [Obligation(task.name, "no_table_is_mapped", ObligationVerdict.PROVED)] if decides else None)


def failed(task: Task) -> Done:
    """Say that each step breaks a promise and an invariant in some state, and that no search finds a run."""
    found = [Obligation(task.name, name, ObligationVerdict.CTI) for name in ("a_slot_has_one_user", "no_table_is_mapped")]
    return Done(task, found if isinstance(task, (DecideStep, DecidePowerOn, DecideConsequences)) else None)


def test_what_takes_long_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy's own steps are decided first, the quick ones ahead; the others as the hints tell, slowest first."""
    cost = {"share": ["0n012"], "every state": ["0n010"], "map": ["0n011"], "pin": ["0n009", "", "0n009", "0n008"]}
    monkeypatch.setattr(scheduler, "recorded", lambda: Hints({name: {"a": texts} for name, texts in cost.items()}))
    tasks = [task_named(name) for name in ("pin", "every state", "witnesses", "share", "map")]
    assert [task.name for task in ordered(tasks, set())] == ["witnesses", "share", "map", "pin", "every state"]
    assert [task.name for task in ordered(tasks, {"share", "map"})] == ["map", "share", "witnesses", "pin", "every state"]


def test_a_name_tells_what_is_decided() -> None:
    """Each kind of task is made by its name, and says it."""
    tasks = all_tasks(["pin", "share"])
    assert tasks == [RunWitnesses(), DecidePowerOn(), DecideConsequences(), DecideStep("pin"), DecideStep("share")]
    assert [task_named(task.name) for task in tasks] == tasks


def test_the_reference_is_decided_and_not_searched() -> None:
    """Without a step of a policy's own there is nothing to search."""
    executor, done = scheduled(proved, [DecidePowerOn(), DecideStep("pin"), DecideStep("map")])
    assert executor.asked == [DecidePowerOn(), DecideStep("pin"), DecideStep("map")]
    assert [one.task for one in done] == executor.asked
    assert executor.told == ["so many at once: 1", "close"]


def test_a_policys_own_steps_are_searched_at_once() -> None:
    """Its steps in the scenarios come first, then what a small effort does not prove of them; then its steps are decided."""
    executor, _ = scheduled(proved, [DecideStep("pin"), DecideStep("detach")], "pymodel.zoo.devices.xsa_302:Faulty")
    assert executor.asked == [Survey(), Scout("detach"), DecideStep("detach", own=True), DecideStep("pin")]


def test_a_counterexample_is_pursued_promises_first_and_then_for_longer() -> None:
    """What a step breaks in some state is searched for; power-on has no run in front of it; a second search ends it."""
    executor, _ = scheduled(failed, [DecidePowerOn(), DecideStep("pin")])
    pursued = Pursue("pin", ("no_table_is_mapped", "a_slot_has_one_user"))
    assert executor.asked == [DecidePowerOn(), DecideStep("pin"), pursued, Pursue("pin", pursued.statements, longer=True)]


def test_power_on_comes_first_and_what_fails_there_is_looked_at_next() -> None:
    """In front of all searches, since that takes a second; where the machine is known on which something fails, it is a run."""
    shown = [Obligation("power-on", "no_table_is_mapped", ObligationVerdict.CTI, cti={"state": {}, "keys": []})]

    def answer(task: Task) -> Done:
        return Done(task, shown) if isinstance(task, DecidePowerOn) else proved(task)

    executor, _ = scheduled(answer, [DecideStep("detach"), DecidePowerOn()], "pymodel.zoo.devices.xsa_302:Faulty")
    assert executor.asked[:2] == [DecidePowerOn(), Begin(tuple(shown))]
    assert isinstance(executor.asked[1], Begin)
    assert executor.asked[1].failed == tuple(shown)


@pytest.mark.parametrize(("more", "searches"), [(0, 1), (1, 2)])
def test_a_refuted_policy_is_not_searched_further(more: int, searches: int) -> None:
    """Once there are as many runs from boot as are asked for, steps are decided still, with the workers told."""

    def refuted(task: Task) -> Done:
        return Done(task, traces=[TRACE]) if isinstance(task, Pursue) else failed(task)

    executor, done = scheduled(refuted, [DecideStep("pin"), DecideStep("share"), DecideStep("unpin")], more=more)
    assert sum(isinstance(task, Pursue) for task in executor.asked) == searches
    assert sum(isinstance(task, DecideStep) for task in executor.asked) == 3
    assert sum(len(one.traces) for one in done) == searches
    assert "give up" in executor.told


def test_a_task_whose_worker_died_is_tried_again() -> None:
    """It is tried three times, each time by new workers; the other tasks are done."""

    def dies(task: Task) -> Done:
        if task.name == "share":
            raise BrokenExecutor
        return proved(task)

    executor, done = scheduled(dies, [DecideStep("share"), DecideStep("pin")])
    assert executor.asked.count(DecideStep("share")) == TRIES
    assert {(one.task.name, one.missing) for one in done} == {("share", WORKER_DIED), ("pin", "")}
    assert executor.told.count("close") == TRIES


def test_a_budget_ends_everything() -> None:
    """What was not reached in time says so, task by task."""
    executor, done = scheduled(proved, [DecideStep("share"), DecideStep("pin")], budget=0.0)
    assert len(executor.asked) == 1
    assert {(one.task.name, one.missing) for one in done if one.missing} == {("pin", NO_TIME)}


def test_a_step_that_takes_too_long_comes_again_after_the_others() -> None:
    """What holds of it is not decided again; where it takes too long once more, that is what came of it."""
    held = Obligation("share", "no_table_is_mapped", ObligationVerdict.PROVED)

    def slow(task: Task) -> Done:
        left = Obligation(task.name, "a_slot_has_one_user", ObligationVerdict.UNKNOWN, where=f"x.py:3 share: {OUT_OF_TIME}")
        return Done(task, [held, left]) if task.name == "share" else proved(task)

    executor, done = scheduled(slow, [DecideStep("share"), DecideStep("pin")])
    assert executor.asked == [DecideStep("share"), DecideStep("pin"), DecideStep("share", longer=True)]
    assert isinstance(executor.asked[-1], DecideStep)
    assert executor.asked[-1].held == (held,)
    assert [one.task for one in done] == executor.asked[1:]


class Noting:
    """A step prover that notes what it is asked."""

    def __init__(self) -> None:
        """Have been asked nothing."""
        self.asked: list[Any] = []
        self.own = {"pin": "the step"}
        self.induction = self

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Note a call."""

        def call(*given: Any, **named: Any) -> Any:
            self.asked.append((name, *given, *named.values()))
            return Seen() if name == "witnesses" else ["a_slot_has_one_user", "no_table_is_mapped"]

        return call


HELD = (Obligation("pin", "no_table_is_mapped", ObligationVerdict.FRAMED),)


@pytest.mark.parametrize(
    ("task", "asked"),
    [
        (DecideStep("pin", own=True, held=HELD), [("step", "pin", HELD, True, STEP_SECONDS)]),
        (DecideStep("pin", longer=True), [("step", "pin", (), False, LONGER_SECONDS)]),
        (DecidePowerOn().holding(HELD), [("power_on", HELD)]),
        (DecideConsequences(), [("consequences", ())]),
        (RunWitnesses(), [("witnesses",)]),
        (Survey(), [("survey",)]),
        (Scout("pin"), [("scout", "the step"), ("pursue", "pin", ["no_table_is_mapped", "a_slot_has_one_user"], None, True)]),
        (Pursue("pin", ("x",)), [("pursue", "pin", ["x"], 1000, False)]),
        (Pursue("pin", ("x",), longer=True), [("pursue", "pin", ["x"], 4000, False)]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_task_knows_how_it_is_run(task: Task, asked: list[Any]) -> None:
    """A task asks a step prover for what it is, and says that this came of it."""
    prover = Noting()
    assert task.run(prover).task is task  # type: ignore[arg-type] # it stands in for one
    assert prover.asked == asked


def test_proving_goes_on_where_a_run_breaks_nothing_that_was_asked_for() -> None:
    """Only a run that breaks a statement of a theorem asked for refutes; what was left alone says so, and is counted."""
    evidence = Evidence()
    evidence.wanted, evidence.traces = {"no_table_is_mapped"}, [(TRACE[0], ["a_slot_has_one_user"])]
    assert evidence.refuting() == 0
    evidence.traces.append(TRACE)
    assert evidence.refuting() == 1
    evidence.missing["map"] = NO_TIME
    evidence.give_up(Done(Scout("pin"), missing=OUT_OF_TIME), "looking for a run of pin")
    notes = evidence.leave(["map", "pin"], REFUTED)
    assert evidence.missing == {"map": NO_TIME, "pin": REFUTED}
    assert [word in note for word, note in zip(("1 of 2", "1 of 2", "looking for a run of pin"), notes, strict=True)] == [True] * 3


def test_contracts_alone_are_enough_where_they_rest_on_nothing() -> None:
    """Asked for the contracts of decisions, and where no proof of one uses an invariant, no step is decided."""
    evidence = Evidence()
    assert not evidence.contracts_alone((CONTRACTS,))
    evidence.contracts = [Obligation("decision is_table", "contract_table", ObligationVerdict.PROVED)]
    assert evidence.contracts_alone((CONTRACTS,))
    assert not evidence.contracts_alone((CONTRACTS, "MEM-1"))
    evidence.contracts[0].relies_on = ("a_slot_has_one_user",)
    assert not evidence.contracts_alone((CONTRACTS,))
