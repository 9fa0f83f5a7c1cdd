"""Policies are loaded in one place: whoever names one gets the same checks and the same messages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from proofs.policies import PolicyError
from proofs.policies.zoo import entries, faulty, promises
from tests.places import ROOT

#: Ways to run a module that is named by a text.
IMPORTING = ("import_module", "exec", "exec_module", "run_path", "run_module", "__import__")
#: Who does: the check of earlier names, which looks at the model's modules; a measurement apart; and `doctor`, which loads the
#: packages of its own list that ringfence can use.
MAY = {
    "proofs/policies/earlier/renaming.py",
    "proofs/bench/apart.py",
    "proofs/cli/commands/tools.py",
}


def imports_by_name(path: Path) -> bool:
    """Say whether a file imports, or runs, what a text names."""
    calls = (node.func for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call))
    return any(getattr(called, "attr", getattr(called, "id", "")) in IMPORTING for called in calls)


def test_nobody_imports_a_policy() -> None:
    """No file of the proofs imports a policy's module: the loader reads it, and builds it from what was checked."""
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "proofs").rglob("*.py") if imports_by_name(path)}
    assert files == MAY


def test_a_fault_of_the_zoo_is_loaded_like_any_policy() -> None:
    """Each entry's policies carry the name that the command line takes, and the files that their verdicts depend on."""
    for entry in entries():
        policy = faulty(entry.module)
        assert (policy.spec, policy.name) == (entry.spec("Faulty"), entry.spec("Faulty"))
        assert [Path(file).stem for file in policy.files][:1] == [entry.module.rsplit(".", maxsplit=1)[-1]]
        assert promises(entry.module) == entry.promises


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "needs PROMISES"),
        ("PROMISES = ()", "must name theorems"),
        ("PROMISES = ('MEM-1', 'XYZ-1')", "unknown: ['XYZ-1']"),
        ("1 / 0", "a statement outside a function"),
    ],
)
def test_a_module_that_is_no_fault_is_told_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    """What is wrong with a module of faults is an error of the policy, with its place."""
    name = tmp_path.name
    policy = "from pymodel import Hypervisor\nclass Faulty(Hypervisor):\n    pass\n"
    (tmp_path / f"{name}.py").write_text(f"{text}\n{policy}", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PolicyError) as error:
        promises(name)
    assert told in str(error.value)
    assert f"{name}.py:1" in str(error.value)


def test_a_fault_that_does_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks of a policy are made of the zoo's too: a step that changes its arguments is none of the model's."""
    (tmp_path / "aviary_of_one").mkdir()
    text = [
        "from pymodel import Hypervisor",
        "ID, TITLE, PROMISES = 'DODO', 'Does not fit', ('MEM-1',)",
        "class Faulty(Hypervisor):",
        "    def free(self, s):",
        "        return s",
        "class Fixed(Hypervisor):",
        "    pass",
    ]
    (tmp_path / "aviary_of_one" / "dodo.py").write_text("\n".join(text), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PolicyError, match="the operation free must keep its arguments"):
        entries("aviary_of_one")
