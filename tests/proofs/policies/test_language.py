"""The language of policies: what is outside it is refused with line and column, what is inside loads and means what it says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from proofs.policies import Finding, PolicyError, load
from proofs.policies.language.page import page
from proofs.policies.language.table import BUILTINS, INSTEAD, NO_NODE, VALUES
from pymodel.machine import steps
from tests.places import ROOT

HEAD = """\
from typing import Any
from pymodel import HOST, READ, Choice, Count, AccountKind, Life, account, is_reserved
from pymodel import Frame, FrameRecord, Hypervisor, Index, Level, MachineState, Map, Member, Page, Pin
from pymodel import Reason, Record, Rights, Space, SpaceRecord, Tag, Ticket, Vm, VmRecord, Word
from pymodel import all_of, any_of, assume, choose, concat, excuse, invariant, operation, refuse, require, set_bus_master, take
class Small(Word, width=4):
    pass
class Colour(Choice):
    RED = Member()
    GREEN = Member()
    BLUE = Member()
class Note(Record):
    used: bool = False
    small: Small = Small(3)
    colour: Colour = Colour.GREEN
class Noted(MachineState):
    note: Map[Vm, Note]
    pair: Map[tuple[Vm, Frame], Note]
    only: Note
LIMIT, SOME = 3, (Small(1), Small(2))
def same(one: Small, other: Small) -> bool:
    return one == other
def run(f: Any) -> Any:
    return f()
def of_map(m: Map) -> bool:
    return m[HOST].used
def is_hosts(vm: Vm, note: Note) -> bool:
    return vm == HOST
"""
POLICY = """\
class P(Hypervisor):
    State = Noted
    TOP = Small(9)
    def helper(self, vm: Vm) -> bool:
        return vm == HOST
    @invariant
    def stated(self, s: Any, vm: Vm) -> bool:
        return self.helper(vm)
    @operation
    def touch(self, s: Any, caller: Vm, vm: Vm, frame: Frame, small: Small, level: Level) -> Any:
        {}
        return s
"""
HERE = HEAD.count("\n") + POLICY[: POLICY.index("{")].count("\n") + 1


def policy(code: str) -> str:
    """Return the policy with some code in a step, which ends in a state."""
    ends = code.splitlines()[-1].strip().startswith("return")
    return POLICY.format(code).removesuffix("        return s\n") if ends else POLICY.format(code)


def refused(folder: Path, text: str) -> list[Finding]:
    """Return what is found in a policy's file; nothing if it loads."""
    path = folder / "p.py"
    path.write_text(text, encoding="utf-8")
    try:
        load(f"{path}::P")
    except PolicyError as error:
        return list(error.findings)
    return []


