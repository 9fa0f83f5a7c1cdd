"""Loading a policy, and the check that nothing in it hides from the symbolic execution."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from proofs.engine.maps import argument, symbolic_state
from proofs.engine.paths import explore
from proofs.policies import Finding, LoadedPolicy, PolicyError, digest, load, unsupported
from pymodel.hardware.ids import Vm
from pymodel.hypervisor import Hypervisor
from pymodel.language.steps import steps_of
from pymodel.language.words import Leak, Signal
from tests.places import ROOT

HEAD = """\
from __future__ import annotations
from pymodel.hardware.ids import Frame, Vm
from pymodel.hardware.machine import MachineState
from pymodel.hypervisor import Hypervisor
from pymodel.language.outcomes import Granted, Reason, require
from pymodel.language.steps import assume, hardware, invariant, operation
"""
FIRST = HEAD.count("\n") + 1
"""The line on which a snippet begins."""

POLICY = """\
class P(Hypervisor):
    @operation
    def touch(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        {}
        return s
"""

GOOD = """\
from dataclasses import dataclass
from pymodel.language.state import Map, Record
from pymodel.language.words import Word, all_of

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


def findings(folder: Path, text: str) -> list[tuple[int, str]]:
    """Return line (counted in the snippet from 1) and message of each finding, without running the file."""
    path = write(folder, text)
    policy = LoadedPolicy("p", str(path), Hypervisor, (str(path),))
    return [(f.line - FIRST + 1, f.why) for f in unsupported(policy)]


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
MINE = "class P(Hypervisor):\n    @{}\n    def mine"
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
    ("class P(Hypervisor):\n    class State:\n        pass\n", 2, "class State(Hypervisor.State)"),
    ("class P(Hypervisor):\n    class State(Hypervisor.State):\n        n: int\n", 2, "Map"),
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


INSIDE = [
    ("x = caller is vm", "`is`"),
    ("x = caller is not vm", "`is`"),
    ("x = (caller == vm) is True", "`is`"),
    *[(f"x = {name}(vm)", name) for name in ("type", "id", "hash", "repr", "str", "iter", "next", "vars")],
    *[(f"x = {name}(vm)", name) for name in ("sorted", "set", "frozenset", "float", "print", "open", "input")],
    *[(f"x = {name}(vm)", name) for name in ("eval", "exec", "__import__")],
    *[(f"x = {name}(vm, 'v')", name) for name in ("getattr", "setattr", "delattr", "hasattr", "isinstance", "format")],
    *[(f"x = {name}()", name) for name in ("globals", "locals", "compile", "issubclass")],
    ("look = type; x = look(vm)", "type"),
    ("x = isinstance(vm, (Granted, int))", "isinstance"),
    ("object.__setattr__(self, 'n', 1)", "__setattr__"),
    ("super().__setattr__('n', 1)", "__setattr__"),
    ("x = vm.__class__", "__class__"),
    ("x = self.__dict__", "__dict__"),
    ("x = __builtins__", "__builtins__"),
    ("x = vm.raw", ".raw"),
    ("x = vm.is_concrete", ".is_concrete"),
    ("x = vm._v", "._v"),
    ("x = Vm.of(3)", ".of"),
    ("x = self.State()", "made from nothing"),
    ("x = {vm, caller}", "set display"),
    ("x = {v for v in (vm, caller)}", "set comprehension"),
    ("x = f'{vm}'", "f-string"),
    ("x = '%s' % vm", "%"),
    ("x = '{}'.format(vm)", "format"),
    ("self.n = 1", "State(Hypervisor.State)"),
    ("self.n += 1", "State(Hypervisor.State)"),
    ("self.table[0] = 1", "[...]"),
    ("P.n = 1", "replace"),
    ("xs = self.table; xs[0] = 1", "[...]"),
    ("xs = []; xs = self.table; xs.append(1)", ".append"),
    ("xs = [self.table]; xs[0].append(1)", ".append"),
    ("for s.x in (1, 2): pass", "replace"),
    ("grow = self.table.append", ".append"),
    *[(f"self.table.{name}(1)", name) for name in ("append", "extend", "add", "update", "pop", "clear", "setdefault")],
    *[(f"self.table.{name}(1)", name) for name in ("remove", "insert", "discard", "popitem", "sort", "reverse")],
    *[(f"self.table.{name}(1)", name) for name in ("__setitem__", "write", "send", "throw")],
    ("xs = self.table; xs += [1]", "augmented"),
    ("xs = self.table; xs *= 2", "augmented"),
    ("global N", "global"),
    ("del s.x", "del"),
    ("while caller == vm: pass", "while"),
    ("yield s", "yield"),
    ("with s: pass", "with"),
    ("import enum", "top of the file"),
    ("from enum import Enum", "top of the file"),
    ("x = lambda a=[]: a", "default"),
    ("n = 1; f = lambda k: k == n; n = 2", "more than once"),
    ("fs = [(lambda k: k == v) for v in (vm, caller)]", "more than once"),
    ("xs = []; f = lambda: xs; xs.append(1)", ".append"),
    ("xs = []; ys = (xs,); f = lambda: ys; xs.append(1)", ".append"),
]


@pytest.mark.parametrize(("code", "word"), INSIDE, ids=[code for code, _ in INSIDE])
def test_a_construct_that_could_hide_something_is_found(tmp_path: Path, code: str, word: str) -> None:
    """Each such construct in a method is found on its line, with what to do instead."""
    found = findings(tmp_path, POLICY.format(code))
    assert {line for line, _ in found} == {4}
    assert word in " ".join(why for _, why in found)


OUTSIDE = [
    ("import os\n", 1, "os"),
    ("import typing\n", 1, "from ... import"),
    ("from os import path\n", 1, "os"),
    ("from typing import sys\n", 1, "sys"),
    ("from dataclasses import make_dataclass\n", 1, "make_dataclass"),
    ("from pymodel.language.words import Truth\n", 1, "Truth"),
    ("from pymodel.language.words import *\n", 1, "*"),
    ("from pymodel.hardware.ids import os\n", 1, "os"),
    ("from pymodel.language.state import HashTrieMap\n", 1, "HashTrieMap"),
    ("from proofs.engine.terms import Node\n", 1, "Node"),
    ("for i in (1, 2):\n    x = i\n", 1, "outside a function"),
    ("Hypervisor.start_vm = None\n", 1, "part of something else"),
    ("N = iter(())\n", 1, "iter"),
    ("N = (i for i in (1, 2))\n", 1, "on import"),
    ("N = zip((1,), (2,))\n", 1, "on import"),
    ("N = {1, 2}\n", 1, "on import"),
    ("TYPE_CHECKING = True\n", 1, "TYPE_CHECKING"),
    ("class M(type):\n    pass\n", 1, "type"),
    ("class M(zip):\n    pass\n", 1, "zip"),
    ("class A(metaclass=M):\n    pass\n", 1, "metaclass"),
    ("class A:\n    print('x')\n", 2, "outside a function"),
    ("class A:\n    def __eq__(self, other: object) -> bool:\n        return True\n", 2, "__eq__"),
    ("@wrap\ndef f() -> None:\n    pass\n", 1, "decorator"),
    ("class A:\n    @assume\n    def f(self) -> bool:\n        return True\n", 2, '("why")'),
    ("def f(x=[]) -> None:\n    pass\n", 1, "default"),
    ("def f(x={}) -> None:\n    pass\n", 1, "default"),
    ("def f(x=list()) -> None:\n    pass\n", 1, "default"),
    ("async def f() -> None:\n    pass\n", 1, "outside a function"),
    ("def f():\n    async def g():\n        pass\n", 2, "async"),
    ("def f():\n    n = 1\n    def g():\n        nonlocal n\n", 4, "nonlocal"),
    ("def f(x):\n    match x:\n        case int():\n            pass\n", 3, "class pattern"),
    ("def f(x):\n    match x:\n        case True:\n            pass\n", 3, "identity"),
    ("def f(x: SEEN.append(1)):\n    pass\n", 1, "annotation"),
    ("class A:\n    def __init__(self) -> None:\n        self.n = 0\n", 3, "State(Hypervisor.State)"),
    ("def f():\n    class A:\n        pass\n", 2, "class inside"),
]


@pytest.mark.parametrize(("text", "line", "word"), OUTSIDE, ids=[text for text, _, _ in OUTSIDE])
def test_a_definition_that_could_hide_something_is_found(tmp_path: Path, text: str, line: int, word: str) -> None:
    """Each such statement of a module, class or function is found on its line, with what to do instead."""
    found = findings(tmp_path, text)
    assert line in [at for at, _ in found]
    assert word in " ".join(why for _, why in found)


ALLOWED = [
    "x = caller == vm",
    "x = s.vm[vm] is None",
    "xs = []; xs.append(vm); xs[0] = caller; xs += [vm]",
    "table = {}; table[0] = vm; table.update({1: caller})",
    "table = {i: vm for i in range(3)}; table.pop(0)",
    "n = 0; n += 1",
    "for level in range(3): x = level",
    "x = isinstance(self.answer(s), Granted)",
    "f = lambda k: k == vm",
    "del caller",
]


@pytest.mark.parametrize("code", ALLOWED)
def test_ordinary_python_has_no_findings(tmp_path: Path, code: str) -> None:
    """The good twins of the rejected constructs pass."""
    assert findings(tmp_path, POLICY.format(code)) == []


COUNTER = """\
class Counter(Hypervisor):
    calls = 0
    @operation
    def touch(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        self.calls += 1
        if self.calls != 50:
            require(s.frame[frame].owner == caller, Reason.NOT_OWNED)
        return s
"""

TYPED = """\
class Typed(Hypervisor):
    @operation
    def touch(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        if type(caller.raw) is int:
            return s
        require(s.frame[frame].owner == caller, Reason.NOT_OWNED)
        return s
"""


def test_a_counter_on_self_is_found(tmp_path: Path) -> None:
    """A policy that skipped a check on the fiftieth call fooled an early sketch of the engine."""
    policy = load(str(write(tmp_path, COUNTER)))
    assert [f.line - FIRST + 1 for f in unsupported(policy)] == [5]


def test_a_branch_on_the_type_of_a_word_is_found(tmp_path: Path) -> None:
    """A policy that behaved well only on symbolic words fooled an early sketch of the engine."""
    policy = load(str(write(tmp_path, TYPED)))
    assert {f.line - FIRST + 1 for f in unsupported(policy)} == {4}


SWALLOW = """\
class Swallow(Hypervisor):
    @operation
    def touch(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        try:
            x = (1, 2)[caller]
        except {}:
            return s
        return s.put("vm", vm, s.vm[caller])
"""


@pytest.mark.parametrize("caught", ["Exception", "BaseException"])
def test_a_swallowed_leak_is_still_a_signal(tmp_path: Path, caught: str) -> None:
    """A policy that catches a leak is rejected, and the leak voids the run all the same."""
    policy = load(str(write(tmp_path, SWALLOW.format(caught))))
    assert [f.why.partition(":")[0] for f in unsupported(policy)] == ["`try`"]
    touch = policy.instance().touch  # type: ignore[attr-defined]
    state, who = symbolic_state(policy.cls.State), argument(Vm, "who")
    with pytest.raises(Signal) as signal:
        list(explore(lambda: touch(state, caller=who, vm=who)))
    assert isinstance(signal.value, Leak)


def test_the_model_passes_its_own_check() -> None:
    """Hypervisor and hardware keep the rules for policies, but for one constant that `bench` takes from outside."""
    root = ROOT / "pymodel"
    files = tuple(str(f) for folder in ("hypervisor", "hardware") for f in sorted((root / folder).glob("*.py")))
    found = unsupported(LoadedPolicy("model", "model", Hypervisor, files))
    places = [(Path(f.file).name, f.why.partition(":")[0]) for f in found]
    assert [p for p in places if p not in [("ids.py", "import of os"), ("ids.py", "a value computed on import")]] == []


def test_the_digest_changes_with_the_policy_and_only_with_it(tmp_path: Path) -> None:
    """The same text gives the same digest in any folder, and one changed character gives another."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = digest(load(str(write(tmp_path / "a", GOOD))))
    same = digest(load(str(write(tmp_path / "b", GOOD))))
    other = digest(load(str(write(tmp_path / "b", GOOD.replace("<= 15", "<= 14")))))
    assert (first == same, first == other, first == digest(load(None))) == (True, False, False)


def test_findings_are_in_the_order_of_the_text(tmp_path: Path) -> None:
    """Findings come by file and line, each once."""
    path = write(tmp_path, POLICY.format("x = id(vm); y = hash(vm)") + "N = zip()\n")
    found = unsupported(LoadedPolicy("p", str(path), Hypervisor, (str(path),)))
    assert found == sorted(set(found))
    assert [type(f) for f in found] == [Finding] * 3
