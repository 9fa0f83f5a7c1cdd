"""Mutants of the engine and of the loader: what is changed, that each is another text, and that the tests notice one."""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path

import pytest

from proofs.mutation import subjects

TEXT = '''
def f(xs: list[int], y: bool) -> bool:
    """Say something."""
    out = []
    for x in xs:
        if x == 0 and y:
            continue
        out.append(x)
    return all(out) and "unsat" in [str(y), "sat"]
'''


def test_each_kind_of_change_is_made(tmp_path: Path) -> None:
    """Every change is one, of a place that is told; types and docstrings are left alone."""
    (tmp_path / "some.py").write_text(TEXT)
    found = subjects.mutants(tmp_path)
    kinds = Counter(m.key.partition("#")[2].rstrip("0123456789") for m in found)
    assert kinds == {"condition": 2, "part": 6, "comparison": 2, "constant": 3, "statement": 2, "quantifier": 1}
    assert len({m.key for m in found}) == len({m.text(tmp_path) for m in found}) == len(found)
    assert all(m.key.startswith("some.py:f#") and m.line > 3 and ast.parse(m.text(tmp_path)) for m in found)
    assert {m.change for m in found if "#statement" in m.key} == {"continue -> pass", "out.append(x) -> pass"}


def test_the_engine_has_many() -> None:
    """All of its files are changed that decide something."""
    found = subjects.mutants(subjects.ENGINE.root, subjects.ENGINE.apart)
    assert len(found) > 2000
    assert {m.file for m in found} >= {"paths.py", "maps.py", "terms.py", "induction.py", "query.py", "solvers/solver.py"}


def test_a_change_that_proves_what_is_wrong_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the cases of a step need not be all a small system tells; what became of the mutant is written."""
    change = "not solver.is_impossible(uncovered(paths)) -> solver.is_impossible(uncovered(paths))"
    key = next(m.key for m in subjects.mutants(subjects.ENGINE.root) if m.file == "induction.py" and m.change == change)
    assert subjects.main("engine", ["--only", key, "--jobs", "1", "--json", str(tmp_path / "told.json")]) == 0
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert [(t["key"], t["outcome"], "tests/proofs/engine/" in t["by"]) for t in told] == [(key, "killed", True)]
    assert "1 mutants: 1 killed" in capsys.readouterr().out


def test_a_check_of_the_language_that_is_lost_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a loader no longer looks at what functions inside functions have for defaults, a test fails."""
    found = subjects.mutants(subjects.LANGUAGE.root, subjects.LANGUAGE.apart)
    assert {m.file for m in found} >= {"syntax.py", "members.py", "circles.py", "functions/calls.py", "functions/bodies.py"}
    change = "if node.defaults or node.kw_defaults:"
    key = next(m.key for m in found if m.file == "syntax.py" and m.change.startswith(change) and "if False:" in m.change)
    assert subjects.main("language", ["--only", key, "--jobs", "1"]) == 0
    assert "1 mutants: 1 killed" in capsys.readouterr().out


@pytest.mark.parametrize("name", subjects.SUBJECTS)
def test_what_is_explained_is_a_mutant(name: str) -> None:
    """Each explanation is of a mutant that there is, and of the change that it makes; and it says something."""
    subject = subjects.SUBJECTS[name]
    changes = {m.key: m.change for m in subjects.mutants(subject.root, subject.apart)}
    for key, survivor in subjects.explanations(subject).items():
        assert changes.get(key) == survivor.change
        assert len(survivor.why.split()) > 3


def test_what_decides_as_before_is_counted_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a hundred and two of which two are equivalent and three survive, three in a hundred do: too many; unexplained, two are."""
    told = [{"key": str(n), "outcome": "killed", "why": ""} for n in range(97)]
    told += [{"key": "e", "outcome": "equivalent", "why": "the same"}] * 2 + [
        {"key": "s", "outcome": "survived", "why": "known"}
    ] * 2
    assert subjects.summed_up(told) == 0
    assert "2 equivalent, 2 survived; 2.0% survive" in capsys.readouterr().out
    assert subjects.summed_up([*told, {"key": "t", "outcome": "survived", "why": "known"}]) == 1
    assert subjects.summed_up([*told[:-1], {"key": "t", "outcome": "survived", "why": ""}]) == 1


def test_wrong_input_is_told() -> None:
    """A mutant that there is none of is wrong input."""
    assert subjects.main("engine", ["--only", "nowhere"]) == 2