#: What a function may not say: the code, and a word of what is said of it.
INSIDE = [
    # nodes and operators
    ("x = caller is vm", "`is`"),
    ("x = caller is None", "`is`"),
    ("x = caller in (vm, HOST)", "`in`"),
    ("x = caller not in (vm, HOST)", "`in`"),
    ("x = {vm, caller}", "a set"),
    ("x = {v for v in (vm, caller)}", "a set"),
    ("x = [vm]", "a list"),
    ("x = {1: vm}", "a dict"),
    ("x = {i: vm for i in (1, 2)}", "a dict"),
    ("x = f'{vm}'", "f-string"),
    ("x = (y := vm)", ":="),
    ("x = 1 / 2", "`/`"),
    ("x = 2 ** 9", "`**`"),
    ("x = small @ small", "`@`"),
    ("x = (small, small)[0:1]", "a slice"),
    ("x = (small, *SOME)", "`*`"),
    ("global LIMIT", "`global`"),
    ("assert caller == vm", "`assert`"),
    ("raise Reason.POLICY", "`raise`"),
    ("while caller == vm: pass", "`while`"),
    ("with s: pass", "`with`"),
    ("yield s", "`yield`"),
    ("import enum", "top of the file"),
    ("from enum import Enum", "top of the file"),
    ("class Q: pass", "a class inside"),
    ("for i in (1, 2): break", "`break`"),
    ("for i in (1, 2): continue", "`continue`"),
    # names
    *[
        (f"x = {name}(vm)", name)
        for name in ("type", "isinstance", "id", "repr", "getattr", "eval", "next", "float", "sorted", "sum")
    ],
    *[(f"x = {name}(vm)", name) for name in ("any", "exit", "list", "property", "__import__", "memoryview", "copyright", "abs")],
    ("x = missing", "missing means nothing here"),
    ("x = al_of", "all_of?"),
    ("x = all_of", "where a value is expected"),
    ("x = range", "call it"),
    ("x = __builtins__", "__builtins__"),
    ("zip = caller", "zip is given another meaning"),
    ("require = caller", "require is given another meaning"),
    ("self = s", "self is the policy"),
    ("x = y; y = vm", "y means nothing here"),
    ("if caller == vm: x = vm; y = x\n        z = x", "x may have no value"),
    ("del small; x = small", "small may have no value"),
    ("del s.only", "`del`"),
    # stores
    ("self.n = 1", "a part of the state"),
    ("self.n += 1", "a part of the state"),
    ("s.only = s.only", "replace"),
    ("s.note[vm] = s.only", "s.put"),
    ("for s.x in (1, 2): pass", "replace"),
    ("x: Small", "without a value"),
    ("x: Small = vm", "Vm where Small is announced"),
    ("x: list[int] = vm", "an annotation is"),
    ("x, y = vm", "no tuple of as many"),
    ("[x] = (vm,)", "a list"),
    # attributes
    ("x = vm.raw", ".raw"),
    ("x = vm.__class__", "begins with __"),
    ("x = vm.is_concrete", ".is_concrete"),
    ("x = Vm.of(3)", ".of"),
    ("x = s._with(note=s.note)", "._with"),
    ("x = s.note.items()", ".items"),
    ("x = s.note.points", ".points"),
    ("x = s.nots[vm]", "did you mean .note?"),
    ("x = s.only.usd", "did you mean .used?"),
    ("x = Level.PAGES", "did you mean .PAGE?"),
    ("x = self.hepler(vm)", "did you mean .helper?"),
    ("x = self.State()", "made from nothing"),
    ("x = self.__dict__", "begins with __"),
    ("x = self.hypervisor_writes(s, frame, level, READ)", "a step of the hardware"),
    ("x = Hypervisor.State", "made from nothing"),
    ("x = P.helper(self, vm)", "only a class above"),
    ("x = s.note.set", "where a value is expected"),
    ("x = super().kill_wm", "did you mean .kill_vm?"),
    ("return s.replace(note=s.note.reset(lambda k, n: super().is_free(s, k, k)))", "super takes nothing"),
    ("f = lambda k: k", "a function where a value is expected"),
    # operators
    ("x = vm + frame", "Vm mixed with Frame"),
    ("x = vm == frame", "Vm mixed with Frame"),
    ("x = small + 16", "does not fit Small"),
    ("x = small == -1", "does not fit Small"),
    ("x = 1 + small", "write the word first"),
    ("x = level + 1", "past the last name"),
    ("x = level + level", "past the last name"),
    ("x = ~level", "`~` of Level"),
    ("x = -small", "`-` of Small"),
    ("x = not small", "no truth value"),
    ("x = small and vm", "no truth value"),
    ("x = (caller == vm) + 1", "`+` of a truth value"),
    ("x = (caller == vm) < True", "has no order"),
    ("x = s.only < s.only", "has no order"),
    ("x = s == s", "a state compared"),
    ("x = s.note == s.note", "compared"),
    ("x = (vm, vm) == (vm, vm)", "compared"),
    ("x = vm == None", "mixed with nothing"),
    ("if vm: return s", "no truth value"),
    ("if s.only: return s", "no truth value"),
    ("x = vm if small else caller", "no truth value"),
    ("x = vm if caller == vm else frame", "Vm in one case and Frame in the other"),
    ("x = 1 << 300", "a shift by more"),
    ("x = (1 << 255) * 8", "more than 256 bits"),
    ("x = 3 // 0", "division by zero"),
    ("x = 3 ^ 1", "write the number"),
    ("x = 1.5", "the constants are"),
    ("x = b'1'", "the constants are"),
    ("x = ...", "the constants are"),
    # subscripts
    ("x = s.note[frame]", "was given a key of type Frame"),
    ("x = s.pair[vm]", "was given a key of type Vm"),
    ("x = s[vm]", "only maps take keys"),
    ("x = SOME[2]", "has no part 2"),
    ("x = SOME[vm]", "only maps take keys"),
    # calls
    ("x = all_of(caller == vm, vm)", "Vm is no truth value"),
    ("x = all_of(v == vm for v in (caller, vm))", "write `*`"),
    ("x = any_of(*(v == vm for v in (caller, vm) for w in (1, 2)))", "several `for`"),
    ("x = any_of(*vm)", "a loop over Vm"),
    ("x = (v for v in (caller, vm))", "a comprehension stands in"),
    ("x = choose(caller == vm, vm, frame)", "two words of one type"),
    ("x = choose(vm, vm, caller)", "no truth value"),
    ("x = concat(Frame, small, small)", "8 bits do not make a Frame"),
    ("x = same(small)", "same takes (one, other)"),
    ("x = of_map(vm)", "m takes a map, not Vm"),
    ("x = same(small, vm)", "other takes Small, not Vm"),
    ("x = same(small, other=small, third=small)", "same takes (one, other)"),
    ("x = same(**s)", "`**`"),
    ("x = same(*SOME)", "`*`"),
    ("require(vm, Reason.POLICY)", "fact takes a truth value, not Vm"),
    ("require(vm == caller, 3)", "reason takes Reason, not the number 3"),
    ("refuse(Level.PAGE)", "reason takes Reason, not Level"),
    ("super().kill_vm(s, caller, vm)", "a state that nobody takes"),
    ("same(small, small)", "a truth value that nobody takes"),
    ("vm", "no effect"),
    ("x = self.helper(self)", "the first argument is self"),
    ("x = same(self, small)", "self is no argument"),
    ("x = self.helper()", "helper takes (vm)"),
    ("x = vm(3)", "Vm is called"),
    ("x = take(s, vm, vm)", "thing takes Account, not Vm"),
    ("x = Hypervisor.kill_vm(s, caller, vm)", "the first argument is self"),
    ("def f(k: Vm) -> Vm: return f(k)\n        x = f(vm)", "calls itself"),
    ("x = (lambda k: k == vm)(vm, vm)", "a function of 1 arguments where 2 are given"),
    ("x = (lambda a=1: a)()", "a default argument"),
    # making words and records
    ("x = Small(16)", "a number from 0 to 0xf"),
    ("x = Small(vm)", "convert with .to"),
    ("x = Colour(3)", "a number from 0 to 0x2"),
    ("x = Word(3)", "makes nothing"),
    ("x = Note(vm == caller, used=True)", "Note takes (used, small, colour)"),
    ("x = Note(missing=True)", "has no field 'missing'"),
    ("x = Note(small=3)", "takes Small, not the number 3"),
    ("x = Note(used=1)", "takes a truth value"),
    ("x = FrameRecord(fresh=True)", "a ghost"),
    ("x = s.frame[frame].replace(fresh=False)", "a ghost"),
    ("x = Noted()", "made from nothing"),
    ("x = Map(s.note)", "makes nothing"),
    ("x = Member()", "makes nothing"),
    # methods of values
    ("x = small.bits(4, 0, Small)", "which has the bits 3:0"),
    ("x = vm.bits(7, 0, Small)", "do not fit"),
    ("for i in range(0, 10, 0): x = i", "in steps of 0"),
    ("x = caller == HOST & vm == HOST", "bind tighter"),
    ("x = level != 3", "has 3 names, and none for 3"),
    ("x = level == 'PAGE'", "Level mixed with a text"),
    ("x = small == s.only", "did you mean .small?"),
    ("x = small // 2", "`//` of Small"),
    ("x = small % small", "there is no such operator on words"),
    ("x = scrub_frame(s, frame)", "write `from pymodel import scrub_frame`"),
    ("x = is_whole(s, level, frame, vm)", "write self.is_whole"),
    ("x = LIVE", "Life.LIVE?"),
    ("x = Reason.QUOTA", "it has EXHAUSTED"),
    ("x = Rights.READ", "did you mean READ?"),
    ("x = small.bits(vm, 0, Small)", ".bits takes"),
    ("x = small.to(Colour)", "no choice"),
    ("x = small.to(3)", "type of word"),
    ("x = vm.sext(Small)", "does not fit"),
    ("x = small.slt(vm)", "mixed with"),
    ("x = Colour.last()", ".last"),
    ("x = Small.last(3)", ".last"),
    ("x = Note.default(3)", ".default"),
    ("x = READ.within()", ".within takes (other)"),
    ("x = READ.within(READ, other=READ)", ".within takes (other)"),
    ("x = READ.within(missing)", "missing means nothing"),
    ("x = READ.within(vm)", "other takes Rights, not Vm"),
    ("x = s.only.replace(s.only)", "by name"),
    ("x = s.note.set(vm)", ".set takes"),
    ("x = s.note.set(vm, s.vm[vm])", "note holds Note"),
    ("x = s.note.reset(vm)", ".reset takes"),
    ("x = s.note.reset(lambda key: key == vm)", "a function of 1 arguments where 2 are given"),
    ("x = s.note.reset(lambda key, note: key)", "no truth value"),
    ("x = s.note.reset(lambda key, note: require(key == vm, Reason.POLICY))", "may refuse"),
    ("return s.put('missing', vm, s.only)", "no part 'missing'"),
    ("return s.put('memory', vm, s.only)", "the hardware's"),
    ("return s.put('only', vm, s.only)", "no map"),
    ("return s.put('note', frame, s.only)", "key of type Frame"),
    ("return s.put(vm, vm, s.only)", ".put takes"),
    ("return s.put(name='note', key=vm, record=s.only)", "without names"),
    ("return s.replace(note=s.vm)", "a map of Note that came of it"),
    ("return s.replace(only=vm)", "takes Note"),
    ("return s.replace(platform=s.platform)", "a state of its own"),
    ("return s.replace(s.note)", "by name"),
    # builtins and loops
    ("for i in range(vm): x = i", "range takes constants"),
    ("for i in range(2000): x = i", "more than 1024"),
    ("for k in s.note: x = k", "a loop over the map note"),
    ("x = zip(SOME, SOME)", "gone through once"),
    ("x = len(zip(SOME))", "len takes one tuple"),
    ("return s; x = vm", "never reached"),
    ("refuse(Reason.POLICY); x = vm", "never reached"),
    ("for x in (): pass", "a loop over nothing"),
    ("x = all_of(*(v == vm for v in ()))", "a loop over nothing"),
    ("for v in (): yield", "`yield`"),
    ("def g(x: Vm) -> Vm: return x", "a function that nobody calls"),
    ("def g(x=(n := vm)) -> Vm: return vm", "a default argument"),
    ("x = operation(vm)", "is called: it stands as"),
    ("__x = vm", "begins with __"),
    ("x = same(one=small, __b=small)", "begins with __"),
    ("x = all_of(*(super().is_free(s, vm, vm) for v in (vm, caller)))", "super takes nothing"),
    ("x = vm; y = all_of(*(x == frame for x in (frame, frame)))", "x is a name of the function around"),
    ("x = is_reserved(s.platform, s.space[Space(1)].layout, level, Page(0))", "s takes a state"),
    ("x = account(level, frame)", "kind takes AccountKind, not Level"),
    ("x = 0x1" + "0" * 70, "more than 256 bits"),
    ("t = (vm, vm)\n        for i in range(12): t = (t, t)", "a tuple of more than"),
    ("x = min(vm, frame)", "min takes words"),
    ("x = max(level, level)", "max takes words"),
    ("x = len(SOME, key=1)", "takes no names"),
    ("x = super(P, self)", "super takes nothing"),
    # answers
    ("return vm", "comes to"),
    ("if caller == vm: return None", "in one case"),
]


