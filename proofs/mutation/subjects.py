"""Mutants of what proves and of what loads: one thing is changed in its text, and its own tests must notice.

The engine's tests are small systems with known verdicts, and its paths compared with runs; those of the language of policies are
texts that load or are refused. A mutant that they do not notice survives; it is explained in `SUBJECT_survivors.json`, or the tests
lack a row. What is shown there to decide as before (`"equivalent": true`) is counted apart.

| kind | what is changed |
| --- | --- |
| condition | what an `if` or a comprehension asks is always so, or never |
| statement | a call for its effect, an assignment to a part of something, `continue`, `break` or `raise` is left out |
| part | one element of a list, a tuple, an `and` or an `or` is left out |
| comparison | `==` becomes `!=`, `<` becomes `<=`, `in` becomes `not in`, and the other way round |
| constant | 0 becomes 1, True becomes False, and the other way round; an answer of a solver becomes another one |
| quantifier | `all` becomes `any`, and the other way round |
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import os
import queue
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from proofs.mutation.survivors import Explained, load

__all__ = ["SUBJECTS", "TextMutant", "main", "mutants", "number"]

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Subject:
    """What is changed: a folder, the files in it that are left alone, and the tests that judge, quick ones first."""

    name: str
    folder: str
    apart: tuple[str, ...]
    tests: tuple[str, ...]
    near: tuple[tuple[str, str], ...] = ()
    """Tests that judge some files alone, before the others: how a file's path begins, and the test."""

    def judges(self, file: str | None) -> list[str]:
        """Return the tests that judge a change of a file (without one: all of them), quick ones first."""
        near = [test for begin, test in self.near if file is None or file.startswith(begin)]
        return [*dict.fromkeys(near), *self.tests]

    @property
    def root(self) -> Path:
        """Return the folder of its text."""
        return ROOT / self.folder

    @property
    def survivors(self) -> Path:
        """Return the file that explains survivors."""
        return Path(__file__).with_name(f"{self.name}_survivors.json")


#: Hints and limits cost time alone, and the second solvers are asked for nothing but a second opinion.
ENGINE = Subject(
    "engine",
    "proofs/engine",
    ("__init__.py", "hints.py", "limits.py", "crosscheck.py"),
    (
        *(f"tests/proofs/engine/test_{name}.py" for name in ("small_systems", "asking", "engine", "unknown")),
        *(f"tests/proofs/engine/test_{name}.py" for name in ("broken_engines", "second_look")),
        "tests/proofs/policies/test_random_programs.py::test_a_program_does_the_same_on_numbers_and_on_terms",
    ),
    tuple(
        (begin, f"tests/proofs/engine/test_{name}.py")
        for begin, names in (
            ("terms.py", ("terms", "operators")),
            ("substitution.py", ("terms", "operators", "concrete_maps")),
            ("maps.py", ("concrete_maps",)),
            ("instances.py", ("instances",)),
            ("answers/dependence", ("dependence",)),
            ("paths.py", ("own_place",)),
            ("digests.py", ("digests",)),
            ("keys/", ("digests",)),
            ("solvers/", ("export", "operators", "encodings")),
        )
        for name in names
    ),
)
#: The pages are what they print.
LANGUAGE = Subject(
    "language",
    "proofs/policies/language",
    ("__init__.py", "guide.py", "page.py"),
    tuple(f"tests/proofs/policies/test_{name}.py" for name in ("language", "deceptive", "loading")),
)
SUBJECTS = {subject.name: subject for subject in (ENGINE, LANGUAGE)}
#: A mutant that takes longer than this, in seconds, does not end; that is noticed.
PATIENCE = 180
#: As many of all may survive.
ENOUGH = 0.03
FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ANSWERS = {"unsat": "sat", "sat": "unsat", "unknown": "unsat"}


@dataclass(frozen=True)
class TextMutant:
    """One change: where, and what."""

    key: str
    file: str
    line: int
    change: str

    def text(self, root: Path) -> str:
        """Return the file's text with the change."""
        changes = _Changes(ast.parse((root / self.file).read_text(encoding="utf-8")), self.key.partition(":")[2])
        return next(text for *_, text in changes.every(changes.tree) if text)


