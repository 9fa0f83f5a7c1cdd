"""What an obligation is known by: whatever a verdict depends on changes the key, and what it does not depend on does not."""

from __future__ import annotations

import functools
import importlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import proofs
from proofs.engine.decisions import decisions
from proofs.engine.induction import Induction, Limits
from proofs.engine.keys import questions
from proofs.engine.solvers.solver import forget
from proofs.policies import files
from proofs.prove.cache import Cache
from proofs.prove.keys import Keys
from proofs.prove.scheduler import keep, known
from proofs.prove.step_prover import Setup, StepProver
from proofs.prove.tasks import POWER_ON, DecidePowerOn, DecideStep, Done, RunWitnesses, all_tasks
from proofs.prove.texts import Texts
from proofs.statements import Statement, describe_method
from proofs.theorems import CATALOGUE
from proofs.theorems.invariants import boot
from pymodel.hardware.ids import Frame
from pymodel.language.state import Map, Record, State
from pymodel.language.steps import operation, steps_of
from pymodel.language.truth import any_of
from pymodel.language.words import Choice, Member
from pymodel.machine import Hypervisor

ROOT = Path(proofs.__file__).resolve().parents[1]
POLICIES = ROOT / "tests" / "policies"


# The text closure


def closure(folder: Path, root: str, started: float = float("inf")) -> str | None:
    """Return the closure of a module in a folder, read afresh."""
    for name in [name for name in sys.modules if name.split(".")[0] == "shed"]:
        del sys.modules[name]
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        importlib.import_module(root)
        return Texts(Cache(None, print), started).closure([root])
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = written


DOOR = """'Opens.'
from shed import lock

def opens():
    'Ask.'
    from shed.deep.hinge import turns
    return turns()
"""


@pytest.fixture
def shed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a folder with a small package, as one of ours: one module imports a second, and a third where it needs it."""
    monkeypatch.setattr(files, "PACKAGES", (*files.PACKAGES, "shed"))
    (tmp_path / "shed" / "deep").mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "door": DOOR,
        "lock": "from shed.deep import hinge\nBOLTS = 2  # so many\n",
        "deep/__init__": "",
        "deep/hinge": "def turns():\n    return True\n",
        "apart": "NOBODY_IMPORTS = 1\n",
    }.items():
        (tmp_path / "shed" / f"{name}.py").write_text(text, encoding="utf-8")
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "shed"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("door", "Opens", "Is opened", False),
        ("door", "Ask", "Is asked", False),
        ("lock", "so many", "that many", False),
        ("lock", "= 2", "=   2", False),
        ("apart", "1", "2", False),
        ("lock", "= 2", "= 3", True),
        ("door", "return turns()", "return not turns()", True),
        ("deep/hinge", "True", "False", True),
        ("deep/__init__", "", "LOCKED = True\n", True),
        ("__init__", "", "LOCKED = True\n", True),
    ],
)
def test_the_closure_is_what_is_imported(shed: Path, file: str, old: str, new: str, changes: bool) -> None:
    """Code that is imported, wherever the import stands, is in the closure; remarks, spaces and other modules are not."""
    before = closure(shed, "shed.door")
    path = shed / "shed" / f"{file}.py"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert before is not None
    assert (closure(shed, "shed.door") != before) is changes


def test_a_file_that_is_moved_stays_in_the_closure(shed: Path) -> None:
    """A module that was moved into a new folder, even one without `__init__.py`, is found by its import; so is a change of it."""
    (shed / "shed" / "new").mkdir()
    (shed / "shed" / "deep" / "hinge.py").rename(shed / "shed" / "new" / "hinge.py")
    for name in ("door", "lock"):
        path = shed / "shed" / f"{name}.py"
        path.write_text(path.read_text(encoding="utf-8").replace("shed.deep", "shed.new"), encoding="utf-8")
    moved = closure(shed, "shed.door")
    (shed / "shed" / "new" / "hinge.py").write_text("def turns():\n    return False\n", encoding="utf-8")
    assert moved is not None
    assert closure(shed, "shed.door") not in (moved, None)


def test_a_file_that_was_changed_since_is_not_believed(shed: Path) -> None:
    """What is loaded may be what a file held before: then the closure stands for nothing. Nor does one that cannot be read."""
    changed = max(path.stat().st_ctime for path in (shed / "shed").rglob("*.py"))
    assert closure(shed, "shed.door", changed - 1) is None
    assert closure(shed, "shed.door", changed + 1) is not None
    (shed / "shed" / "deep" / "hinge.py").write_text("def turns():\n    return True  # \x00\n", encoding="utf-8")
    texts = Texts(Cache(None, print), float("inf"))
    assert texts.closure(["shed.door"]) is None
    assert texts.closure(["shed.nowhere"]) is None


def test_code_that_was_compiled_of_another_text_is_not_believed(shed: Path) -> None:
    """Python takes compiled code for that of a file of the same size and second; then what runs is not what the text says."""
    path = shed / "shed" / "lock.py"
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    py_compile.compile(str(path), doraise=True)
    assert closure(shed, "shed.door") is not None
    path.write_text(path.read_text(encoding="utf-8").replace("= 2", "= 3"), encoding="utf-8")
    os.utime(path, ns=times)
    assert closure(shed, "shed.door") is None
    py_compile.compile(str(path), doraise=True)
    assert closure(shed, "shed.door") is not None


def test_what_a_text_imports_is_kept(shed: Path, tmp_path: Path) -> None:
    """The cache spares the reading of a text, and only of that text."""
    closure(shed, "shed.door")
    with Cache(tmp_path / "cache", pytest.fail) as store:
        first = Texts(store, float("inf")).closure(["shed.door"])
        assert Texts(store, float("inf")).closure(["shed.door"]) == first
        assert Texts(Cache(None, print), float("inf")).closure(["shed.door"]) == first
        (shed / "shed" / "lock.py").write_text("BOLTS = 2\n", encoding="utf-8")
        assert Texts(store, float("inf")).closure(["shed.door"]) != first


def test_the_engine_is_known_by_itself() -> None:
    """The engine's text is in every key; the model and the statements are not, since they are known by their formulas."""
    from proofs.prove.keys import ENGINE, FORMULAS, SCENARIOS  # noqa: PLC0415 - they are the subject here

    texts = Texts(Cache(None, print), float("inf"))

    def names(roots: tuple[str, ...]) -> set[str]:
        found, todo = set[str](), list(roots)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                text = texts.text(name)
                assert text is not None
                todo += text[1]
        return found

    engine = names(ENGINE)
    others = {n for n in engine if not n.startswith(("proofs.engine", "pymodel.language"))}
    assert others - {"pymodel.hardware", "pymodel.hardware.ids"} == {
        "proofs",
        "proofs.statements",
        "proofs.traces",
        "proofs.verdicts",
        "pymodel",
    }
    decides = ("induction", "query", "terms", "solvers.solver", "solvers.crosscheck", "hints")
    assert {f"proofs.engine.{n}" for n in decides} | {"pymodel.language.words", "pymodel.language.state"} <= engine
    everything = names(FORMULAS)
    assert engine | {"pymodel.hypervisor.devices", "proofs.theorems.promises.steps", "proofs.prove.keys"} <= everything
    assert {"proofs.search.scenarios.runs", "proofs.theorems.witnesses", "pymodel.platforms"} <= names(SCENARIOS)


