"""What there is to tell of a run that breaks something: which steps matter, what contradicts the promise, and what was set up."""

from __future__ import annotations

import linecache
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from proofs.policies import LoadedPolicy, load
from proofs.policies.files import shown_place
from proofs.policies.policy_statements import OWN, stated
from proofs.report.refutation.cells import Cell, at, changed, contradicting, noting, reads_of
from proofs.report.refutation.cells import holds as still_holds
from proofs.report.refutation.records import fields_of, is_record, owner_of, values_of, words_of
from proofs.report.refutation.roles import NAMES, Roles, spans
from proofs.report.refutation.sides import Difference, Lines, first_difference, lines_of
from proofs.search.concrete import Checker
from proofs.search.replaying import Replayed, Step, place_of_refusal, replay
from proofs.statements import Statement
from proofs.theorems import CATALOGUE
from proofs.theorems.operations.contract import ACCOUNT_PARTS
from proofs.traces import Trace
from pymodel.hardware.ids import Vm
from pymodel.hypervisor.ids import Space
from pymodel.language.state import AUTHORITY, BOOKKEEPING, GHOST, MapShape
from pymodel.language.words import Choice

__all__ = ["Told", "ToldStep", "tell", "whose"]

#: Steps that are shown, and changes of one step.
SHOWN, CHANGES = 10, 4
#: Cells that are named as those that contradict the promise.
NAMED = 4


@dataclass
class ToldStep:
    """A step that is shown."""

    number: int
    actor: str
    call: str
    gap: str = ""
    """What is left out in front of it, if that is one step over and over."""
    changes: list[str] = field(default_factory=list)
    refused: str = ""
    differs: str = ""
    """How the reference differs at this step, if this is the first at which it does."""
    breaks: list[str] = field(default_factory=list)


@dataclass
class Told:
    """A run in words."""

    trace: Trace
    steps: int
    """How many it has."""
    statement: str = ""
    promise: str = ""
    theorems: list[str] = field(default_factory=list)
    """Which theorems the statement is a part of."""
    broken: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    """The policy's lines, each with what it did there."""
    by: str = ""
    """The step that breaks it."""
    cells: str = ""
    """What contradicts the promise."""
    why: str = ""
    setup: str = ""
    folded: int = 0
    machine: list[str] = field(default_factory=list)
    """The cells of the run's own machine at power-on."""
    shown: list[ToldStep] = field(default_factory=list)
    legend: str = ""
    file: str = ""
    line: int = 0
    """The first of the policy's lines."""
    result: Replayed | None = None
    """The run as it was taken."""


def whose(name: str) -> list[str]:
    """Return which theorems a statement is a part of; one that is in none is the policy's own, or a lemma."""
    found = [t.id for t in CATALOGUE.theorems.values() if name in t.clauses]
    return found or ([] if name in CATALOGUE.statements else [OWN])


def tell(trace: Trace, policy: LoadedPolicy | None = None, replayed: Replayed | None = None) -> Told:
    """Run a trace, and say what there is to say of it."""
    loaded = policy or load(trace.policy)
    return _Telling(replayed or replay(trace, loaded, details=False), loaded).told()