@pytest.mark.parametrize(("code", "word"), INSIDE, ids=[code for code, _ in INSIDE])
def test_what_a_function_may_not_say_is_refused(tmp_path: Path, code: str, word: str) -> None:
    """It is found on its line (or the definition's, or the next), with a word of what is wrong and a column."""
    found = refused(tmp_path, HEAD + POLICY.format(code))
    assert any(word in f.why and HERE - 2 < f.line < HERE + 2 and f.column for f in found), found


OUTSIDE = [
    ("import os", "`import os`"),
    ("import helper as TYPE_CHECKING", "from pymodel import"),
    ("from os import path", "path from os"),
    ("from typing import get_type_hints", "get_type_hints"),
    ("from pymodel import all_of as zip", "one thing has one name"),
    ("from pymodel import Truth", "no public Truth"),
    ("from pymodel import *", "import of *"),
    ("from pymodel.machine import MachineState", "write `from pymodel import MachineState`"),
    ("from proofs.engine.terms import Node", "Node"),
    ("from dataclasses import dataclass", "dataclass"),
    ("from .. import helper", "helper"),
    ("from pymodel import Vm", "Vm is given another meaning"),
    ("len = 3", "len is given another meaning"),
    ("def zip() -> None:\n    pass", "zip is given another meaning"),
    ("__path__ = 3", "__path__"),
    ("for i in (1, 2):\n    x = i", "outside a function"),
    ("if True:\n    x = 1", "outside a function"),
    ("print('x')", "outside a function"),
    ("Hypervisor.start_vm = None", "outside a function"),
    ("A = B = 3", "outside a function"),
    ("A, B = SOME", "outside a function"),
    ("N = iter(())", "iter"),
    ("N = [1, 2]", "a list"),
    ("N = same(Small(1), Small(2))", "a function computes"),
    ("N = lambda: 1", "a function computes"),
    ("N = (Small(1), (lambda: 1)())", "a function computes"),
    ("from helper import annotations", "annotations from helper"),
    ("N = refuse(Reason.POLICY)", "a function computes"),
    ("N = MachineState", "the class MachineState"),
    ("N = 'a' + 'b'", "a text"),
    ("@same\ndef f() -> None:\n    pass", "a decorator on a function"),
    ("def f(x=3) -> None:\n    pass", "default"),
    ("def f(*x: Vm) -> None:\n    pass", "`*`"),
    ("def f(x: LIMIT) -> None:\n    pass", "LIMIT is no type"),
    ("def f(x: (Vm, exit())[0]) -> None:\n    pass", "an annotation is"),
    ("def f(self: Any) -> None:\n    pass", "self outside"),
    ("def f(x: Vm) -> Vm:\n    return f(x)", "a circle of calls: f -> f"),
    ("async def f() -> None:\n    pass", "outside a function"),
    # words, choices, records, states
    ("class A:\n    pass", "a class derives from"),
    ("class A(int):\n    pass", "a class derives from"),
    ("class A(Record, Word):\n    pass", "a class derives from"),
    ("class A(Note):\n    x: bool = False", "a class derived from Note"),
    ("class A(Vm):\n    pass", "a class derived from Vm"),
    ("class A(Word):\n    pass", "a word has a width"),
    ("class A(Word, width=0):\n    pass", "a word has a width"),
    ("class A(Word, width=Small(3)):\n    pass", "a word has a width"),
    ("class A(Word, width=3):\n    def f(self) -> bool:\n        return True", "nothing else"),
    ("class A(Choice):\n    pass", "at least one name"),
    ("class A(Choice):\n    X = 3", "nothing else"),
    ("class A(Choice):\n    X = Member()\n    X = Member()", "each once"),
    ("class A(Choice):\n    names = Member()", "each once"),
    ("class A(Record):\n    pass", "at least one field"),
    ("class A(Record):\n    x: bool", "has no default"),
    ("class A(Record):\n    x: bool = 0", "takes a truth value, not the number 0"),
    ("class A(Record):\n    x: Vm = Small(3)", "takes Vm, not Small"),
    ("class A(Record):\n    x: Any = 3", "a word, a choice or a truth value"),
    ("class A(Record):\n    x: Word = Small(3)", "a word, a choice or a truth value"),
    ("class A(Record):\n    replace: bool = False", "every record has this"),
    ("class A(Record):\n    WHOSE: bool = False", "every record has this"),
    ("class A(Record, whose=3):\n    x: bool = False", "takes its base alone"),
    ("class A(Record):\n    def f(self) -> bool:\n        return True", "nothing else"),
    ("class A(Record):\n    x = 3", "nothing else"),
    ("@same\nclass A(Record):\n    x: bool = False", "a decorator on a class"),
    ("class A(MachineState):\n    x: Vm", "a part is"),
    ("class A(MachineState):\n    x: Map[bool, Note]", "a part is"),
    ("class A(MachineState):\n    x: Map[Vm, Vm]", "a part is"),
    ("class A(MachineState):\n    x: Map[Vm, Note] = 3", "nothing else"),
    ("class A(MachineState):\n    frame: Map[Vm, Note]", "has this already"),
    ("class A(MachineState):\n    put: Map[Vm, Note]", "has this already"),
    ("class A(MachineState):\n    reset: Map[Vm, Note]", "reset is taken"),
    ("class A(MachineState):\n    kill_vm: Map[Vm, Note]", "kill_vm is taken"),
    ("class A(MachineState):\n    def put(self) -> bool:\n        return True", "nothing else"),
]


