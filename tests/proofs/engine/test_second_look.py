"""A second look: what steps come to on terms is what they do on numbers, and an engine that says otherwise is found out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from proofs.engine import maps, paths
from proofs.engine.answers.second_look import difference
from proofs.engine.induction import Exploration
from proofs.prove.step_prover import Setup, StepProver
from proofs.prove.witnesses import Samples, witness
from pymodel.language.outcomes import Reason, Refused
from pymodel.language.state import Map
from pymodel.machine import Hypervisor, steps
from tests.places import POLICIES

NAMES = [t.name for t in steps(Hypervisor()) if t.actor == "hypervisor"]


@functools.cache
def samples() -> Samples:
    """Return places of the scenarios at which the reference's operations were tried."""
    found = Samples(set(NAMES))
    witness(Hypervisor(), [], found)
    return found


def differs(name: str) -> list[str]:
    """Return in what the paths of a step, explored now, differ from what it does at these places."""
    one = StepProver(Setup("reference", 1_000_000)).run(name)
    assert not one.why
    return [why for state, given in samples().of(name) if (why := difference(one, state, given))]


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_does_what_its_paths_say(name: str) -> None:
    """Of each operation there are places; at each, its terms come to the state, or the refusal, of the run."""
    assert list(samples().of(name))
    assert differs(name) == []


def write_nothing(of: str) -> Callable[..., Any]:
    """Return a way to write that forgets one map."""
    whole = maps.SymbolicMap._write
    return lambda self, key, record: self if self.shape.name == of else whole(self, key, record)


def require_otherwise(self: paths.Run, fact: Any, reason: Reason) -> None:
    """Note another reason than was given."""
    del reason
    whole_require(self, fact, Reason.UNALIGNED)


whole_require, whole_branch = paths.Run.require, paths.Run.branch


@pytest.mark.parametrize(
    ("owner", "name", "broken", "step", "word"),
    [
        (maps.SymbolicMap, "_write", write_nothing("pin"), "pin", "it leaves pin["),
        (maps.SymbolicMap, "_write", write_nothing("memory"), "unmap", "it leaves memory["),
        (maps.SymbolicMap, "reset", lambda self, _predicate: self, "search_end", "it leaves blocker["),
        (paths.Run, "require", require_otherwise, "pin", "it is refused for"),
        (paths.Run, "require", lambda *_: None, "pin", "it is refused for NOT"),
        (paths.Run, "branch", lambda self, question: not whole_branch(self, question), "free", "it leaves memory["),
    ],
)
def test_an_engine_that_says_otherwise_is_found_out(  # noqa: PLR0913, PLR0917 - what is broken, where and how
    owner: Any, name: str, broken: Any, step: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update, a refusal or a case that the engine loses shows at a place of the scenarios."""
    monkeypatch.setattr(owner, name, broken)
    found = differs(step)
    assert found
    assert all(word in why for why in found[:1])


@pytest.mark.parametrize("name", ["invalidate_tag", "invalidate_function", "boot", "share", "unmap", "attach"])
def test_each_part_that_a_path_says_otherwise_is_told(name: str) -> None:
    """Where a path leaves one part as it was before the step, maps and single records alike, that part is named somewhere."""
    prover = StepProver(Setup("reference", 1_000_000))
    one, before = prover.run(name), prover.induction.before
    parts = {n for p in one.paths if p.outcome == "ok" for n in before.shapes() if getattr(p.value, n) is not getattr(before, n)}
    for part in parts - {"reference_list"}:  # past the count the list means nothing, and often nothing changes there
        values = [p.value._with(**{part: getattr(before, part)}) if p.outcome == "ok" else p.value for p in one.paths]
        wrong = replace(one, paths=[replace(p, value=v) for p, v in zip(one.paths, values, strict=True)])
        told = {why for state, given in samples().of(name) if (why := difference(wrong, state, given))}
        assert any(why.startswith((f"it leaves {part} ", f"it leaves {part}[")) for why in told), part


@pytest.mark.parametrize(("name", "part"), [("pin", "frame"), ("share", "memory"), ("invalidate_tag", "frame")])
def test_a_path_that_empties_a_map_besides_is_told(name: str, part: str) -> None:
    """Where the run changed nothing in a map, what the path says of it is looked at wherever something stands."""
    one = StepProver(Setup("reference", 1_000_000)).run(name)
    emptied = [
        p.value._with(**{part: getattr(p.value, part).reset(lambda *_: True)}) if p.outcome == "ok" else p.value for p in one.paths
    ]
    wrong = replace(one, paths=[replace(p, value=v) for p, v in zip(one.paths, emptied, strict=True)])
    places = [(unedited(state, part), given) for state, given in samples().of(name) if succeeds(one, state, given)]
    told = [difference(wrong, state, given) for state, given in places]
    assert told
    assert all(why.startswith(f"it leaves {part}[") for why in told)


def unedited(state: Any, part: str) -> Any:
    """Return a state in which a map does not remember where it was changed last."""
    held = getattr(state, part)
    return state._with(**{part: Map(held.shape, held.points)})


def succeeds(one: Exploration, state: Any, given: dict[str, Any]) -> bool:
    """Say whether a step is not refused."""
    try:
        one.transition(state, **given)
    except Refused:
        return False
    return True


def test_the_witnesses_take_the_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step that a policy's text touches is looked at, with its place; there is nothing to tell of an engine that is whole."""
    prover = StepProver(Setup(f"{POLICIES / 'refusing.py'}::Remembers", 1_000_000))
    assert prover.witnesses().differs == {}
    monkeypatch.setattr(maps.SymbolicMap, "_write", write_nothing("shared"))
    found = prover.afresh().witnesses().differs
    assert list(found) == ["share"]
    assert "refusing.py:" in found["share"]
    assert "share: it leaves shared[" in found["share"]