class _Telling:
    """One run, as it is looked at."""

    def __init__(self, result: Replayed, policy: LoadedPolicy) -> None:
        self.result, self.policy, self.taken = result, policy, result.taken
        self.roles = Roles()
        self.writes = [changed(step.before, step.after) for step in self.taken]
        self.difference, self.books = first_difference(result)
        self.last = self.breaking()
        self.machine = [self.cell(cell, result.first) for cell in own_cells(result)]
        for step in self.taken:  # roles are given in the order of the run
            self.roles.call(step.transition.name, step.typed)

    def breaking(self) -> int:
        """Return the number of the step at which the run's statement breaks, or the last; 0 where power-on does."""
        name = self.result.trace.statement
        if name in self.result.at_power_on:
            return 0
        return next((one.number for one in self.result.steps if name in one.broke), len(self.taken))

    def told(self) -> Told:
        """Say it."""
        result, trace = self.result, self.result.trace
        told = Told(trace, self.last, broken=list(result.broken), machine=self.machine, result=result)
        statement = self.most_specific()
        if statement is not None:
            told.statement, told.promise, told.theorems = statement.name, statement.title, whose(statement.name)
        elif told.broken:
            told.statement, told.promise = told.broken[0], told.broken[0].replace("_", " ")
        if not self.last:
            return self.at_power_on(told, statement)
        broke = self.taken[self.last - 1]
        told.by = f"step {self.last}, {self.roles.call(broke.transition.name, broke.typed)}" if result.broken else ""
        keys = self.keys(statement)
        cells = [] if statement is None or keys is None else contradicting(statement, broke, keys, self.earlier)
        cells = sorted(cells, key=self.since, reverse=True)[:NAMED]
        told.cells = self.sentence(cells)
        lines = self.lines()
        self.place(told, lines)
        told.why = self.why(lines)
        wanted = dict.fromkeys([*cells, *(cell for answer in lines.answers for cell in answer.reads)])
        reads = self.read_by(statement, keys, broke)
        self.show(told, wanted, reads)
        return told

    def at_power_on(self, told: Told, statement: Statement | None) -> Told:
        """Say it of a run that breaks something before its first step."""
        if statement is None or not told.broken:
            return told
        told.by = "power-on"
        keys = self.keys(statement)
        with noting() as seen:
            statement.function(self.result.first, *(keys or ()))
        told.cells = "; ".join(self.cell(cell, self.result.first) for cell in list(dict.fromkeys(seen))[:NAMED])
        told.why = "no step is taken: what is assumed of power-on allows such a machine"
        if statement.file in self.policy.files:
            told.file, told.line = statement.file, statement.line
            told.where = [f"{shown_place(statement.file, statement.line)}: in {statement.name}"]
        told.legend = self.roles.legend(" ".join([told.cells, *told.machine]))
        return told

    def cell(self, cell: Cell, state: Any) -> str:
        """Return a cell with what is in it, or with all of its fields where that is the default."""
        record = at(state, cell)
        usual = ", ".join(self.roles.labelled(name, getattr(record, name)) for name in record.fields())
        said = usual if record == record.default() else self.roles.record(record)
        return f"{self.roles.cell(cell.part, cell.key(state))} is {said}"

    # What broke

    def most_specific(self) -> Statement | None:
        """Return what to tell of all that breaks at the run's last step: a promise that few theorems cite."""
        known = stated(self.policy.instance())
        broke = self.result.steps[self.last - 1].broke if self.last else self.result.at_power_on
        found = [known[name] for name in broke if name in known]
        return min(found, key=lambda st: (st.name in CATALOGUE.lemmas, not st.area.promise, len(whose(st.name))), default=None)

    def keys(self, statement: Statement | None) -> tuple[Any, ...] | None:
        """Return the keys at which a statement fails at the step that breaks it."""
        if statement is None or not statement.params:
            return None if statement is None else ()
        trace, types = self.result.trace, list[Any](statement.params.values())
        if statement.name == trace.statement and len(trace.keys) == len(types):
            return tuple(kind.of(number) for kind, number in zip(types, trace.keys, strict=True))
        checker = Checker([statement], self.policy.cls.State)
        if not self.last:
            found = checker.broken(self.result.first)
            return next((tuple(keys) for _, keys in found), None)
        step = self.taken[self.last - 1]
        if statement.of_one_state:
            found = checker.broken(step.after, step.before)
        else:
            found = checker.broken_by(step.before, step.transition.name, step.typed, step.after)
        return next((tuple(keys) for _, keys in found), None)

    def earlier(self, cell: Cell) -> Any:
        """Return what was in a cell before the last step that changed it."""
        return next((at(self.taken[n - 1].before, cell) for n in [self.since(cell)] if n), at(self.taken[0].before, cell))

    def since(self, cell: Cell) -> int:
        """Return the number of the last step that changed a cell, up to the one that breaks the statement; 0 if none did."""
        return next((n for n in range(self.last, 0, -1) if cell in self.writes[n - 1]), 0)

    def sentence(self, cells: list[Cell]) -> str:
        """Return the cells that contradict the promise, the latest first, each with what is there and since when."""
        state = self.taken[self.last - 1].after
        parts = []
        for cell in cells:
            name, record, number = self.roles.cell(cell.part, cell.key(state)), at(state, cell), self.since(cell)
            told = self.roles.record(record)
            since = f" (since step {number})" if number else ""
            if told == "nothing" and number:
                told, since = "is empty", f" (step {number} cleared it; it was {self.roles.record(self.earlier(cell))})"
                parts.append(f"{name} {told}{since}")
            else:
                parts.append(f"{name} is {told}{since}")
        return "; ".join([*parts, *self.owners(cells, state)])

    def owners(self, cells: list[Cell], state: Any) -> list[str]:
        """Return whose each thing is that some cells are about."""
        things = {(word.__class__, word.raw): word for cell in cells for word in (*cell.key(state), *words_of(at(state, cell)))}
        of: dict[tuple[str, str], dict[str, None]] = {}
        for part, shape in state.shapes().items():
            kind = shape.keys[0] if isinstance(shape, MapShape) and len(shape.keys) == 1 else None
            if kind in (None, Vm) or shape.record.WHOSE is not AUTHORITY:
                continue
            for word in [word for (other, _), word in things.items() if other is kind]:
                record = getattr(state, part)[word]
                owner, kinds = owner_of(word, record), [repr(v) for v in values_of(record) if isinstance(v, Choice)]
                if owner is not None and Cell(part, (word.raw,)) not in cells:
                    note = f" ({', '.join(kinds)})" if kinds else ""
                    of.setdefault((self.roles.of(owner), note), {})[self.roles.of(word)] = None
        return [f"{spans(sorted(names))} {'is' if len(names) == 1 else 'are'} {who}'s{note}" for (who, note), names in of.items()]

    # Which of the policy's lines, and why

    def lines(self) -> Lines:
        """Return the policy's lines that ran at the first difference, or where the statement broke."""
        looked = [(d.number, d.cells) for d in (self.difference, self.books) if d is not None] or [(self.last, list[Cell]())]
        found = [lines_of(self.taken[number - 1], self.policy, cells) for number, cells in looked]
        return next((lines for lines in found if lines.last is not None), found[0])

    def place(self, told: Told, lines: Lines) -> None:
        """Note which of the policy's lines it was."""
        if lines.answers:
            for one in lines.answers[:2]:
                arguments = ", ".join(f"{n}={self.roles.of(word)}" for n, word in one.arguments.items() if not is_record(word))
                said = (
                    f"{one.name}({arguments}) answers {self.answer(one.answer)}; the reference's answers {self.answer(one.usual)}"
                )
                told.where.append(f"{shown_place(one.file, one.line)}: {said}")
            told.file, told.line = lines.answers[0].file, lines.answers[0].line
            return
        found = lines.last
        refused = self.taken[(self.difference.number if self.difference else self.last) - 1].refused
        if refused is not None and place_of_refusal(refused)[0] in self.policy.files:
            found = (*place_of_refusal(refused), found[2] if found else "")
        if found is not None:
            source = linecache.getline(*found[:2]).strip()
            told.where.append(f"{shown_place(*found[:2])}: in {found[2]}" + (f": `{source}`" if source else ""))
            told.file, told.line = found[:2]

    def answer(self, value: Any) -> str:
        """Return an answer in words."""
        return self.roles.record(value) if is_record(value) else self.roles.of(value)

    def why(self, lines: Lines) -> str:
        """Say how the reference differs."""
        difference = self.difference
        if difference is None:
            return "the reference takes the same steps, and does the same" if self.result.broken else ""
        asked = (
            f", where its {lines.answers[0].name} says no"
            if difference.refuses is not None and lines.answers and lines.answers[0].usual is False
            else ""
        )
        books = self.books
        first = f"at step {books.number} {self.reference_does(books)}; " if books is not None and books is not difference else ""
        return f"{first}at step {difference.number} {self.reference_does(difference)}{asked}"

    def reference_does(self, difference: Difference) -> str:
        """Say what the reference does instead."""
        step = self.taken[difference.number - 1]
        if difference.refuses is not None:
            return f"the reference refuses: {difference.refuses!r} ({shown_place(difference.file, difference.line)})"
        if difference.accepts:
            return f"the policy refuses for {step.reason!r}, and the reference does not refuse"
        cell = next((c for c in difference.cells if c.part not in ACCOUNT_PARTS), difference.cells[0])
        name = self.roles.cell(cell.part, cell.key(difference.usual))
        more = f" ({len(difference.cells) - 1} more cells differ)" if len(difference.cells) > 1 else ""
        here, there = self.both(at(step.after, cell), at(difference.usual, cell))
        if difference.unknown:
            return f"the reference has no such step, and this one leaves {name}: {here}{more}"
        return f"the reference leaves {name}: {there}; the policy: {here}{more}"

    def both(self, here: Any, there: Any) -> tuple[str, str]:
        """Return the fields in which two records differ, of the one and of the other."""
        fields = [name for name in here.fields() if getattr(here, name) != getattr(there, name)]
        one, other = (", ".join(self.roles.labelled(n, getattr(record, n)) for n in fields[:3]) for record in (here, there))
        return one, other

    # The run

    def read_by(self, statement: Statement | None, keys: tuple[Any, ...] | None, step: Step) -> list[Cell]:
        """Return the cells that the statement reads at the end."""
        if statement is None or keys is None:
            return []
        with noting() as seen:
            still_holds(statement, step, keys, step.before, step.after)
        return seen

    def chosen(self, wanted: Iterable[Cell], reads: Iterable[Cell]) -> tuple[list[int], dict[int, set[Cell]]]:
        """Return the steps to show, and for each step the cells that later ones of those that matter read."""
        needed, later, matter = set(wanted) | set(reads), dict[int, set[Cell]](), list[int]()
        must = {self.last, *(d.number for d in (self.difference, self.books) if d)}
        first = must | {self.since(cell) for cell in wanted} - {0}
        for number in range(self.last, 0, -1):
            later[number] = set(needed)
            if number in first or not needed.isdisjoint(self.writes[number - 1]):
                matter.append(number)
                needed |= set(reads_of(self.taken[number - 1]))
        chosen = must | set(sorted(first - must, reverse=True)[: SHOWN - len(must)])
        for number in matter:
            again = number < len(self.taken) and self.name(number) == self.name(number + 1)
            if len(chosen) < SHOWN and not again:  # of steps that repeat one another the last stands for all
                chosen.add(number)
        return sorted(chosen), later

    def name(self, number: int) -> str:
        """Return the name of a step."""
        return self.taken[number - 1].transition.name

    def gap(self, first: int, last: int) -> str:
        """Return what is left out between two steps that are shown."""
        names = {self.name(number) for number in range(first, last + 1)}
        count = last - first + 1
        return f"{next(iter(names))}, {count} times" if len(names) == 1 and count > 1 else ""

    def show(self, told: Told, wanted: Iterable[Cell], reads: list[Cell]) -> None:
        """Choose the steps that are shown, and say what was set up in the others."""
        numbers, later = self.chosen(wanted, reads)
        told.shown = [self.step(number, later[number]) for number in numbers]
        for before, one in zip([0, *numbers], told.shown, strict=False):
            one.gap = self.gap(before + 1, one.number - 1) if before and one.number > before + 1 else ""
        told.folded = self.last - len(numbers)
        fold = max((n for n in range(1, self.last + 1) if n not in numbers), default=0)
        told.setup = self.exists(self.taken[fold - 1].after) if fold else ""
        text = " ".join(
            [told.by, told.cells, told.why, *told.machine, *told.where, *(w for s in told.shown for w in (s.call, *s.changes))]
        )
        told.legend = self.roles.legend(text)

    def step(self, number: int, later: set[Cell]) -> ToldStep:
        """Return a step in words, with the changes that matter later."""
        step, one = self.taken[number - 1], self.result.steps[number - 1]
        out = ToldStep(number, one.actor, self.roles.call(step.transition.name, step.typed), refused=one.refused)
        told = [(cell in later, text) for cell in self.writes[number - 1] if (text := self.changed(step, cell))]
        out.changes = [text for matters, text in sorted(told, key=lambda pair: not pair[0])][:CHANGES]
        if number != self.last and any(matters for matters, _ in told):
            out.changes = [text for matters, text in told if matters][:CHANGES]
        if self.difference is not None and self.difference.number == number:
            out.differs = self.reference_does(self.difference)
        out.breaks = list(dict.fromkeys(theorem for name in one.broke for theorem in whose(name)))
        return out

    def changed(self, step: Step, cell: Cell) -> str:
        """Return what a step changed in a cell; nothing if it is bookkeeping."""
        if cell.part in ACCOUNT_PARTS:
            return ""
        text = self.roles.change(at(step.before, cell), at(step.after, cell), (GHOST, BOOKKEEPING))
        return f"{self.roles.cell(cell.part, cell.key(step.after))}: {text}" if text else ""

    def exists(self, state: Any) -> str:
        """Return what there is in a state and was not at power-on, by the VM that it belongs to."""
        start = self.taken[0].before
        of: dict[str, list[str]] = {}
        for part, shape in state.shapes().items():
            if (
                not isinstance(shape, MapShape)
                or len(shape.keys) != 1
                or shape.keys[0] not in NAMES
                or shape.record.WHOSE is not AUTHORITY
            ):
                continue
            found: dict[str, list[str]] = {}
            for (key,), record in getattr(state, part).items():
                if at(start, Cell(part, (key.raw,))) == record:
                    continue
                owner = key if isinstance(key, Vm) else owner_of(key, record)
                if owner is None:
                    continue
                spaces = [self.roles.of(word) for word in fields_of(record, Space)] if part != "space" else []
                note = (
                    f" ({record.life!r})"
                    if isinstance(key, Vm) and hasattr(record, "life")
                    else f" ({', '.join(spaces)})"
                    if spaces
                    else ""
                )
                if isinstance(key, Vm):
                    of.setdefault(self.roles.of(owner), []).insert(0, note.strip())
                else:
                    found.setdefault(self.roles.of(owner), []).append(self.roles.of(key) + note)
            for who, names in found.items():
                of.setdefault(who, []).append(spans(sorted(names, key=lambda n: (len(n), n))))
        return "; ".join(belongings(who, things) for who, things in of.items())


def own_cells(result: Replayed) -> list[Cell]:
    """Return the cells of a run's own machine that are not at their default."""
    return [] if result.trace.machine is None else changed(type(result.first)(), result.first)


def belongings(who: str, things: list[str]) -> str:
    """Return what a VM has; what stands in brackets is how it is itself."""
    note = things[0] if things[0].startswith("(") else ""
    rest = ", ".join(thing for thing in things if thing != note)
    return " ".join(part for part in (who, note, f"with {rest}" if rest else "") if part)