@pytest.mark.parametrize(("text", "word"), OUTSIDE, ids=[text for text, _ in OUTSIDE])
def test_what_a_file_may_not_say_is_refused(tmp_path: Path, text: str, word: str) -> None:
    """It is found where it stands, after the head of the file."""
    found = refused(tmp_path, HEAD + POLICY.format("pass") + text + "\n")
    begin = HEAD.count("\n") + POLICY.count("\n") + 1
    assert any(word in f.why and f.line >= begin for f in found), found


#: Members of a policy, and a word of what is said of each.
MEMBERS = [
    ("x, y = 1, 2", "has methods, constants and State"),
    ("x = 3\n    x = 4", "defined twice"),
    ("start_vm = 3", "must stay"),
    ("for i in (1, 2):\n        x = i", "has methods, constants and State"),
    ("State = Note", "State: a class derived from"),
    ("class Inner(Record):\n        x: bool = False", "define it in the module"),
    ("class State(Record):\n        x: bool = False", "State: write class Mine"),
    ("def __init__(self) -> None:\n        pass", "made by the loader"),
    ("def f(s: Any) -> Any:\n        return s", "must stay a method"),
    ("@staticmethod\n    def f() -> bool:\n        return True", "this decorator"),
    ("@operation()\n    def f(self, s: Any) -> Any:\n        return s", "takes nothing"),
    ("@assume\n    def f(self, s: Any) -> bool:\n        return True", "has a reason"),
    ("@assume(' ')\n    def f(self, s: Any) -> bool:\n        return True", "has a reason"),
    ("@excuse\n    def f(self, s: Any) -> bool:\n        return True", "names operations and a reason"),
    ("@excuse('pin')\n    def f(self, s: Any) -> bool:\n        return True", "names operations and a reason"),
    ("@excuse(' ', Reason.POLICY)\n    def f(self, s: Any) -> bool:\n        return True", "names operations and a reason"),
    ("@excuse('pin', HOST)\n    def f(self, s: Any) -> bool:\n        return True", "names operations and a reason"),
    ("@excuse('unpim', Reason.POLICY)\n    def f(self, s: Any) -> bool:\n        return True", "as unpin is"),
    ("@excuse('cpu_read', Reason.POLICY)\n    def f(self, s: Any) -> bool:\n        return True", "no operation of the reference"),
    ("@excuse('pin', Reason.POLICY)\n    def f(self, s: Any, vm: Vm) -> bool:\n        return vm == HOST", "no argument of pin"),
    ("@excuse('pin unpin', Reason.POLICY)\n    def f(self, s: Any, frame: Frame) -> bool:\n        return frame == 0", "of unpin"),
    ("@excuse('pin', Reason.POLICY)\n    def f(self, s: Any) -> Any:\n        return s", "a truth value is asked for"),
    ("@operation\n    @invariant\n    def f(self, s: Any) -> Any:\n        return s", "one of @operation"),
    ("@operation\n    def f(self, s: Any) -> Any:\n        pass", "comes to nothing, and a state is asked for"),
    ("@operation\n    def f(self, s: Any, n) -> Any:\n        return s", "argument 'n'"),
    ("@operation\n    def f(self, s: Vm) -> Any:\n        return s", "s is the state"),
    ("@invariant\n    def f(self, s: Any) -> Any:\n        return s", "a truth value is asked for"),
    (
        "@invariant\n    def f(self, s: Any, vm: Vm) -> bool:\n        require(vm == HOST, Reason.POLICY)\n        return True",
        "may refuse",
    ),
    ("@invariant\n    def start_vm(self, s: Any, caller: Vm, vm: Vm) -> Any:\n        return s", "of the reference, and stays one"),
    ("@operation\n    def must_scrub(self, s: Any, frame: Frame) -> bool:\n        return True", "leave out @operation"),
    (
        "def must_scrub(self, s: Any, frame: Vm) -> bool:\n        return True",
        "the decision must_scrub must keep its arguments: (self, s, frame: Frame)",
    ),
    ("def must_scrub(self, s: Any, frame: Frame) -> Vm:\n        return HOST", "answers a truth value"),
    ("def must_scrub(self, s: Any, frame: Frame) -> bool:\n        return frame", "returns Frame"),
    ("def start_vm(self, s: Any, vm: Vm, caller: Vm) -> Any:\n        return s", "must keep its arguments"),
    ("def contract_scrub(self, s: Any, frame: Frame, answer: bool) -> bool:\n        return True", "is taken"),
    ("def hypervisor_writes(self, s: Any) -> Any:\n        return s", "is taken"),
    ("@operation\n    def unmapp(self, s: Any) -> Any:\n        return s", "reads like unmap"),
    ("def own(self, s: Any) -> Any:\n        return s", "nobody calls it"),
    ("@operation\n    def put(self, s: Any) -> Any:\n        return s", "a method of a state"),
    ("@operation\n    def frame(self, s: Any) -> Any:\n        return s", "a part of the state"),
    ("@operation\n    def note(self, s: Any) -> Any:\n        return s", "a part of the policy's state"),
    ("@operation\n    def witnesses(self, s: Any) -> Any:\n        return s", "a phase of the prover's"),
    ("@invariant\n    def only_vms_are_alive(self, s: Any, vm: Vm) -> bool:\n        return True", "a statement of ringfence"),
    ("def must_scrup(self, s: Any, frame: Frame) -> bool:\n        return True", "reads like must_scrub"),
    ("def mro(self) -> bool:\n        return True", "made by the loader"),
    ("def State(self, s: Any) -> Any:\n        return s", "made by the loader"),
    ("@operation\n    def f(self, s: Any, w: Word) -> Any:\n        return s", "argument 'w'"),
    ("@operation\n    def f(self, s: Any, c: Choice) -> Any:\n        return s", "argument 'c'"),
    ("def __f(self, s: Any) -> Any:\n        return s", "made by the loader"),
    ("N: Frame = 3", "the number 3 where Frame is announced"),
    (
        (
            "def must_scrub(self, s: Any, frame: Frame) -> bool:\n"
            "        ok = True\n"
            "        for x in (s.vm[HOST], frame):\n"
            "            ok = run(lambda: x).life == Life.LIVE\n"
            "        return ok"
        ),
        ".life: Frame offers no such thing",
    ),
    (
        (
            "def is_flushed(self, s: Any, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:\n"
            "        require(ticket == since, Reason.NOT_FLUSHED)\n"
            "        return False\n"
            "    @invariant\n"
            "    def i(self, s: Any, space: Space) -> bool:\n"
            "        return self.range_flushed(s, space, Page(0), Level.PAGE, Ticket(1), Ticket(1))"
        ),
        "i may refuse",
    ),
    (
        (
            "def unmap(self, s: Any, caller: Vm, space: Space, page: Page, level: Level) -> Any:\n"
            "        return self.unmap_all(s, caller, space, page, level)\n"
            "    def unmap_all(self, s: Any, caller: Vm, space: Space, page: Page, level: Level) -> Any:\n"
            "        return self.unmap(s, caller, space, page, level)"
        ),
        "a circle of calls: unmap",
    ),
]


