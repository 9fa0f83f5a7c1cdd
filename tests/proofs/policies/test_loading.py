"""Loading a policy: how it is named, what does not fit and where that is told, and what its digest goes by."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pytest

from proofs.policies import PolicyError, digest, load
from proofs.policies.language.table import BUILTINS
from proofs.policies.policy_statements import own_invariants
from proofs.statements import OWN_AREA
from pymodel.hardware.ids import Vm
from pymodel.language.outcomes import Reason, Refused
from pymodel.language.steps import steps_of
from pymodel.machine import Hypervisor
from pymodel.platforms import PLATFORMS
from tests.places import POLICIES, ROOT

HEAD = """\
from __future__ import annotations
from pymodel import Frame, Hypervisor, MachineState, Reason, Vm, assume, invariant, operation, require
"""
FIRST = HEAD.count("\n") + 1
"""The line on which a snippet begins."""


GOOD = """\
from pymodel import Map, Record, Word, all_of

class Slot(Word, width=4):
    __slots__ = ()

FIRST = Slot(1)
ALLOWED = (FIRST, Slot(2))

class Note(Record):
    seen: bool = False
    slot: Slot = FIRST

class Good(Hypervisor):
    class State(Hypervisor.State):
        note: Map[Vm, Note]

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        del s, frame
        return True

    @operation
    def start_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        for slot in ALLOWED:
            require(s.note[vm].slot != slot, Reason.POLICY)
        count = 0
        count += 1
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
    path.write_text(HEAD + dedent(text), encoding="utf-8")
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


def test_a_policy_loads_and_has_what_it_says(tmp_path: Path) -> None:
    """A policy with state, words, an operation, an invariant and an assumption of its own is built from what was read."""
    path = write(tmp_path, GOOD)
    policy = load(str(path))
    assert (policy.name, policy.files) == ("p.py::Good", (str(path),))
    step = next(t for t in steps_of(policy.instance()) if t.name == "start_vm")
    assert (step.file, step.params) == (str(path), {"caller": policy.names["Vm"], "vm": policy.names["Vm"]})
    assert set(policy.cls.State.parts()) - set(Hypervisor.State.parts()) == {"note"}
    assert policy.names["Note"]().slot == policy.names["FIRST"]


def test_a_place_has_a_column(tmp_path: Path) -> None:
    """It counts from 1, as editors do."""
    for text, column in (
        ("class P(Hypervisor):\n    b\u00e4r = 3\n", 5),
        ("class P(Hypervisor):\n    x = \u00ab\n", 9),
        ("#\u202e\n", 2),
    ):
        assert failure(str(write(tmp_path, text))).findings[0].column == column


def test_what_is_loaded_runs(tmp_path: Path) -> None:
    """Methods find the method of the class above, the names of their file, and nothing else of Python's than they may."""
    policy = load(str(write(tmp_path, GOOD)))
    one: Any = policy.instance()
    state = PLATFORMS["small"](policy.cls.State)
    with pytest.raises(Refused) as refusal:
        one.start_vm(state, Vm(1), Vm(1))
    assert refusal.value.reason == Reason.POLICY
    with pytest.raises(Refused) as refusal:
        one.start_vm(state.put("note", Vm(1), policy.names["Note"](slot=policy.names["Slot"](5))), Vm(1), Vm(1))
    assert refusal.value.reason != Reason.POLICY
    assert one.notes_agree(state, Vm(1))
    assert one.must_scrub(state, policy.names["Frame"](1)) is True
    assert set(one.start_vm.__func__.__globals__["__builtins__"]) == set(BUILTINS)


def test_a_policys_invariant_has_an_area_of_its_own(tmp_path: Path) -> None:
    """Whatever name its file gives to a text: it stands among no promises of ours."""
    policy = load(str(write(tmp_path, f"AREA = 'MEM'\n{GOOD}")))
    assert [st.area for st in own_invariants(policy.instance())] == [OWN_AREA]


def test_a_policy_can_be_named_in_three_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, a class in a file and a class in a module find the same policy."""
    path = write(tmp_path, GOOD, "named_policy.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    specs = [str(path), f"{path}::Good", "named_policy:Good"]
    names = [load(spec).name for spec in specs]
    assert names == ["named_policy.py::Good", "named_policy.py::Good", "named_policy:Good"]


def test_a_module_is_found_in_a_folder_that_is_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders without `__init__.py` are packages too."""
    (tmp_path / "plain" / "inner").mkdir(parents=True)
    write(tmp_path / "plain" / "inner", GOOD, "good.py")
    monkeypatch.chdir(tmp_path)
    assert load("plain.inner.good:Good").name == "plain.inner.good:Good"
    for wrong in ("plain.inner:Good", "plain.inner.other:Good", "plain..good:Good", "plain.inner.good.:Good"):
        assert "module" in failure(wrong).message