class _Changes:
    """All changes of one file; each is made in the tree, written out, and taken back."""

    def __init__(self, tree: ast.Module, wanted: str = "") -> None:
        """Take a file's tree, and which change is to be written out."""
        self.tree, self.wanted = tree, wanted
        self.counts: dict[str, int] = {}

    def every(self, node: ast.AST, place: str = "") -> Iterator[tuple[str, int, str, str]]:
        """Yield key, line, change and, where it is wanted, text for each change below a node."""
        for name, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST):
                    continue
                inside = f"{place}.{child.name}" if isinstance(child, (ast.FunctionDef, ast.ClassDef)) else place
                if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                    continue  # a docstring
                if name in ("annotation", "returns", "bases", "decorator_list"):
                    continue  # types
                for kind, new in alternatives(child) if place else ():
                    yield self.told(inside, kind, node, name, child, new)
                yield from self.every(child, inside.lstrip("."))

    def told(self, place: str, kind: str, node: ast.AST, name: str, old: ast.AST, new: ast.AST) -> tuple[str, int, str, str]:  # noqa: PLR0913, PLR0917 - a change, and where
        """Return one change; what is wanted is made, and taken back."""
        label = f"{place.lstrip('.')}#{kind}"
        self.counts[label] = self.counts.get(label, 0) + 1
        key, before, text = f"{label}{self.counts[label]}", getattr(node, name), ""
        if key == self.wanted:
            setattr(node, name, [new if x is old else x for x in before] if isinstance(before, list) else new)
            text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(self.tree)))
            setattr(node, name, before)
        change = " ".join(f"{ast.unparse(old)} -> {ast.unparse(new)}".split())
        return key, getattr(old, "lineno", 0), change, text


def alternatives(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield what may stand in the place of a node, with the kind of the change."""
    for kind, of in (
        ("condition", conditions),
        ("statement", effects),
        ("part", parts),
        ("comparison", flips),
        ("constant", constants),
    ):
        yield from ((kind, other) for other in of(node))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("all", "any"):
        yield "quantifier", ast.Call(ast.Name("any" if node.func.id == "all" else "all", ast.Load()), node.args, node.keywords)


def conditions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield an `if` that is always taken, or never; a comprehension without a condition."""
    if isinstance(node, (ast.If, ast.IfExp)):
        for truth in (True, False):
            other = copy.copy(node)
            other.test = ast.Constant(truth)
            yield other
    if isinstance(node, ast.comprehension):
        for place in range(len(node.ifs)):
            yield ast.comprehension(node.target, node.iter, node.ifs[:place] + node.ifs[place + 1 :], node.is_async)


def effects(node: ast.AST) -> Iterator[ast.AST]:
    """Yield nothing in the place of what is done for its effect."""
    called = isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Yield, ast.YieldFrom))
    stored = isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Attribute, ast.Subscript))
    if called or stored or isinstance(node, (ast.Continue, ast.Break, ast.Raise, ast.AugAssign)):
        yield ast.Pass()


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a list, a tuple, an `and` or an `or` without one of its elements."""
    if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) > 1 and isinstance(node.ctx, ast.Load):
        for place in range(len(node.elts)):
            yield type(node)(node.elts[:place] + node.elts[place + 1 :], node.ctx)
    if isinstance(node, ast.BoolOp):
        for place in range(len(node.values)):
            left = node.values[:place] + node.values[place + 1 :]
            yield left[0] if len(left) == 1 else ast.BoolOp(node.op, left)


def flips(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a comparison turned round, and what a `not` denies."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in FLIPPED:
        yield ast.Compare(node.left, [FLIPPED[type(node.ops[0])]()], node.comparators)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand


def constants(node: ast.AST) -> Iterator[ast.AST]:
    """Yield 1 for 0, False for True, and so on."""
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int) and value in (0, 1):
        yield ast.Constant(1 - value)
    elif isinstance(value, str) and value in ANSWERS:
        yield ast.Constant(ANSWERS[value])


def explanations(subject: Subject) -> dict[str, Explained]:
    """Return what is known of a subject's survivors, by key."""
    return load(subject.survivors) if subject.survivors.exists() else {}


def mutants(root: Path, apart: Sequence[str] = ()) -> list[TextMutant]:
    """Return every mutant of the text in a folder, in order."""
    out = []
    for path in sorted(root.rglob("*.py")):
        if path.name in apart:
            continue
        name = str(path.relative_to(root))
        changes = _Changes(ast.parse(path.read_text(encoding="utf-8")))
        out += [TextMutant(f"{name}:{key}", name, line, what) for key, line, what, _ in changes.every(changes.tree)]
    return out


def workplace(folder: Path) -> Path:
    """Copy what the tests need into a folder."""
    for name in ("proofs", "pymodel", "tests", "spec"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def judged(subject: Subject, mutant: TextMutant | None, folder: Path) -> tuple[str, str, float]:
    """Run the tests on a mutant (or on the text as it is): killed, survived or endless, by which test, in how many seconds."""
    began, path = time.monotonic(), folder / subject.folder / (mutant.file if mutant else "__init__.py")
    usual = path.read_text(encoding="utf-8")
    if mutant is not None:
        path.write_text(mutant.text(subject.root), encoding="utf-8")
    how_to = "-m pytest -x -q --no-header -p no:cacheprovider -p no:randomly -n 0"
    command = [sys.executable, *how_to.split(), *subject.judges(mutant.file if mutant else None)]
    own = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / ".h")}
    how = {"cwd": folder, "env": os.environ | own, "capture_output": True, "text": True, "timeout": PATIENCE, "check": False}
    try:
        done = subprocess.run(command, **how)  # type: ignore[call-overload] # noqa: S603, PLW1510 - our own tests
    except subprocess.TimeoutExpired:
        return "endless", "", time.monotonic() - began
    finally:
        path.write_text(usual, encoding="utf-8")
    failed = next((line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), "")
    outcome = "survived" if done.returncode == 0 else "killed"
    return outcome, failed.partition(" - ")[0].removeprefix("FAILED "), time.monotonic() - began