@pytest.mark.parametrize(("text", "word"), MEMBERS, ids=[text for text, _ in MEMBERS])
def test_what_a_policy_may_not_have_is_refused(tmp_path: Path, text: str, word: str) -> None:
    """It is found in the class."""
    found = refused(
        tmp_path, HEAD + f"class P(Hypervisor):\n    State = Noted\n    {text}\n".replace("State = Noted\n    State", "State")
    )
    assert any(word in f.why and f.line > HEAD.count("\n") for f in found), found


#: What a function may say.
ALLOWED = [
    "x = caller == vm",
    "x = small + 3 - small * 2 & small | small ^ small",
    "x = small << 1 >> small",
    "x = ~small",
    "x = 3 < small <= 9",
    "x = (caller == vm) & (small < 3) | (level == Level.PAGE)",
    "x = not caller == vm and small < 3 or small == 0",
    "x = small if caller == vm else Small(3)",
    "x = small.bits(3, 1, Small), small.to(Vm), small.sext(Vm), small.slt(3), small.sle(small), small.add_overflows(1)",
    "x = small.width + Small.width",
    "x = Small.last(), Note.default(), self.TOP, Level.HUGE, Colour(2)",
    "x = s.note[vm].used, s.pair[vm, frame].small, s.only.colour, s.platform.frame[frame], s.queue.next",
    "return s.put('note', vm, Note(used=True, small=small))",
    "return s.put('note', vm, s.note[vm].replace(used=caller == vm))",
    "return s.replace(note=s.note.set(vm, Note(True)).reset(lambda key, note: all_of(key == vm, note.used)), only=Note())",
    "return s.replace(note=s.note.reset(lambda vm, note: vm == HOST))",
    "for one, other in zip(SOME, SOME): require(same(one, other), Reason.POLICY)",
    "for i, one in enumerate(reversed(SOME)): require(any_of(one == i, len(SOME) == 2), Reason.POLICY)",
    "for i in range(1, 9, 2): require(small != i, Reason.POLICY)",
    "x = all_of(*(one == small for one in SOME if same(one, small))), any_of(*[one == small for one in SOME])",
    "n = 0\n        for i in range(3): n += i\n        require(small != n, Reason.POLICY)",
    "x = min(small, Small(3)), max(LIMIT, 4), len(range(3)), account(AccountKind.FRAMES, vm, None)",
    "for i in reversed(range(3)): require(small != i, Reason.POLICY)",
    "x = Level.width + Colour.width, of_map(s.note)",
    "return s.replace(note=s.note.reset(is_hosts))",
    "x = choose(caller == vm, small, Small(3)), concat(Small, small.bits(1, 0, Small).to(Small)) == 3",
    "del caller, level",
    "return refuse(Reason.POLICY)",
    "if caller == vm: return refuse(Reason.POLICY)\n        x = small",
    "if caller == vm: x = small\n        else: x = Small(3)\n        y = x",
    "return self.kill_vm(super().kill_vm(s, caller, vm), caller, vm=vm)",
    "return Hypervisor.kill_vm(self, s, caller, vm)",
    "def inner(key: Vm, note: Note) -> bool: return note.used\n        return s.replace(note=s.note.reset(inner))",
    "x: Small = small; y: bool = self.helper(vm); pass",
    "x = READ.within(READ), s.space[Space(1)].tag.is_io",
    "x = vm; x = small; y = same(x, other=x)",
    "'a text that says something'",
]