def test_nothing_of_a_policy_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its module nor the packages that it stands in."""
    (tmp_path / "around").mkdir()
    (tmp_path / "around" / "__init__.py").write_text("1 / 0\n", encoding="utf-8")
    write(tmp_path / "around", GOOD, "inside.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load("around.inside:Good").name == "around.inside:Good"
    assert not {"around", "around.inside"} & set(sys.modules)


def test_the_most_derived_policy_is_taken(tmp_path: Path) -> None:
    """Of a policy and its refinement in one file, the refinement is meant."""
    path = write(tmp_path, "class A(Hypervisor):\n    pass\nclass B(A):\n    pass\n")
    assert load(str(path)).cls.__name__ == "B"


def test_files_beside_the_policy_belong_to_it(tmp_path: Path) -> None:
    """A file that a policy takes a name from is read and checked too, and what is wrong in it is told there."""
    helper = tmp_path / "helper_of_policy.py"
    helper.write_text("from pymodel import Vm\n\ndef note(x: Vm) -> bool:\n    return x == 3\n", encoding="utf-8")
    invariant = "    @invariant\n    def i(self, s: MachineState, vm: Vm) -> bool:\n        return note(vm)\n"
    path = write(tmp_path, f"from .helper_of_policy import note\nclass P(Hypervisor):\n{invariant}")
    policy = load(str(path))
    assert policy.files == (str(path), str(helper))
    first = digest(policy)
    helper.write_text(helper.read_text(encoding="utf-8").replace("x == 3", "x == 4"), encoding="utf-8")
    assert digest(load(str(path))) != first
    helper.write_text("SEEN = []\n\ndef note(x):\n    SEEN.append(x)\n", encoding="utf-8")
    assert (str(helper), 1) in [(f.file, f.line) for f in failure(str(path)).findings]


def test_files_that_take_names_from_each_other_are_refused(tmp_path: Path) -> None:
    """The line of the second import is told."""
    (tmp_path / "other.py").write_text("\nfrom p import X\n", encoding="utf-8")
    error = failure(str(write(tmp_path, "from other import Y\n")))
    assert (Path(error.file).name, error.line) == ("other.py", 2)
    assert "imports this file in its turn" in error.message


def test_files_of_the_same_name_beside_two_policies_are_kept_apart(tmp_path: Path) -> None:
    """Two policies in two folders each get the file that stands beside them."""
    found = []
    for which in ("one", "two"):
        (tmp_path / which).mkdir()
        (tmp_path / which / "twin_helper.py").write_text(f"NAME = {which!r}\n", encoding="utf-8")
        path = write(tmp_path / which, "from twin_helper import NAME\nclass P(Hypervisor):\n    name = NAME\n")
        found.append(vars(load(str(path)).cls)["name"])
    assert found == ["one", "two"]


METHOD = "class P(Hypervisor):\n    def {}:\n        return s\n"
ERRORS = [
    ("x = (\n", 1, "syntax"),
    ("x = 1\n", 0, "no policy here"),
    ("class A(Hypervisor):\n    pass\nclass B(Hypervisor):\n    pass\n", 0, "p.py::A, p.py::B"),
    ("x = 1\ny = 1 // 0\n", 2, "division by zero"),
    ("import no_such_module_anywhere\n", 1, "no_such_module_anywhere"),
    ("class P(Hypervisor):\n    def __init__(self, size: int) -> None:\n        pass\n", 2, "made by the loader"),
    (METHOD.format("start_vm(self, s: MachineState, vm: Vm)"), 2, "(self, s, caller: Vm, vm: Vm)"),
    (METHOD.format("start_vm(self, s: MachineState, vm: Vm, caller: Vm)"), 2, "start_vm must keep"),
    (METHOD.format("start_vm(self, s: MachineState, caller: Vm, vm: Frame)"), 2, "start_vm must keep"),
    (METHOD.format("start_vm(self, s: MachineState, caller, vm)"), 2, "start_vm must keep"),
    (METHOD.format("start_vm(self, s: Missing, caller: Vm, vm: Vm)"), 2, "Missing"),
    ("# \u202e\nclass P(Hypervisor):\n    pass\n", 1, "U+202E"),
    ("class P(Hypervisor):\n    b\u00e4r = 3\n", 2, "write names in ASCII"),
    (METHOD.format("f(self, s: MachineState)"), 2, "nobody calls it"),
    (METHOD.format("f(self, s, s)"), 2, "duplicate argument"),
    ("def f(x: Vm) -> bool:\n    return same(x=1, x=2)\n", 2, "keyword argument repeated"),
    ("break\n", 1, "outside loop"),
    ("return 3\n", 1, "outside function"),
    ("from __future__ import nonsense\n", 1, "must occur at the beginning"),
    ("def f(x: (yield)) -> None:\n    pass\n", 1, "syntax"),
    ("raise x\nclass P(Hypervisor):\n    def must_scrub(self, s, frame):\n        return True\n", 1, "outside a function"),
    ("while True: pass\nclass P(Hypervisor):\n    def must_scrub(self, s, frame):\n        return True\n", 1, "outside a function"),
    (f"from {'a' * 300} import x\nclass P(Hypervisor):\n    pass\n", 1, "import of x from"),
    ("X = 0x1" + "0" * 6000 + "\nclass P(Hypervisor):\n    pass\n", 1, "more than 256 bits"),
    ("X = 1 == 2 == (" + "not " * 280 + "True)\nclass P(Hypervisor):\n    pass\n", 0, ""),
]


@pytest.mark.parametrize(("text", "line", "word"), ERRORS, ids=[word for _, _, word in ERRORS])
def test_a_policy_that_does_not_fit_is_refused(tmp_path: Path, text: str, line: int, word: str) -> None:
    """Whatever is wrong with a policy's file is said with file, line and what was expected."""
    path = write(tmp_path, text)
    error = failure(str(path))
    assert error.file == str(path)
    assert not word or error.line == (line + FIRST - 1 if line else 0)
    assert word in error.message
    assert str(error).startswith(str(path))


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"x = 1\n# \xff\n", 2, "not UTF-8"),
        (b"x = 1\x00\n", 1, "U+0000"),
        (b"# coding: latin-1\n", 1, "the encoding latin-1"),
        (b"x = 1\rx = 2\n", 1, "U+000D"),
        (b"x = " + b"(" * 5000 + b")" * 5000 + b"\n", 0, ""),
        (b"x = " + b"-" * 3000 + b"1\n", 0, ""),
    ],
)
def test_what_is_no_plain_text_is_refused(tmp_path: Path, data: bytes, line: int, word: str) -> None:
    """What is read is what a person sees."""
    path = tmp_path / "p.py"
    path.write_bytes(data)
    error = failure(str(path))
    assert error.file == str(path)
    assert not word or (error.line == line and word in error.message)