# The whole package, copied and changed

TELL = """
import json, sys
from pathlib import Path
from proofs.prove.cache import Cache
from proofs.prove.keys import Keys
from proofs.prove.step_prover import Setup, StepProver
with Cache(Path(sys.argv[1]), sys.exit) as store:
    keys = Keys(StepProver(Setup("reference", 1000)), store)
    steps = {n: [k.subject, k.items] for n, k in keys.steps.items()}
    print(json.dumps({"base": keys.base, "scenarios": keys.scenarios, "decisions": keys.decisions, "steps": steps}))
"""


def told(folder: Path, cache: Path, first: str = "") -> dict[str, Any]:
    """Return the keys of the reference, as the package in a folder makes them, after something else was done there."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", first + TELL, str(cache)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any]]:
    """Return a copy of the package, a cache, and the keys that the copy makes."""
    folder = tmp_path_factory.mktemp("original")
    for package in ("pymodel", "proofs"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder, folder / "cache", told(folder, folder / "cache")


def edit(folder: Path, file: str, old: str, new: str) -> None:
    """Change a file of a copy."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def move_a_statement(folder: Path) -> None:
    """Move the promises about steps to a folder below."""
    home = folder / "proofs" / "theorems" / "promises"
    (home / "below").mkdir()
    (home / "below" / "__init__.py").write_text("", encoding="utf-8")
    (home / "steps.py").rename(home / "below" / "steps.py")
    new = "import reach, walks\nfrom proofs.theorems.promises.below import steps\n"
    for part, also in (("devices", ""), ("frames", "content, "), ("translation", "content, ")):
        old = f"import {also}reach, steps, walks\n"
        edit(folder, f"proofs/theorems/requirements/{part}.py", old, new.replace("reach", f"{also}reach"))


