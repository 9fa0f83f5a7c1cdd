"""Two runs side by side, the policy's and the reference's, up to where they first differ; and the policy's lines there."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from proofs.policies import LoadedPolicy
from proofs.report.refutation.cells import Cell, at, changed, noting
from proofs.search.power_on import usual_machine
from proofs.search.replaying import Replayed, Step, outcome, place_of_refusal
from pymodel.language.outcomes import Reason
from pymodel.language.state import AUTHORITY, HARDWARE, PLATFORM
from pymodel.machine import Hypervisor, steps

__all__ = ["Answer", "Difference", "Lines", "first_difference", "lines_of"]

#: Whose fields count as a difference: how a policy keeps its books is its own affair.
COUNTS = (AUTHORITY, HARDWARE, PLATFORM)


@dataclass
class Answer:
    """An answer that a policy's decision gave, and what the reference answers."""

    name: str
    arguments: dict[str, Any]
    answer: Any
    usual: Any
    file: str
    line: int
    reads: list[Cell]


@dataclass
class Lines:
    """The policy's own lines that ran in one step."""

    answers: list[Answer] = field(default_factory=list)
    """The decisions that answer otherwise than the reference."""
    last: tuple[str, int, str] | None = None
    """Where the policy's own code was last, and in which function; if a cell is looked for, where that was written."""


@dataclass
class Difference:
    """The first step at which a policy differs from the reference."""

    number: int
    refuses: Reason | None = None
    """Why the reference refuses it."""
    accepts: bool = False
    """Whether the reference takes the step, which the policy refuses."""
    unknown: bool = False
    """Whether the reference has no such step."""
    cells: list[Cell] = field(default_factory=list)
    """Where the reference leaves something else."""
    usual: Any = None
    """The state that the reference leaves."""
    file: str = ""
    line: int = 0
    """Where the reference refuses."""


def first_difference(result: Replayed) -> tuple[Difference | None, Difference | None]:
    """Run the same steps under the reference, and return the first at which the two differ in more than their books, if any does.

    The other one is the first at which their books differ, if that comes before.
    """
    known = {t.name: t for t in steps(Hypervisor())}
    state: Any = usual_machine(result.trace, Hypervisor.State)
    weak: Difference | None = None
    apart: list[Cell] = []
    for number, step in enumerate(result.taken, 1):
        usual = known.get(step.transition.name)
        if usual is None or usual.params != step.transition.params:
            here = Difference(number, unknown=True, cells=matter(step.before, step.after), usual=step.before)
            if here.cells:
                return here, weak
            continue
        after, refused = outcome(usual, state, step.typed)
        if refused is not None and step.reason is None:
            return Difference(number, refused.reason, False, False, [], state, *place_of_refusal(refused)), weak
        if refused is None and step.reason is not None:
            return Difference(number, accepts=True, usual=after), weak
        if refused is not None:
            continue
        near = dict.fromkeys([*apart, *matter(step.before, step.after), *changed(state, after)])
        apart = differ = [cell for cell in near if at(after, cell) != at(step.after, cell)]
        strong = [cell for cell in differ if counts(after, step.after, cell)]
        if strong:
            return Difference(number, cells=strong, usual=after), weak
        if differ and weak is None:
            weak = Difference(number, cells=differ, usual=after)
        state = after
    return weak, None


def matter(before: Any, after: Any) -> list[Cell]:
    """Return the cells of the machine that a step changed."""
    known = Hypervisor.State.shapes()
    return [cell for cell in changed(before, after) if cell.part in known]


def counts(one: Any, other: Any, cell: Cell) -> bool:
    """Say whether a cell differs in more than bookkeeping."""
    a, b = at(one, cell), at(other, cell)
    return any(getattr(a, name) != getattr(b, name) for name, whose in a.owners().items() if whose in COUNTS)


def lines_of(step: Step, policy: LoadedPolicy, cells: list[Cell]) -> Lines:
    """Take a step again and watch the policy's own lines; `cells` are looked for in the states that they make."""
    watch = _Watch(policy, cells, step)
    with noting() as watch.seen:
        before = sys.gettrace()
        sys.settrace(watch.called)
        try:
            outcome(step.transition, step.before, step.typed)
        finally:
            sys.settrace(before)
    return watch.lines


class _Watch:
    """Follows the frames of a policy's own files."""

    def __init__(self, policy: LoadedPolicy, cells: list[Cell], step: Step) -> None:
        self.files, self.cells, self.step = set(policy.files), cells, step
        self.seen: list[Cell] = []
        self.lines, self.found = Lines(), False
        self.begun: dict[FrameType, tuple[dict[str, Any], int, int]] = {}

    def called(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        """Begin to follow a frame, if it is the policy's."""
        if frame.f_code.co_filename not in self.files or frame.f_code.co_name.startswith("<"):
            return None
        self.begun[frame] = (dict(frame.f_locals), len(self.seen), frame.f_lineno)
        return self.followed

    def followed(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Take note of a line that is about to run, or of what a function returns."""
        given, reads, line = self.begun[frame]
        code = frame.f_code
        values = [*frame.f_locals.values(), *([arg] if event == "return" else [])]
        self.wrote(code.co_filename, line, code.co_name, values)
        self.begun[frame] = (given, reads, frame.f_lineno)
        if event == "return":
            del self.begun[frame]
            self.answered(code, given, reads, frame.f_lineno, arg)
        return self.followed

    def wrote(self, file: str, line: int, name: str, values: list[Any]) -> None:
        """Note the line that ran, up to the one that wrote the first of the cells."""
        if self.found:
            return
        self.lines.last = (file, line, name)
        kind = type(self.step.after)
        for value in values:
            if value.__class__ is kind and any(self.is_written(value, cell) for cell in self.cells):
                self.found = True

    def is_written(self, state: Any, cell: Cell) -> bool:
        """Say whether a state has at a cell what the step leaves there, and had not before."""
        left = at(self.step.after, cell)
        return bool(at(state, cell) == left) and not bool(at(self.step.before, cell) == left)

    def answered(self, code: Any, given: dict[str, Any], reads: int, line: int, answer: Any) -> None:
        """Compare the answer of a decision with the reference's."""
        usual = getattr(Hypervisor, code.co_name, None)
        if not getattr(usual, "__decision__", "") or answer is None or usual is None:
            return
        names = list(inspect.signature(usual).parameters)
        arguments = [given[name] for name in code.co_varnames[1 : code.co_argcount]]
        cells = list(dict.fromkeys(self.seen[reads:]))
        try:
            other = usual(Hypervisor(), *arguments)
        except Exception:  # noqa: BLE001 - what the reference cannot say is no difference
            return
        if other != answer:
            named = dict(zip(names[2:], arguments[1:], strict=True))
            self.lines.answers.append(Answer(code.co_name, named, answer, other, code.co_filename, line, cells))
