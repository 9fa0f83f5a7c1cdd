"""Random programs of the policy language: each does the same on numbers and on terms, whichever path it takes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from proofs.engine.answers.second_look import difference
from proofs.policies import load
from proofs.prove.step_prover import Setup, StepProver
from pymodel.language.outcomes import Refused
from pymodel.platforms import PLATFORMS

HEAD = """\
from typing import Any
from pymodel import HOST, Choice, Hypervisor, MachineState, Map, Member, Reason, Record, Vm, Word
from pymodel import all_of, any_of, choose, concat, implies, negate, operation, require

class Small(Word, width=4):
    pass

class Wide(Word, width=8):
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
    pair: Map[tuple[Small, Vm], Note]
    only: Note

SOME, PAIRS = (Small(1), Small(2), Small(9)), ((Small(1), True), (Small(4), False))

def twice(x: Small) -> Small:
    return x + x

def like(note: Note, other: Note) -> bool:
    return any_of(note == other, note.small < other.small)

class P(Hypervisor):
    State = Noted
    TOP = Small(12)

    def near(self, x: Small, y: Small) -> bool:
        return any_of(x - y <= 1, y - x <= self.TOP)

    @operation
    def touch(self, s: Any, caller: Vm, vm: Vm, a: Small, b: Small, w: Wide, c: Colour, t: bool) -> Any:
"""
DEPTH = 3


class Writer:
    """Writes one function at random; `names` has the locals of each type."""

    def __init__(self, seed: int) -> None:
        """Begin with the arguments."""
        self.random, self.lines, self.used, self.count = Random(seed), list[str](), Counter[str](), 0  # noqa: S311 - a repeatable draw
        self.names = {
            "Small": ["a", "b"],
            "Vm": ["caller", "vm"],
            "Wide": ["w"],
            "Colour": ["c"],
            "bool": ["t"],
            "Note": ["s.only"],
        }

    def pick(self, kind: str, depth: int) -> str:
        """Return an expression of a type."""
        leaf = [*self.names[kind], *LEAVES[kind]]
        if depth >= DEPTH or self.random.random() < 0.2:
            return self.random.choice(leaf)
        form = self.random.choice(FORMS[kind])
        self.used[form] += 1
        return self.filled(form, depth + 1)

    def filled(self, form: str, depth: int) -> str:
        """Return a form with expressions in its holes."""
        parts = form.split("{")
        out = parts[0]
        for part in parts[1:]:
            kind, rest = part.split("}", 1)
            out += f"({self.pick(kind, depth)}){rest}"
        return out

    def say(self, indent: int, line: str) -> None:
        """Add a line."""
        self.lines.append("    " * (indent + 2) + line)

    def statements(self, indent: int, number: int) -> None:
        """Add some statements."""
        if indent:
            self.say(indent, "pass")
        for _ in range(number):
            self.random.choice([self.assign, self.assign, self.write, self.write, self.demand, self.fork, self.loop])(indent)

    def assign(self, indent: int) -> None:
        """Give a value a new name, or one of its type another value."""
        kind = self.random.choice(["Small", "Vm", "Wide", "Colour", "bool", "Note"])
        value = self.pick(kind, 0)
        self.count += 1
        if indent == 0:
            self.say(indent, f"x{self.count} = {value}")
            self.names[kind].append(f"x{self.count}")
        else:
            own = [n for n in self.names[kind] if n.startswith("x")]
            self.say(indent, f"{self.random.choice(own)} = {value}" if own else "pass")

    def write(self, indent: int) -> None:
        """Write to the state."""
        self.say(indent, "s = " + self.filled(self.random.choice(WRITES), 1))

    def demand(self, indent: int) -> None:
        """Refuse the step in some case."""
        self.say(indent, f"require({self.pick('bool', 1)}, Reason.{self.random.choice(['POLICY', 'IN_USE', 'RIGHTS'])})")

    def fork(self, indent: int) -> None:
        """Go two ways."""
        if indent < 2:
            self.say(indent, f"if {self.pick('bool', 1)}:")
            self.statements(indent + 1, self.random.randrange(1, 3))
            if self.random.random() < 0.6:
                self.say(indent, "else:")
                self.statements(indent + 1, self.random.randrange(1, 3))

    def loop(self, indent: int) -> None:
        """Go through constants."""
        if indent < 1:
            self.count += 1
            item = f"i{self.count}"
            self.say(indent, self.random.choice([f"for {item} in SOME:", f"for {item}, _flag{item} in PAIRS:"]))
            self.names["Small"].append(item)
            self.statements(indent + 1, 1)
            self.names["Small"].remove(item)

    def text(self) -> str:
        """Return the program."""
        self.say(0, "x0 = self.near(a, b)")
        self.names["bool"].append("x0")
        self.statements(0, 8)
        self.say(0, "return s")
        return HEAD + "\n".join(self.lines) + "\n"


LEAVES = {
    "Small": ["Small(0)", "Small(7)", "Small.last()", "self.TOP", "SOME[1]"],
    "Vm": ["HOST", "Vm(3)"],
    "Wide": ["Wide(0)", "Wide(0x81)"],
    "Colour": ["Colour.RED", "Colour.BLUE"],
    "bool": ["True", "False"],
    "Note": ["Note()", "Note.default()", "s.note[vm]", "s.pair[a, caller]"],
}
FORMS = {
    "Small": [
        *("{Small} + {Small}", "{Small} - 3", "{Small} * {Small}", "{Small} & {Small}", "{Small} | 8", "{Small} ^ {Small}"),
        *("~{Small}", "{Small} << 1", "{Small} >> {Small}", "{Wide}.bits(6, 3, Small)", "{Wide}.to(Small)", "{Note}.small"),
        *("{Small} if {bool} else {Small}", "choose({bool}, {Small}, {Small})", "twice({Small})", "min({Small}, {Small})"),
        *("max({Small}, {Small})", "{Colour}.to(Small)", "s.note[{Vm}].small", "s.pair[{Small}, {Vm}].small"),
    ],
    "Vm": ["choose({bool}, {Vm}, {Vm})", "{Vm} if {bool} else {Vm}", "{Small}.to(Vm)", "{Vm} + 1"],
    "Wide": ["concat(Wide, {Small}, {Small})", "{Small}.to(Wide)", "{Small}.sext(Wide)", "{Wide} + {Wide}", "{Wide} >> 3"],
    "Colour": ["choose({bool}, {Colour}, {Colour})", "{Note}.colour", "s.only.colour"],
    "bool": [
        *("{Small} == {Small}", "{Small} != 3", "{Small} < {Small}", "{Wide} >= {Wide}", "{Vm} == {Vm}", "{Colour} == {Colour}"),
        *("{Small}.slt({Small})", "{Small}.sle(3)", "{Small}.add_overflows({Small})", "{bool} and {bool}", "{bool} or {bool}"),
        *("not {bool}", "{bool} & {bool}", "{bool} | {bool}", "all_of({bool}, {bool})", "any_of({bool}, {bool})", "negate({bool})"),
        *("implies({bool}, {bool})", "{Note} == {Note}", "{bool} == {bool}", "like({Note}, {Note})", "self.near({Small}, {Small})"),
        *("all_of(*({Small} != i for i in SOME))", "any_of(*[i == {Small} for i, on in PAIRS if on])", "{Note}.used"),
        *("1 < {Small} <= 9", "s.vm[{Vm}].life == s.vm[{Vm}].life", "{bool} if {bool} else {bool}"),
    ],
    "Note": [
        *("Note(used={bool}, small={Small}, colour={Colour})", "{Note}.replace(small={Small})", "s.note[{Vm}]"),
        *("s.pair[{Small}, {Vm}]", "{Note} if {bool} else {Note}", "Note({bool})"),
    ],
}
WRITES = [
    's.put("note", {Vm}, {Note})',
    's.put("pair", ({Small}, {Vm}), {Note})',
    "s.replace(only={Note})",
    "s.replace(note=s.note.set({Vm}, {Note}).set({Vm}, {Note}))",
    "s.replace(note=s.note.reset(lambda key, old: all_of(old.used, any_of(key == {Vm}, old.small <= {Small}))))",
    "s.replace(pair=s.pair.reset(lambda one, key, old: (one == {Small}) | (old.colour == {Colour}) if old.used else key == {Vm}))",
    "s if {bool} else s.replace(only={Note})",
]
#: Programs that are written, those of them that are run on terms, and places at which each is looked at.
PROGRAMS, ON_TERMS, PLACES = 60, 30, 12


def places(random: Random, policy: Any, names: Any) -> Any:
    """Yield states with something in the policy's own parts, and arguments."""
    small, colour, note = names["Small"], names["Colour"], names["Note"]

    def some() -> Any:
        return note(random.random() < 0.5, small(random.randrange(16)), colour(random.randrange(3)))

    at_first = PLATFORMS["small"](policy.State)
    for _ in range(PLACES):
        s = at_first.replace(only=some())
        for _ in range(4):
            vm = names["Vm"](random.randrange(5))
            s = s.put("note", vm, some()).put("pair", (small(random.randrange(16)), vm), some())
        words = {"caller": names["Vm"](random.randrange(5)), "vm": names["Vm"](random.randrange(5))}
        words |= {"a": small(random.randrange(16)), "b": small(random.randrange(16)), "w": names["Wide"](random.randrange(256))}
        yield s, words | {"c": colour(random.randrange(3)), "t": random.random() < 0.5}