def move_and_break_a_statement(folder: Path) -> None:
    """Move them, and let one of them be false."""
    move_a_statement(folder)
    file = folder / "proofs" / "theorems" / "promises" / "below" / "steps.py"
    lines = file.read_text(encoding="utf-8").split("\n")
    begin = next(n for n, line in enumerate(lines) if line.startswith("def a_fault_is_reported_as_it_was("))
    lines.insert(begin + 2, "    return False")
    file.write_text("\n".join(lines), encoding="utf-8")


def nothing_but_remarks(folder: Path) -> None:
    """Change a docstring of the engine, one of the model and a remark."""
    edit(folder, "proofs/engine/query.py", '"""Questions:', '"""What is asked:')
    edit(folder, "pymodel/hypervisor/devices.py", '"""Invalidations', '"""The invalidations')
    edit(folder, "proofs/theorems/promises/steps.py", "from __future__", "# a remark\nfrom __future__")


def test_moved_and_edited_files_are_seen(original: tuple[Path, Path, dict[str, Any]], tmp_path: Path) -> None:
    """Each edit of the package changes the keys of what depends on it and no other, in one cache for all."""
    _, cache, usual = original

    def after(change: Callable[[Path], None]) -> dict[str, Any]:
        folder = tmp_path / change.__name__
        shutil.copytree(original[0], folder, ignore=shutil.ignore_patterns("cache"))
        change(folder)
        return told(folder, cache)

    def engine(folder: Path) -> None:
        edit(folder, "proofs/engine/query.py", "DEPTH, SHALLOW = 5, 2", "DEPTH, SHALLOW = 4, 2")

    assert after(nothing_but_remarks) == usual
    moved = after(move_a_statement)
    assert (moved["base"], moved["steps"], moved["decisions"]) == (usual["base"], usual["steps"], usual["decisions"])
    assert moved["scenarios"] != usual["scenarios"]
    broken = after(move_and_break_a_statement)
    for name, (subject, items) in usual["steps"].items():
        changed = {st for st in items if broken["steps"][name][1][st] != items[st]}
        assert (broken["steps"][name][0], changed) == (subject, {"a_fault_is_reported_as_it_was"} & set(items)), name
    other = after(engine)
    assert other["base"] != usual["base"]
    assert all(other["steps"][name][0] != usual["steps"][name][0] for name in usual["steps"])


def test_the_environment_is_seen(original: tuple[Path, Path, dict[str, Any]]) -> None:
    """What the text does not say, such as how wide the ids are this time, is in the keys, and not taken from the kept ones."""
    folder, cache, usual = original
    wider = told(folder, cache, "from proofs.bench.wider import widen\nwiden(2)\n")
    assert wider["scenarios"] != usual["scenarios"]
    assert all(wider["steps"][name][0] != usual["steps"][name][0] for name in usual["steps"])
    assert told(folder, cache) == usual


# Policies


def test_who_decides_and_how_long_are_seen(tmp_path: Path) -> None:
    """Another limit and another solver are another base."""
    with Cache(tmp_path, pytest.fail) as store:
        bases = [Keys(StepProver(setup), store).base for setup in (Setup("reference", 1), Setup("reference", 2))]
        bases.append(Keys(StepProver(Setup("reference", 1, ("z3", "cvc5"))), store).base)
        assert Keys(StepProver(Setup("reference", 1)), store).base == bases[0]
    assert None not in bases
    assert len(set(bases)) == 3


def first_of(name: str) -> StepProver:
    """Return a policy of which only its own statement is to be decided."""
    prover = StepProver(Setup(str(POLICIES / name), 60_000_000))
    prover.statements = [st for st in prover.statements if st.name == "no_frame_is_exempt"]
    return prover


def test_a_default_is_in_the_key(tmp_path: Path) -> None:
    """What was proved of one default is not believed of another: the second policy is not proved, with a cache and without."""
    said = {}
    for place in (tmp_path, None):
        with Cache(place, pytest.fail) as store:
            for name in ("stale_v1.py", "stale_v2.py", *(["stale_v1.py"] if place else [])):
                prover = first_of(name)
                keys = Keys(prover, store)
                found = known(prover, keys, DecidePowerOn())
                done = found if isinstance(found, Done) else found.run(prover)
                said[name, place is not None, done is found] = [o.verdict for o in done.obligations or ()]
                keep(keys, done)
    assert said == {
        ("stale_v1.py", True, False): ["proved"],
        ("stale_v2.py", True, False): ["cti"],
        ("stale_v1.py", True, True): ["proved"],
        ("stale_v1.py", False, False): ["proved"],
        ("stale_v2.py", False, False): ["cti"],
    }