@pytest.mark.parametrize("code", ALLOWED)
def test_what_a_function_may_say_is_accepted(tmp_path: Path, code: str) -> None:
    """The good twins of what is refused load."""
    assert refused(tmp_path, HEAD + policy(code)) == []


#: How policies derived from others may not override what those add, after a method `own` that is marked so.
DERIVED = [
    ("@operation", "def own(self, s: Any, vm: Vm) -> Any:\n        return s", "it has @operation, as that has"),
    ("@operation", "@invariant\n    def own(self, s: Any, vm: Vm) -> bool:\n        return vm == HOST", "it has @operation"),
    ("@operation", "@operation\n    def own(self, s: Any, vm: Frame) -> Any:\n        return s", "takes the same arguments"),
    ("@operation", "own = 3", "must stay"),
    ("@invariant", "def own(self, s: Any, vm: Vm) -> bool:\n        return True", "it has @invariant"),
    ('@assume("x")', "def own(self, s: Any, vm: Vm) -> bool:\n        return True", "it has @assume"),
]


@pytest.mark.parametrize(("mark", "text", "word"), DERIVED, ids=[f"{mark} {text}" for mark, text, _ in DERIVED])
def test_what_is_marked_stays_what_it_is(tmp_path: Path, mark: str, text: str, word: str) -> None:
    """A policy that is derived from another one changes neither the mark nor the arguments of what that adds."""
    answer = ("Any", "s") if mark == "@operation" else ("bool", "vm == HOST")
    first = f"class A(Hypervisor):\n    {mark}\n    def own(self, s: Any, vm: Vm) -> {answer[0]}:\n        return {answer[1]}\n"
    found = refused(tmp_path, f"{HEAD}{first}class P(A):\n    {text}\n")
    assert any(word in f.why and f.line > HEAD.count("\n") + 4 for f in found), found
    assert refused(tmp_path, HEAD + first + first.replace("class A(Hypervisor)", "class P(A)")) == []