def test_lines_may_end_as_elsewhere(tmp_path: Path) -> None:
    """Carriage returns in front of line feeds, and a mark of the byte order, are no part of a text."""
    (tmp_path / "other").mkdir()
    path = tmp_path / "other" / "p.py"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + GOOD).replace("\n", "\r\n").encode())
    assert load(str(path)).text == load(str(write(tmp_path, GOOD))).text


def test_a_policy_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A missing file, module or class, and a class that is no policy, each say what to give instead."""
    text = "from pymodel import Record\nclass P(Hypervisor):\n    pass\nclass Q(Record):\n    x: bool = False\n"
    path = write(tmp_path, text)
    specs = [str(tmp_path / "none.py"), "no_such_module_anywhere:P", f"{path}::None_such", f"{path}::Q", "pymodel.zoo:Faulty"]
    words = ["no such file", "no module", "its policies are: P", "derive it from", "a folder"]
    messages = [failure(spec).message for spec in specs]
    assert [word in message for word, message in zip(words, messages, strict=True)] == [True] * 5


def test_the_digest_changes_with_the_policy_and_only_with_it(tmp_path: Path) -> None:
    """The same text gives the same digest in any folder, remarks and docstrings too, and one changed character gives another."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = digest(load(str(write(tmp_path / "a", GOOD))))
    same = digest(load(str(write(tmp_path / "b", "# a remark\n" + GOOD))))
    other = digest(load(str(write(tmp_path / "b", GOOD.replace("<= 15", "<= 14")))))
    assert (first == same, first == other, first == digest(load(None))) == (True, False, False)


