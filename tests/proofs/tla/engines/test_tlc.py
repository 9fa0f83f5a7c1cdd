"""What TLC prints, as recorded, and what is made of it; a run that did not say that it completed has not passed."""

from __future__ import annotations

import pytest

from proofs.tla.engines.tlc_output import Messages, answer, progress
from proofs.tla.results import Outcome
from tests.places import TLA_DATA

OUTPUT = TLA_DATA / "output"
ASKED = {"invariants": ["TypeOK", "NobodyEnters", "NotEmpty"], "properties": ["StaysIn"]}


def recorded(name: str) -> list[str]:
    """Return the lines of a recorded run."""
    return (OUTPUT / f"{name}.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("name", "outcome", "told"),
    [
        ("pass", Outcome.PASS, ""),
        ("pass-liveness", Outcome.PASS, ""),
        ("simulation", Outcome.PASS, ""),
        ("violation", Outcome.VIOLATION, "Invariant NobodyEnters is violated."),
        ("violation-initial", Outcome.VIOLATION, "Invariant NotEmpty is violated by the initial state."),
        ("step", Outcome.VIOLATION, "Action property StaysIn is violated."),
        ("deadlock", Outcome.DEADLOCK, "Deadlock reached."),
        ("stuttering", Outcome.LIVENESS, "Temporal properties were violated."),
        ("loop", Outcome.LIVENESS, "Temporal properties were violated."),
        ("no-initial-state", Outcome.VACUOUS, "no initial state"),
        ("assumption", Outcome.WRONG, "Assumption line 5, col 8 to line 5, col 12 of module Refuses is false."),
        ("syntax-error", Outcome.WRONG, 'Encountered "0" at line 4, column 15'),
        ("syntax-error", Outcome.WRONG, 'Broken.tla:4:15: Was expecting "==== or more Module body"'),
        ("evaluation-error", Outcome.WRONG, "which is not in the domain"),
        ("evaluation-error", Outcome.WRONG, "in Door"),
        ("no-such-invariant", Outcome.WRONG, "invariant NoSuch"),
        ("no-constant", Outcome.WRONG, "constant parameter N"),
        ("bad-config", Outcome.WRONG, "expecting a keyword"),
    ],
)
def test_each_recorded_run_is_understood(name: str, outcome: Outcome, told: str) -> None:
    """Every way in which a run ended is told from the others, with TLC's own words for the cause."""
    found = answer(recorded(name), ASKED)
    assert (found.outcome, found.engine) == (outcome, "TLC 2.18")
    assert told in found.message


@pytest.mark.parametrize("name", sorted(path.stem for path in OUTPUT.glob("*.txt")))
def test_a_run_cut_short_is_never_a_pass(name: str) -> None:
    """Whatever line the output of a run stops at, it is no pass unless TLC had said that it completed."""
    lines = recorded(name)
    done = next((n for n, line in enumerate(lines) if "STARTMSG 2193" in line or "STARTMSG 2186" in line), len(lines))
    outcomes = {answer(lines[:n], ASKED).outcome for n in range(0, done, 3)}
    assert Outcome.PASS not in outcomes
    assert Outcome.CRASH in outcomes


def test_counts_are_those_of_the_end() -> None:
    """States, distinct states, queue and depth are read from the last report."""
    found = answer(recorded("pass"), ASKED)
    assert (found.generated, found.distinct, found.queue, found.diameter) == (49, 24, 0, 8)


def test_a_simulation_counts_no_distinct_states() -> None:
    """Where TLC has not counted it writes -1, which is no number of states."""
    assert answer(recorded("simulation"), ASKED).distinct is None


def test_a_counterexample_has_its_states_and_actions() -> None:
    """Each state of a counterexample is read with the action that led to it and where that is defined."""
    trace = answer(recorded("violation"), ASKED).trace
    assert trace is not None
    assert [(step.action, step.place) for step in trace.steps] == [("", ""), ("Arrive", "Door.tla:12"), ("Enter", "Door.tla:17")]
    assert trace.steps[1].values["queue"] == {"#tup": ["p"]}


def test_a_state_inside_the_message_is_read() -> None:
    """An initial state that breaks an invariant stands inside the message."""
    trace = answer(recorded("violation-initial"), ASKED).trace
    assert trace is not None
    assert trace.steps[0].values["inside"] == "Nobody"


def test_a_loop_and_stuttering_are_told_apart() -> None:
    """A liveness violation goes back to a state, by an action, or does nothing for ever."""
    loop, stuttering = (answer(recorded(name), ASKED).trace for name in ("loop", "stuttering"))
    assert loop is not None
    assert (loop.loop, loop.loop_action, loop.stuttering) == (0, "Turn", False)
    assert stuttering is not None
    assert (stuttering.loop, stuttering.stuttering) == (None, True)


def edited(name: str, old: str, new: str) -> list[str]:
    """Return a recorded run with a change."""
    assert old in "\n".join(recorded(name))
    return [line.replace(old, new) for line in recorded(name)]


def test_a_formula_named_by_its_place_is_one_of_those_asked() -> None:
    """Where TLC gives only a place, what broke is one of the properties; it is known if there is one."""
    lines = edited("step", "Action property StaysIn", "Action property line 46, col 12 to line 46, col 33 of module Door")
    assert answer(lines, ASKED).broken == ("StaysIn",)
    assert answer(lines, {"properties": ["A", "B"]}).broken == ("A", "B")


def test_a_state_that_the_grammar_does_not_know_is_kept() -> None:
    """A counterexample is not lost because one of its values cannot be read."""
    trace = answer(edited("violation", "queue = <<p>>", "queue = <<p ?? q>>"), ASKED).trace
    assert trace is not None
    assert len(trace.steps) == 3
    assert "p ?? q" in str(trace.steps[1].values)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("1001:1", Outcome.MEMORY), ("2128:2", Outcome.CRASH), ("1102:1", Outcome.CRASH), ("2105:1", Outcome.WRONG)],
)
def test_an_error_is_not_a_counterexample(code: str, outcome: Outcome) -> None:
    """Too little memory, a bug of TLC and an error in the module are told apart, and none is a verdict, not even after a pass."""
    number = code.split(":", maxsplit=1)[0]
    message = [f"@!@!@STARTMSG {code} @!@!@", "something", f"@!@!@ENDMSG {number} @!@!@"]
    assert answer([*recorded("pass"), *message], ASKED).outcome == outcome


def test_a_dead_java_is_not_a_pass() -> None:
    """What Java says when it cannot start, or runs out of memory, is passed on."""
    assert answer(["Error: Could not find or load main class tlc2.TLC"], ASKED).message.startswith("Error: Could not find")
    assert answer(["java.lang.OutOfMemoryError: Java heap space"], ASKED).outcome == Outcome.MEMORY
    assert answer([], ASKED).outcome == Outcome.CRASH


def test_progress_is_read_while_it_runs() -> None:
    """A report in the middle of a run gives states, rate, distinct states and queue, as numbers."""
    reader = Messages()
    line = "Progress(9) at 2026-01-01: 1,234 states generated (56,789 s/min), 99 distinct states found (9 ds/min), 7 states left."
    lines = ["@!@!@STARTMSG 2200:0 @!@!@", line, "@!@!@ENDMSG 2200 @!@!@"]
    messages = [message for text in lines if (message := reader.feed(text)) is not None]
    assert [progress(message) for message in messages] == [{"generated": 1234, "rate": 56789, "distinct": 99, "queue": 7}]