def number(text: str) -> int:
    """Read a number of at least 1."""
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def parser(subject: Subject) -> argparse.ArgumentParser:
    """Return the command line."""
    out = argparse.ArgumentParser(f"python -m proofs.mutation {subject.name}", None, __doc__)
    out.formatter_class = argparse.RawDescriptionHelpFormatter
    out.add_argument("--sample", metavar="N", type=number, default=300, help="so many, drawn (300)")
    out.add_argument("--seed", metavar="S", type=int, help="what the drawing begins with; a fresh one if left out")
    out.add_argument("--only", metavar="KEY", action="append", help="this mutant; repeatable")
    out.add_argument("--list", action="store_true", help="list the mutants and judge none")
    out.add_argument("--json", metavar="FILE", type=Path, help="write what became of each")
    out.add_argument("--jobs", metavar="N", type=number, default=os.cpu_count() or 1, help="processes at once")
    return out


def drawn(subject: Subject, wish: argparse.Namespace) -> list[TextMutant]:
    """Return the mutants that are asked for."""
    every = mutants(subject.root, subject.apart)
    if wish.only:
        return [m for m in every if m.key in wish.only]
    seed = secrets.randbelow(1 << 32) if wish.seed is None else wish.seed
    if not wish.list:
        sys.stdout.write(f"{wish.sample} of {len(every)} mutants, seed {seed}\n")
        every = random.Random(seed).sample(every, min(wish.sample, len(every)))  # noqa: S311 - a drawing
    return every


def judge_all(subject: Subject, chosen: list[TextMutant], jobs: int) -> Iterator[tuple[TextMutant, tuple[str, str, float]]]:
    """Yield what becomes of each mutant, as it comes; nothing if they are many and the tests fail on the text as it is."""
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(jobs) as pool:
        places: queue.Queue[Path] = queue.Queue()
        for n in range(jobs):
            places.put(workplace(Path(scratch) / str(n)))
        if len(chosen) > jobs and judged(subject, None, places.queue[0])[0] != "survived":
            return

        def judge(mutant: TextMutant) -> tuple[TextMutant, tuple[str, str, float]]:
            place = places.get()
            try:
                return mutant, judged(subject, mutant, place)
            finally:
                places.put(place)

        yield from (done.result() for done in as_completed([pool.submit(judge, mutant) for mutant in chosen]))


def main(name: str, arguments: Sequence[str]) -> int:
    """Judge mutants of a subject: 0 if fewer than 3 in 100 survive, each explained; 1 if not; 2 for wrong input."""
    subject = SUBJECTS[name]
    wish = parser(subject).parse_args(arguments)
    if not (ROOT / subject.tests[0]).exists():
        sys.stderr.write("the tests are not here: this command runs in a checkout\n")
        return 2
    chosen = drawn(subject, wish)
    if wish.list or not chosen:
        sys.stdout.writelines(f"{m.key}  {m.file}:{m.line}  {m.change}\n" for m in chosen)
        return 0 if chosen else 2
    explained = explanations(subject)
    told: list[dict[str, str]] = []
    for mutant, (outcome, by, seconds) in judge_all(subject, chosen, wish.jobs):
        known = explained.get(mutant.key)
        why = known.why if known and known.change == mutant.change else ""
        if outcome == "survived" and known and why and known.equivalent:
            outcome = "equivalent"  # noqa: PLW2901 - what it is counted as
        told.append({"key": mutant.key, "change": mutant.change, "outcome": outcome, "by": by, "why": why})
        if outcome == "survived":
            place = f"{mutant.file}:{mutant.line}  {seconds:.1f} s"
            sys.stdout.write(f"survived  {mutant.key}  {place}\n    {mutant.change}\n    {why}\n")
            sys.stdout.flush()
    if not told:
        sys.stderr.write("the tests fail on the text as it is\n")
        return 2
    if wish.json:
        wish.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return summed_up(told)


def summed_up(told: list[dict[str, str]]) -> int:
    """Print the figures and return the exit code."""
    counts = {name: sum(t["outcome"] == name for t in told) for name in ("killed", "endless", "equivalent", "survived")}
    rate = counts["survived"] / max(1, len(told) - counts["equivalent"])
    sys.stdout.write(f"{len(told)} mutants: {', '.join(f'{n} {name}' for name, n in counts.items())}; {rate:.1%} survive\n")
    return int(rate >= ENOUGH or any(t["outcome"] == "survived" and not t["why"] for t in told))