def test_nothing_that_a_policy_names_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where a name is taken from it, nor where it is looked up whether a name is of an earlier version."""
    (tmp_path / "pk").mkdir()
    (tmp_path / "pk" / "evil.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    (tmp_path / "evil.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for text in ("from pk.evil import x\n", "from evil import x\n", "def f() -> None:\n    from pk.evil import x\n"):
        failure(str(write(tmp_path, text)))
    assert not {"pk", "evil", "pk.evil"} & set(sys.modules)


def mutated(text: str, random: Random) -> str:
    """Return the text of a policy with a piece of it lost, doubled or exchanged for another."""
    words = re.split(r"(\W+)", text)
    for _ in range(random.randrange(1, 4)):
        one, other = random.randrange(len(words)), random.randrange(len(words))
        new = ["", words[other], words[one] * 2, "__class__", "for _ in ():", "yield", "self", "super()", "*", "()"]
        words[one] = random.choice(new)
    return "".join(words)


@pytest.mark.parametrize("key", ["()", "(Vm, Frame)", "tuple[()]", "tuple", "Vm, Frame", "tuple[Vm]"])
def test_a_maps_key_is_a_word_or_a_tuple_of_words(key: str, tmp_path: Path) -> None:
    """Anything else is refused at the part, also where Python would take it."""
    text = (
        "from pymodel import Frame, Hypervisor, MachineState, Map, Record, Vm\n\n\n"
        "class Note(Record):\n    seen: bool = False\n\n\n"
        f"class Mine(MachineState):\n    note: Map[{key}, Note]\n\n\n"
        "class P(Hypervisor):\n    State = Mine\n"
    )
    path = tmp_path / "p.py"
    path.write_text(text, encoding="utf-8")
    if key == "tuple[Vm]":
        assert load(str(path)).name
    else:
        assert failure(str(path)).line == 9


def test_whatever_is_wrong_with_a_text_is_told(tmp_path: Path) -> None:
    """Texts that are damaged at random load, or are refused as policies; nothing else comes of them."""
    random, loaded = Random(1), 0  # noqa: S311 - a repeatable draw
    files = [*POLICIES.glob("*.py"), *(POLICIES / "deceptive").glob("*.py")]
    texts = [path.read_bytes().decode(errors="replace") for path in sorted(files)]
    path = tmp_path / "p.py"
    for _ in range(400):
        path.write_text(mutated(random.choice(texts), random), encoding="utf-8")
        try:
            load(str(path))
            loaded += 1
        except PolicyError:
            continue
    assert loaded < 100


def test_a_step_that_never_ends_in_practice_is_refused(tmp_path: Path) -> None:
    """Loops in loops, and functions that call the next one twice, are counted."""
    loops = "".join(f"{'    ' * (n + 2)}for i{n} in range(1000):\n" for n in range(4))
    text = METHOD.format("must_scrub(self, s: MachineState, frame: Frame)").replace(
        "        return s", f"        x = 0\n{loops}{'    ' * 6}x = i0\n        return True"
    )
    assert "expressions in one step" in failure(str(write(tmp_path, text))).message
    passes = "".join(f"{'    ' * (n + 2)}for i{n} in range(1024):\n" for n in range(3)) + f"{'    ' * 5}pass\n        return True"
    text = METHOD.format("must_scrub(self, s: MachineState, frame: Frame)").replace("        return s", passes)
    assert "expressions in one step" in failure(str(write(tmp_path, text))).message
    calls = "def f0(x: Vm) -> bool:\n    return x == 1\n"
    calls += "".join(f"def f{n}(x: Vm) -> bool:\n    return f{n - 1}(x) and f{n - 1}(x)\n" for n in range(1, 40))
    text = calls + METHOD.format("must_scrub(self, s: MachineState, frame: Frame)").replace("return s", "return f39(Vm(1))")
    assert "expressions in one step" in failure(str(write(tmp_path, text))).message


def test_every_policy_of_the_tests_and_the_zoo_loads() -> None:
    """Those of the tests are policies for users to copy."""
    files = [*POLICIES.glob("*.py"), *(ROOT / "pymodel" / "zoo").rglob("*.py")]
    for path in [p for p in files if p.name != "__init__.py"]:
        try:
            load(str(path))
        except PolicyError as error:
            assert "several policies here" in error.message  # noqa: PT017 - which are checked by then
