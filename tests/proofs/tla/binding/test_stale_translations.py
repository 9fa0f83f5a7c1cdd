"""The TLA+ modules and the Python model agree on what is compared, and each way of parting is noticed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from proofs.policies import load, zoo
from proofs.search.replaying import replay
from proofs.tla.binding import behaviours, conform, toward_python, toward_tla, variants
from proofs.tla.binding.asking import TlcError
from proofs.tla.binding.behaviours import Behaviour
from proofs.tla.binding.language import Action, Binding, Case, Observable
from proofs.tla.binding.maps.stale_translations import BINDING
from proofs.tla.binding.maps.stale_view import FRAME
from proofs.tla.binding.recording import Event, record
from proofs.tla.binding.replay import Machine
from proofs.tla.binding.toward_python import Replays, replay_all
from proofs.tla.engines.tlc import Tlc
from proofs.tla.manifest import Model
from proofs.tla.trace import from_itf
from pymodel.hardware.ids import Frame, Vm
from pymodel.language.outcomes import Reason, refuse
from pymodel.machine import Hypervisor, MachineState
from pymodel.zoo.caches import lnx_lazy_flush, xsa_346
from tests.places import SPEC

MODULES = SPEC / "StaleTranslations"
SEED = 7
LAZY = BINDING.variants[0]


class Miser(Hypervisor):
    """Takes no frame back."""

    def reclaim(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Refuse."""
        del s, caller, frame
        refuse(Reason.POLICY)


def changed(binding: Binding, name: str, **facts: Any) -> Binding:
    """Return a map in which one action is another one."""
    return replace(binding, actions=[replace(a, **facts) if a.name == name else a for a in binding.actions])


def wrong_frame() -> Binding:
    """Return a map in which `Map` takes another frame than it is told."""
    steps = BINDING.action("Map").steps
    other = dict(zip(FRAME, [*list(FRAME)[1:], "f1"], strict=True))
    return changed(BINDING, "Map", steps=lambda s, a: steps(s, {**a, "f": other[a["f"]]}))


@pytest.fixture(scope="module")
def made(tools: Tlc) -> list[Behaviour]:
    """Return some behaviours of the module."""
    return list(behaviours.generate(tools, MODULES, BINDING, 40, 25, SEED))


@pytest.fixture(scope="module")
def runs(machine: Machine) -> list[list[Event]]:
    """Return some recorded runs."""
    return record(machine, 12, 15, SEED).runs


@pytest.fixture(scope="module")
def lazy(tools: Tlc, entries: dict[str, Model]) -> Behaviour:
    """Return the counterexample of the variant that takes an invalidation for done when it is queued."""
    return variants.find(tools, BINDING, LAZY, entries[LAZY.name])


def names_of(lazy: Behaviour) -> set[str]:
    """Return the names that a counterexample's small instance has."""
    return {name for m in lazy.moments for rows in m.seen.values() for row in rows for name in row} | {"v1", "v2"}


# TLA+ to Python


def test_behaviours_of_the_module_are_runs_of_the_reference(machine: Machine, made: list[Behaviour]) -> None:
    """Each step of each behaviour is taken in Python and shows the same; refusals are compared too."""
    found = replay_all(machine, made)
    assert found.found == []
    assert (found.behaviours, sum(found.actions.values())) == (40, 40 * 24)
    assert found.refusals > 100


def test_wrong_argument_in_the_map_is_found(made: list[Behaviour]) -> None:
    """A map whose `Map` takes another frame parts from the module; the report holds both states and both traces."""
    found = replay_all(Machine(wrong_frame(), Hypervisor()), made, most=1).found[0]
    assert found.action.startswith("Map(")
    assert "refuses it: NOT_OWNED" in found.python or "table" in found.tla
    assert len(from_itf(json.dumps(found.itf)).steps) == found.step + 1
    assert found.trace is not None
    assert replay(found.trace, details=False).broken == []


def test_policy_that_refuses_more_is_found(made: list[Behaviour]) -> None:
    """A policy that refuses what the module does parts from it there."""
    found = replay_all(Machine(BINDING, Miser()), made, most=1).found[0]
    assert found.action.startswith("Reclaim(")
    assert (found.tla, found.python) in {(f"{verb} the step", "refuses it: POLICY (reclaim)") for verb in ("takes", "allows")}


