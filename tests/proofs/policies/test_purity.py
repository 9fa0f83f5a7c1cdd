"""The check that nothing in a policy hides from the symbolic execution."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.engine.maps import argument, symbolic_state
from proofs.engine.paths import explore
from proofs.policies import Finding, LoadedPolicy, load, unsupported
from pymodel.hardware.ids import Vm
from pymodel.language.state import Owner
from pymodel.language.truth import Leak, Signal
from pymodel.machine import Hypervisor
from tests.places import ROOT
from tests.proofs.policies.test_loading import FIRST, write

POLICY = """\
class P(Hypervisor):
    @operation
    def touch(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        {}
        return s
"""


def findings(folder: Path, text: str) -> list[tuple[int, str]]:
    """Return line (counted in the snippet from 1) and message of each finding, without running the file."""
    path = write(folder, text)
    policy = LoadedPolicy("p", str(path), Hypervisor, (str(path),))
    return [(f.line - FIRST + 1, f.why) for f in unsupported(policy)]


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
    ("x = s._with(memory=s.memory)", "._with"),
    ("x = s.frame._write(vm, vm)", "._write"),
    ("x = Vm.of(3)", ".of"),
    ("x = self.State()", ".State"),
    ("x = MachineState(vm=s.vm)", "made from nothing"),
    ("make = MachineState; x = make(vm=s.vm)", "made from nothing"),
    ("x = (MachineState,)[0](vm=s.vm)", "made from nothing"),
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
    ("assert caller == vm", "assert"),
    ("x = (y := vm)", ":="),
    ("x = exit(0)", "exit"),
    ("x = BaseException", "BaseException"),
    ("zip = caller", "zip is given another meaning"),
    ("x = vm.names", ".names"),
    ("x = s.frame.may_differ(s.frame)", ".may_differ"),
    ("x = s.frame.items()", ".items"),
    ("x = caller.is_named()", ".is_named"),
    ("x = s.fram[vm]", "did you mean .frame?"),
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
    ("from pymodel.machine import Hardware\n", 1, "Hardware"),
    ("from pymodel import MachineState\nMAKE = MachineState\n", 2, "made from nothing"),
    ("from typing import get_type_hints\n", 1, "get_type_hints"),
    ("from pymodel import all_of as zip\n", 1, "zip is given another meaning"),
    ("from pymodel import all_of as TYPE_CHECKING\n", 1, "TYPE_CHECKING is given another meaning"),
    ("import helper as TYPE_CHECKING\n", 1, "TYPE_CHECKING is given another meaning"),
    ("def zip() -> None:\n    pass\n", 1, "zip is given another meaning"),
    ("len = 3\n", 1, "len is given another meaning"),
    (
        "from pymodel import Word\nclass W(Word, width=8):\n    def _compare(self, op, other):\n        return False\n",
        3,
        "has no methods",
    ),
    (
        "from pymodel import Record\nclass R(Record):\n    used: bool = False\n\n    def look(self):\n        return 1\n",
        5,
        "has no methods",
    ),
    ("from dataclasses import make_dataclass\n", 1, "make_dataclass"),
    ("from pymodel.language.truth import Truth\n", 1, "Truth"),
    ("from pymodel.language.words import all_of\n", 1, "all_of"),
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
    "x = isinstance(self.boot_fill(s), Granted)",
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
    assert "`try`" in [f.why.partition(":")[0] for f in unsupported(policy)]
    touch = policy.instance().touch  # type: ignore[attr-defined]
    state, who = symbolic_state(policy.cls.State), argument(Vm, "who")
    with pytest.raises(Signal) as signal:
        list(explore(lambda: touch(state, caller=who, vm=who)))
    assert isinstance(signal.value, Leak)


#: The classes that chapters inherit from each other, and no policy may import.
MIXINS = ["Leaves", "Leaves", "Slots", "Decisions", "Decisions"]


def test_the_model_passes_its_own_check() -> None:
    """Hypervisor and hardware keep the rules for policies, but that they say whose a record is, and that commands write past it."""
    root = ROOT / "pymodel"
    files = tuple(str(f) for folder in ("hypervisor", "hardware") for f in sorted((root / folder).rglob("*.py")))
    found = unsupported(LoadedPolicy("model", "model", Hypervisor, files))
    owners = tuple(f"import of {owner.name} from pymodel.language.state" for owner in Owner)
    commands = ("._with: ", "._write: ", ".following: ", ".names: ")
    answers = ("Granted is given another meaning", "Fault is given another meaning")
    own = [f for f in found if not f.why.endswith("has no methods; write a function")]  # which words of the model have
    joins = [f for f in own if not f.why.startswith((*owners, *commands, *answers))]
    assert [f.why.split()[2] for f in joins] == MIXINS


def test_findings_are_in_the_order_of_the_text(tmp_path: Path) -> None:
    """Findings come by file and line, each once."""
    path = write(tmp_path, POLICY.format("x = id(vm); y = hash(vm)") + "N = zip()\n")
    found = unsupported(LoadedPolicy("p", str(path), Hypervisor, (str(path),)))
    assert found == sorted(set(found))
    assert [type(f) for f in found] == [Finding] * 3