@pytest.mark.parametrize("seed", range(ON_TERMS))
def test_a_program_does_the_same_on_numbers_and_on_terms(tmp_path: Path, seed: int) -> None:
    """What each of its paths says is what it does at random places, and together they say something of each."""
    path, writer = tmp_path / "p.py", Writer(seed)
    path.write_text(writer.text(), encoding="utf-8")
    loaded = load(str(path))
    prover = StepProver(Setup(str(path), 1_000_000), loaded)
    run = prover.run("touch")
    assert not run.why
    for state, given in places(Random(seed), prover.policy, loaded.names):  # noqa: S311 - a repeatable draw
        assert difference(run, state, given) == "", (given, path.read_text(encoding="utf-8"))


def test_programs_succeed_and_are_refused(tmp_path: Path) -> None:
    """The programs above use every form of the grammar, and go most ways."""
    used, outcomes = Counter[str](), Counter[str]()
    for seed in range(PROGRAMS):
        path, writer = tmp_path / f"p{seed}.py", Writer(seed)
        path.write_text(writer.text(), encoding="utf-8")
        used += writer.used
        loaded = load(str(path))
        policy: Any = loaded.instance()
        for state, given in places(Random(seed), policy, loaded.names):  # noqa: S311 - a repeatable draw
            try:
                policy.touch(state, **given)
                outcomes["ok"] += 1
            except Refused:
                outcomes["refused"] += 1
    assert {form for forms in FORMS.values() for form in forms} <= set(used)
    assert min(outcomes.values()) > 100