def test_policy_that_refuses_less_is_found(lazy: Behaviour) -> None:
    """A policy that does what the module does not is found where it is known what the module could do; its twin is not."""
    step = next(n for n, m in enumerate(lazy.moments) if m.did is not None and m.did.name == LAZY.action.name)
    before, after = lazy.moments[step - 1 : step + 1]
    faulty, twin = (Machine(BINDING, policy()) for policy in (lnx_lazy_flush.Faulty, lnx_lazy_flush.Fixed))
    state = state_after(twin, lazy, step)
    could = frozenset(case for case in BINDING.cases() if not twin.attempt(state, case, before.seen).refused)
    told = [toward_python.refusals(m, state, before, replace(after, could=could), Replays()) for m in (faulty, twin)]
    assert told == [("refuses the step", "takes it: release, release", "Release(v1, p1, f1)"), None]


def state_after(machine: Machine, run: Behaviour, step: int) -> Any:
    """Return the Python state in front of a step of a behaviour."""
    state = machine.start
    for before, after in zip(run.moments, run.moments[1:step], strict=False):
        assert after.did is not None
        state = machine.attempt(state, after.did, before.seen).state
    return state


def test_state_that_differs_is_found(made: list[Behaviour]) -> None:
    """An observable that Python computes in another way is shown from both sides."""
    blind = Observable("cache", next(o.tla for o in BINDING.observables if o.name == "cache"), lambda _: frozenset())
    observables = [blind if o.name == "cache" else o for o in BINDING.observables]
    found = replay_all(Machine(replace(BINDING, observables=observables), Hypervisor()), made, most=1).found[0]
    assert (found.action[:5], found.python) == ("Fill(", "shows cache = {}")


def test_module_that_cannot_be_read_is_no_agreement(tools: Tlc) -> None:
    """A map that names an action that the module does not have is an error, with TLC's words for it."""
    binding = replace(BINDING, actions=[*BINDING.actions, Action("Vanish", ("v",), lambda _s, _a: [])])
    with pytest.raises(TlcError, match="Vanish"):
        list(behaviours.generate(tools, MODULES, binding, 1, 3, SEED))


# Python to TLA+


def test_runs_of_the_reference_are_behaviours_of_the_module(tools: Tlc, runs: list[list[Event]]) -> None:
    """TLC takes recorded runs of Python, refusals included, and rejects exactly those that were tampered with."""
    refused = next(n for n, e in enumerate(runs[5]) if not e.taken)
    done = next(n for n, e in enumerate(runs[9]) if e.taken and e.case is not None)
    everything = {**runs[2][0].seen, "owner": frozenset((f, "v1") for f in FRAME)}
    tampered = list(runs)
    tampered[2] = [replace(runs[2][0], seen=everything), *runs[2][1:]]
    tampered[5] = [replace(e, taken=e.taken or n == refused) for n, e in enumerate(runs[5])]
    tampered[9] = [e for n, e in enumerate(runs[9]) if n != done]
    assert toward_tla.rejected(tools, MODULES, BINDING, tampered) == [2, 5, 9]
    found = toward_tla.where_rejected(tools, MODULES, BINDING, 5, tampered[5])
    assert (found.direction, found.behaviour, found.step) == ("Python to TLA+", 6, refused + 1)
    assert found.action == str(runs[5][refused].case)


@pytest.mark.parametrize("policy", [lnx_lazy_flush, xsa_346], ids=lambda policy: policy.ID)
def test_runs_of_a_faulty_policy_are_no_behaviours_of_the_module(tools: Tlc, policy: Any) -> None:
    """Recorded at random from a policy of the zoo, some runs are rejected, at the action that is faulty; none of its twin's are."""
    faulty, twin = (record(Machine(BINDING, kind()), 60, 16, SEED).runs for kind in (policy.Faulty, policy.Fixed))
    wrong = toward_tla.rejected(tools, MODULES, BINDING, faulty)
    found = toward_tla.where_rejected(tools, MODULES, BINDING, wrong[0], faulty[wrong[0]])
    assert found.action.split("(")[0] in {"Release", "Replace", "a step without effect: release"}
    assert toward_tla.rejected(tools, MODULES, BINDING, twin) == []