def test_a_half_known_step_is_decided_for_the_rest(tmp_path: Path) -> None:
    """What is known of a step is not decided again; what is missing is, and then the whole is known."""
    with Cache(tmp_path, pytest.fail) as store:
        prover = StepProver(Setup("reference", 60_000_000))
        keys, task = Keys(prover, store), DecideStep("pin")
        whole = prover.step("pin")
        keys.keep("pin", whole[:-3])
        half = known(prover, keys, task)
        assert isinstance(half, DecideStep)
        assert [o.statement for o in half.held] == [o.statement for o in whole[:-3]]
        prover.induction.on_proof = lambda one, _number, _query: asked.append(one.statement)
        asked: list[str] = []
        found = prover.step("pin", half.held)
        assert [(o.statement, o.verdict) for o in found] == [(o.statement, o.verdict) for o in whole]
        assert set(asked) <= {o.statement for o in whole[-3:]}
        keys.keep("pin", found)
        again = known(prover, keys, task)
        assert isinstance(again, Done)
        assert [(o.statement, o.verdict) for o in again.obligations or ()] == [(o.statement, o.verdict) for o in whole]


# Types


def marked(names: int, default: bool) -> type:
    """Return a system that puts any of so many moods on a frame, and says that the mood is one of the first three."""
    mood: Any = type("Mood", (Choice,), {f"MOOD_{n}": Member() for n in range(names)})
    spot: Any = type("Spot", (Record,), {"__annotations__": {"mood": mood, "seen": bool}, "mood": mood.of(0), "seen": default})
    state = type("Spots", (State,), {"__annotations__": {"spot": Map[Frame, spot]}})

    def put(_self: Any, s: Any, frame: Frame, mood: Any) -> Any:
        return s.put("spot", frame, spot(mood=mood))

    def is_one_of_three(_self: Any, s: Any, frame: Frame) -> bool:
        return any_of(*(s.spot[frame].mood == mood.of(n) for n in range(3)))

    put.__annotations__ |= {"frame": Frame, "mood": mood}
    is_one_of_three.__annotations__["frame"] = Frame
    return type("System", (), {"State": state, "put": operation(put), "is_one_of_three": is_one_of_three})


def stated(system: Any) -> tuple[Induction, Statement]:
    """Return the induction over a system."""
    statement = describe_method(system.is_one_of_three)
    return Induction(system, [statement], [], Limits()), statement


def test_the_number_of_names_belongs_to_its_terms() -> None:
    """What was said of the names of one policy is not believed of another's whose types and fields are called alike."""
    forget()
    said = []
    for names in (3, 4, 3):
        system = marked(names, False)()
        induction, _ = stated(system)
        (step,) = steps_of(system)
        said.append([o.verdict for o in induction.step(step)])
    assert said == [["proved"], ["cti"], ["proved"]]


def test_types_and_defaults_are_in_the_keys() -> None:
    """Another number of names and another default change the keys of all that may depend on them, where no formula does."""

    def keys(names: int, default: bool) -> tuple[Any, ...]:
        system = marked(names, default)()
        induction, _ = stated(system)
        (step,) = steps_of(system)
        base, run = questions.assumed(induction, "base"), induction.explored(step)
        return base, questions.of_step(induction, base, run, run, []), questions.of_power_on(induction, "base", [], ())

    assert keys(3, False) == keys(3, False)
    for other in (keys(4, False), keys(3, True)):
        assert all(one != two for one, two in zip(keys(3, False), other, strict=True))


def test_each_formula_is_in_the_key_of_power_on() -> None:
    """The facts about a machine at power-on, and what a platform may choose, are in it."""
    induction = StepProver(Setup("reference", 1)).induction
    facts = CATALOGUE.at_power_on()
    key = functools.partial(questions.of_power_on, induction, "base")
    first = key(facts, boot.ARBITRARY)
    assert key(facts, boot.ARBITRARY) == first
    assert key(facts[1:], boot.ARBITRARY).subject != first.subject
    assert key(facts, boot.ARBITRARY[1:]).subject != first.subject
    assert set(first.items) == {st.name for st in induction.statements}


def test_every_obligation_of_the_reference_has_a_key(tmp_path: Path) -> None:
    """Each step has a key, with an item for each statement that is decided of it; so has each decision."""
    with Cache(tmp_path, pytest.fail) as store:
        prover = StepProver(Setup("reference", 1))
        keys = Keys(prover, store)
        assert set(keys.steps) == {POWER_ON, "every state", *prover.own}
        for task in all_tasks(prover.own)[1:]:
            assert not isinstance(task, RunWitnesses)
            assert set(task.asked(prover)) <= set(keys.steps[task.name].items)
        assert keys.decisions is not None
        assert set(keys.decisions.items) == set(decisions(Hypervisor()))