#: Code with one mistake, which nothing else is said of.
ONCE = [
    *(
        "x = missing; y = x + 1; z = x.used",
        "x = missing[vm].used",
        "x = concat(Small, missing)",
        "x = choose(missing, missing, vm)",
    ),
    *("x = small.bits(1, 0, missing)", "x = s.put('note', missing, s.only).only.used", "x = s.note.set(vm, missing)[vm].used"),
    *(
        "x = same(missing, small)",
        "x = self.helper(missing)",
        "x = (missing, vm)[0].used",
        "x = [vm][0]",
        "x = any(v == vm for v in SOME)",
    ),
    *(
        "x = s.note[missing].used",
        "x = missing == vm",
        "x = missing and small == 3",
        "x = -missing",
        "x = missing if t else missing",
    ),
    *(
        "for v in missing: x = v",
        "x = all_of(*(v == 3 for v in missing))",
        "x = max(missing, small)",
        "x = Note(used=missing).used",
    ),
    *(
        "match vm:\n            case 1:\n                return s",
        "try:\n            x = vm\n        except Exception:\n            return s",
    ),
    *("with s:\n            return s", "for i in range(600): x = Colour(i)", "x, y = missing", "x: Small = missing; y = x + 1"),
    *(
        "while missing: x = missing",
        "x = type(vm)",
        "x = f'{missing}'",
        "x = Small(missing)",
        "x = missing.replace(used=missing)",
    ),
]