@pytest.mark.parametrize(("name", "effect"), [("Map", "last"), ("Unmap", "first"), ("Release", "first")])
def test_effect_at_the_wrong_step_is_found(tools: Tlc, name: str, effect: str) -> None:
    """Recorded runs are interrupted between the steps of an action; where the map has the wrong one take effect, TLC says no."""
    binding = changed(BINDING, name, effect=effect)
    made = record(Machine(binding, Hypervisor()), 30, 20, SEED)
    assert made.interrupted > 30
    assert toward_tla.rejected(tools, MODULES, binding, made.runs) != []
    assert toward_tla.rejected(tools, MODULES, BINDING, record(Machine(BINDING, Hypervisor()), 30, 20, SEED).runs) == []


def test_parts_of_an_invalidation_are_inner_steps(tools: Tlc, machine: Machine) -> None:
    """Python completes for all CPUs at once, the module CPU by CPU: inner steps lead there, and without them none do."""
    at = (("v", "v1"), ("p", "p1"))
    wanted = [
        Case("Donate", (("f", "f1"), ("v", "v1"))),
        Case("Map", (*at, ("f", "f1"))),
        *(Case("Fill", (("c", c), *at, ("f", "f1"))) for c in ("c1", "c2")),
        Case("Unmap", (*at, ("f", "f1"))),
        Case("InvalidatePages", (*at, ("f", "f1"))),
        Case("Complete", (*at, ("c", "c2"))),
    ]
    run, state = list[Event](), machine.start
    for case in wanted:
        tried = machine.attempt(state, case)
        assert tried.refused == ""
        state = tried.state
        run.append(Event(case, True, machine.show(state, tried.reached)))
    assert toward_tla.rejected(tools, MODULES, BINDING, [run]) == []
    assert toward_tla.rejected(tools, MODULES, replace(BINDING, inner="FALSE"), [run]) == [0]


# The whole


def test_step_without_an_action_in_the_map_is_found(tools: Tlc, entries: dict[str, Model]) -> None:
    """Every step of the module is an action of the map; without one of them, the module takes a step that nobody knows."""
    for binding, wanted in ((BINDING, []), (replace(BINDING, actions=BINDING.actions[1:]), ["the map"])):
        asked = conform.Comparison(tools, binding, entries, Hypervisor(), 1, SEED)
        out = conform.Conformance(binding.module, SEED)
        conform.covered(asked, Machine(binding, Hypervisor()), out)
        assert [d.direction for d in out.found] == wanted


def test_counterexample_is_followed_by_the_faulty_policy_and_left_by_the_reference(lazy: Behaviour) -> None:
    """The policy with the fault comes to the end and breaks its promises; the reference refuses the faulty step."""
    found = variants.compare(BINDING, LAZY, lazy, Hypervisor(), names_of(lazy))
    assert found.found == []
    assert found.unmatched.endswith("refuses it: NOT_FLUSHED (release)")
    assert set(found.broken) <= set(lnx_lazy_flush.PROMISES)
    assert "INV-3" in found.broken


@pytest.mark.parametrize(
    ("variant", "policy", "said"),
    [
        (LAZY, lnx_lazy_flush.Faulty, "takes every step"),
        (replace(LAZY, unmatched="refuses it: IN_USE"), Hypervisor, "refuses it: NOT_FLUSHED (release)"),
    ],
    ids=["reference has the fault", "map expects something else"],
)
def test_counterexample_that_does_not_end_as_recorded_is_found(
    lazy: Behaviour, variant: Any, policy: type[Hypervisor], said: str
) -> None:
    """A reference that follows the counterexample, or leaves it for another reason than the map has, is a disagreement."""
    found = variants.compare(BINDING, variant, lazy, policy(), names_of(lazy)).found
    assert [d.python for d in found] == [said]


def test_counterexample_that_the_faulty_policy_does_not_follow_is_found(lazy: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the zoo's policy had no fault any more, it would not follow."""
    monkeypatch.setattr(zoo, "faulty", lambda module: load(f"{module}:Fixed"))
    found = variants.compare(BINDING, LAZY, lazy, Hypervisor(), names_of(lazy)).found
    assert [d.direction for d in found] == [f"counterexample of {LAZY.name} on the faulty policy"]


# The command
