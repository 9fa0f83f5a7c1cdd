"""Loading a policy: what is found, what is refused and why, and what its digest goes by."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from proofs.policies import PolicyError, digest, load, unsupported
from pymodel.language.steps import steps_of
from pymodel.machine import Hypervisor

HEAD = """\
from __future__ import annotations
from pymodel import Frame, Granted, Hypervisor, MachineState, Reason, Vm, require
from pymodel.language.steps import assume, hardware, invariant, operation
"""
FIRST = HEAD.count("\n") + 1
"""The line on which a snippet begins."""


GOOD = """\
from dataclasses import dataclass
from pymodel.language.state import Map, Record
from pymodel.language.truth import all_of
from pymodel.language.words import Word

class Slot(Word, width=4):
    __slots__ = ()

FIRST = Slot(1)
ALLOWED = (FIRST, Slot(2))

class Note(Record):
    seen: bool = False
    slot: Slot = FIRST

@dataclass(frozen=True)
class Pair:
    left: Vm
    right: Vm | None = None

class Good(Hypervisor):
    class State(Hypervisor.State):
        note: Map[Vm, Note]

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        del s, frame
        return True

    @operation
    def start_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        checked = []
        for slot in ALLOWED:
            checked.append(s.note[vm].slot == slot)
        checked[0] = checked[0] | (caller == vm)
        count = 0
        count += 1
        pair = Pair(caller)
        require(pair.right is None, Reason.POLICY)
        after = s.replace(note=s.note.reset(lambda key, _note: key == vm))
        return super().start_vm(after, caller, vm)

    @invariant
    def notes_agree(self, s: MachineState, vm: Vm) -> bool:
        return all_of(s.note[vm].slot <= 15)

    @assume("the host is quiet")
    def quiet(self, s: MachineState, vm: Vm) -> bool:
        return True
"""


def write(folder: Path, text: str, name: str = "p.py") -> Path:
    """Write a policy's file."""
    path = folder / name
    path.write_text(HEAD + dedent(text))
    return path


def failure(spec: str) -> PolicyError:
    """Load something that must fail."""
    with pytest.raises(PolicyError) as caught:
        load(spec)
    return caught.value


def test_without_a_policy_the_reference_is_loaded() -> None:
    """No argument means the reference, made of the model's own files only."""
    policy = load(None)
    assert (policy.name, policy.cls, policy.files) == ("reference", Hypervisor, ())
    assert isinstance(policy.instance(), Hypervisor)


def test_a_correct_policy_loads_and_has_no_findings(tmp_path: Path) -> None:
    """A policy with state, words, an operation, an invariant and an assumption of its own passes both checks."""
    path = write(tmp_path, GOOD)
    policy = load(str(path))
    assert (policy.name, policy.files) == ("p.py::Good", (str(path),))
    assert unsupported(policy) == []
    assert "start_vm" in [t.name for t in steps_of(policy.instance())]