@pytest.mark.parametrize("code", ONCE)
def test_one_mistake_is_told_once(tmp_path: Path, code: str) -> None:
    """What follows from a mistake is not told beside it."""
    found = refused(tmp_path, HEAD + POLICY.format(code.replace(" if t ", " if caller == vm ")))
    assert len({f.why for f in found}) == 1, found


def test_findings_are_in_the_order_of_the_text(tmp_path: Path) -> None:
    """All of them are told at once, by line, each once."""
    found = refused(tmp_path, HEAD + POLICY.format("x = id(vm); y = hash(vm)") + "N = open('x')\n")
    assert found == sorted(set(found))
    assert [f.line - HERE for f in found] == [0, 0, 2]


def test_the_page_is_the_table() -> None:
    """What `spec/` says of the language is what the loader goes by."""
    assert (ROOT / "spec" / "language.md").read_text(encoding="utf-8") == page(), "print it anew, as its first lines say"


def test_the_example_of_the_page_loads(tmp_path: Path) -> None:
    """It is a policy as it stands there."""
    example = page().partition("```python\n")[2].partition("```")[0]
    (tmp_path / "p.py").write_text(example, encoding="utf-8")
    policy = load(str(tmp_path / "p.py"))
    assert "limit_frames" in [t.name for t in steps(policy.instance())]


def test_every_row_of_the_table_is_tried() -> None:
    """Each method of values, builtin and refused node stands in an example above."""
    texts = " ".join([*ALLOWED, *(code for code, _ in (*INSIDE, *OUTSIDE, *MEMBERS))])
    assert [row.name for row in VALUES if f".{row.name}" not in texts] == []
    assert [name for name in BUILTINS if f"{name}(" not in texts] == []
    assert [why for why in INSTEAD if not any(f"{name}(" in texts or f" {name}" in texts for name in INSTEAD[why].split())] == []
    said = {why for _, why in (*INSIDE, *OUTSIDE)}
    untried = {node for node, why in NO_NODE.items() if not any(word in why for word in said if len(word) > 1)}
    assert untried <= {ast.Await, ast.AsyncFor, ast.AsyncWith, ast.AsyncFunctionDef, ast.Match, ast.Nonlocal, ast.Try, ast.TryStar}