def test_a_policy_can_be_named_in_three_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, a class in a file and a class in a module find the same policy."""
    path = write(tmp_path, GOOD, "named_policy.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    specs = [str(path), f"{path}::Good", "named_policy:Good"]
    names = [load(spec).name for spec in specs]
    assert names == ["named_policy.py::Good", "named_policy.py::Good", "named_policy:Good"]


def test_the_most_derived_policy_is_taken(tmp_path: Path) -> None:
    """Of a policy and its refinement in one file, the refinement is meant."""
    path = write(tmp_path, "class A(Hypervisor):\n    pass\nclass B(A):\n    pass\n")
    assert load(str(path)).cls.__name__ == "B"


def test_modules_beside_the_policy_are_checked_too(tmp_path: Path) -> None:
    """A module that a policy imports belongs to it, and what it hides is found there."""
    helper = tmp_path / "helper_of_policy.py"
    helper.write_text("SEEN = []\n\ndef note(x):\n    SEEN.append(x)\n")
    path = write(tmp_path, "from helper_of_policy import note\nclass P(Hypervisor):\n    pass\n")
    policy = load(str(path))
    assert policy.files == (str(path), str(helper))
    assert [(f.file, f.line) for f in unsupported(policy)] == [(str(helper), 4)]


def test_modules_of_the_same_name_beside_two_policies_are_kept_apart(tmp_path: Path) -> None:
    """Two policies in two folders each get the module that stands beside them."""
    found = []
    for which in ("one", "two"):
        (tmp_path / which).mkdir()
        (tmp_path / which / "twin_helper.py").write_text(f"NAME = {which!r}\n")
        path = write(tmp_path / which, "from twin_helper import NAME\nclass P(Hypervisor):\n    name = NAME\n")
        found.append(vars(load(str(path)).cls)["name"])
    assert found == ["one", "two"]


METHOD = "class P(Hypervisor):\n    def {}:\n        return s\n"
STATE = "class Loose:\n    pass\nclass P(Hypervisor):\n    class State({}Hypervisor.State):\n        {}\n"
RECORD = "from pymodel import Map, Record\nclass Note(Record):\n    on: bool = False\n    {}\n"
MINE = "class P(Hypervisor):\n    @{}\n    def mine"
DECISION = "from pymodel.language.steps import decision\n"
ERRORS = [
    ("x = (\n", 1, "syntax"),
    ("x = 1\n", 0, "no policy here"),
    ("class A(Hypervisor):\n    pass\nclass B(Hypervisor):\n    pass\n", 0, "p.py::A, p.py::B"),
    ("x = 1\ny = 1 // 0\n", 2, "ZeroDivisionError"),
    ("import no_such_module_anywhere\n", 1, "no_such_module_anywhere"),
    ("class P(Hypervisor):\n    def __init__(self, size: int) -> None:\n        pass\n", 2, "needs size"),
    ("class P(Hypervisor):\n    def __init__(self) -> None:\n        raise ValueError('no')\n", 2, "ValueError"),
    (METHOD.format("start_vm(self, s: MachineState, vm: Vm)"), 2, "(self, s, caller: Vm, vm: Vm)"),
    (METHOD.format("start_vm(self, s: MachineState, vm: Vm, caller: Vm)"), 2, "start_vm must keep"),
    (METHOD.format("start_vm(self, s: MachineState, caller: Vm, vm: Frame)"), 2, "start_vm must keep"),
    (METHOD.format("start_vm(self, s: MachineState, caller, vm)"), 2, "start_vm must keep"),
    (METHOD.format("start_vm(self, s: Missing, caller: Vm, vm: Vm)"), 2, "Missing"),
    ("class P(Hypervisor):\n    start_vm = None\n", 2, "stay a method"),
    (METHOD.format("must_scrub(self, s: MachineState)"), 2, "decision must_scrub"),
    (METHOD.format("must_scrub(self, s: MachineState, frame: Vm)"), 2, "decision must_scrub"),
    (METHOD.format("contract_scrub(self, s: MachineState, frame: Frame, answer: bool)"), 2, "contract"),
    (MINE.format("operation") + "(self, s: MachineState, n: int):\n        return s\n", 3, "'n'"),
    (MINE.format("hardware") + "(self, s: MachineState, n):\n        return s\n", 3, "'n'"),
    (MINE.format("invariant") + "(self, s: MachineState, n: str):\n        return s\n", 3, "'n'"),
    (MINE.format("assume('x')") + "(self, s: MachineState, n: str):\n        return s\n", 3, "'n'"),
    (MINE.format("assume('x')").replace("mine", "only_vms_are_alive") + "(self, s: MachineState, vm: Vm): pass\n", 3, "ringfence"),
    (DECISION + MINE.format("decision('fine')") + "(self, s: MachineState) -> bool: pass\n", 4, "only the reference"),
    (RECORD.format("life: Vm = Frame(3)") + STATE.format("", "note: Map[Vm, Note]"), 8, "Note.life takes Vm, not Frame"),
    ("class P(Hypervisor):\n    class State:\n        pass\n", 2, "class State(Hypervisor.State)"),
    ("class P(Hypervisor):\n    class State(Hypervisor.State):\n        n: int\n", 2, "Map"),
    (STATE.format("", "_refusals = {}"), 4, "State._refusals: a state has parts alone"),
    (STATE.format("", "def _check(self, name): pass"), 4, "State._check: a state has parts alone"),
    (STATE.format("", "def put(self, name, key, record): return self"), 4, "State.put: a state has parts alone"),
    (STATE.format("", "frame: Map[Vm, VmRecord]"), 4, "State.frame: a state has this already"),
    (STATE.format("", "platform: VmRecord"), 4, "State.platform: a state has this already"),
    (STATE.format("Loose, ", "pass"), 4, "derives from Loose, which is no State"),
    (RECORD.format("def replace(self, **changes): return self"), 2, "Note.replace: every record has this"),
    (RECORD.format("WHOSE = None"), 2, "Note.WHOSE: every record has this"),
    (RECORD.format("_ghosts = ()"), 2, "Note._ghosts: every record has this"),
    (
        "class P(Hypervisor):\n    def hypervisor_writes(self, s, frame, kind, rights):\n        return s\n",
        2,
        "step of the hardware",
    ),
]


@pytest.mark.parametrize(("text", "line", "word"), ERRORS, ids=[word for _, _, word in ERRORS])
def test_a_policy_that_does_not_fit_is_refused(tmp_path: Path, text: str, line: int, word: str) -> None:
    """Whatever is wrong with a policy's file is said with file, line and what was expected."""
    path = write(tmp_path, text)
    error = failure(str(path))
    assert (error.file, error.line) == (str(path), line + FIRST - 1 if line else 0)
    assert word in error.message
    assert str(error).startswith(str(path))


def test_a_policy_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A missing file, module or class, and a class that is no policy, each say what to give instead."""
    path = write(tmp_path, "class P(Hypervisor):\n    pass\nclass Q:\n    pass\n")
    specs = [str(tmp_path / "none.py"), "no_such_module_anywhere:P", f"{path}::None_such", f"{path}::Q"]
    words = ["no such file", "no module", "its policies are: P", "derive it from"]
    messages = [failure(spec).message for spec in specs]
    assert [word in message for word, message in zip(words, messages, strict=True)] == [True] * 4


def test_the_digest_changes_with_the_policy_and_only_with_it(tmp_path: Path) -> None:
    """The same text gives the same digest in any folder, and one changed character gives another."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = digest(load(str(write(tmp_path / "a", GOOD))))
    same = digest(load(str(write(tmp_path / "b", GOOD))))
    other = digest(load(str(write(tmp_path / "b", GOOD.replace("<= 15", "<= 14")))))
    assert (first == same, first == other, first == digest(load(None))) == (True, False, False)
