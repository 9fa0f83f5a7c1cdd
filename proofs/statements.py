"""What a statement and a theorem are. Files in this package hold statements only; nothing here runs a solver."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pymodel.language.steps import hints_of

__all__ = [
    "CATALOGUE",
    "OF_ANSWERS",
    "OWN_AREA",
    "Area",
    "Kind",
    "Statement",
    "Theorem",
    "answer",
    "axiom",
    "boot_fact",
    "consequence",
    "describe_method",
    "refusal",
    "state",
    "step",
]


@dataclass(frozen=True)
class Area:
    """What some statements are about; a module of statements declares its own as `AREA`."""

    name: str
    promise: bool
    """Whether they are promises to a user; the others are what the proofs of promises rest on."""


#: The area of what a policy states of itself, and of whatever else declares none.
OWN_AREA = Area("own", promise=False)


class Kind(StrEnum):
    """What a statement speaks of, and how it is proved."""

    STATE = "state"
    """An invariant of one state: it holds at power-on, and each step keeps it."""
    CONSEQUENCE = "consequence"
    """Of one state: the invariants imply it, whatever the steps."""
    STEP = "step"
    """Of a step that was not refused: it also takes the name of the step, its arguments (a dict) and the state after it."""
    REFUSAL = "refusal"
    """Of a refused operation: it takes its name, its arguments and the reason for which it was refused."""
    ANSWER = "answer"
    """Of an operation's answer, on what it may depend: it takes the step's name, its arguments, the reason of the guard that reads
    (or none), part, field and key of a cell of the state, and says whether whoever asks sees it."""
    BOOT = "boot"
    """Of every machine at power-on."""
    AXIOM = "axiom"
    """Of what every platform is: it is assumed in every state, since no step changes it."""


#: The kinds that speak of what an operation answers; they are asked of a policy's own decisions alone.
OF_ANSWERS = (Kind.REFUSAL, Kind.ANSWER)


@dataclass(frozen=True)
class Statement:
    """A plain function of a state and some keys with a truth value; it must hold for all keys in every reachable state."""

    name: str
    kind: Kind
    function: Callable[..., Any]
    params: dict[str, type]
    doc: str
    file: str
    line: int
    area: Area
    told: Callable[[str, str], bool] = lambda _step, _part: False
    """For a statement about answers: whether what a step writes into a part of the state is told as its answer is."""

    @property
    def title(self) -> str:
        """Return the first line of its English, or its name if it has none."""
        return next(iter(self.doc.splitlines()), self.name.replace("_", " "))

    @property
    def of_one_state(self) -> bool:
        """Say whether it speaks of one state, and not of a step or a refusal."""
        return self.kind in (Kind.STATE, Kind.CONSEQUENCE, Kind.BOOT, Kind.AXIOM)


@dataclass(frozen=True)
class Theorem:
    """A promise with a stable ID: the statements that make it up, and what is not stated yet."""

    id: str
    layer: str
    title: str
    clauses: tuple[str, ...]
    assumes: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    mutants: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    argued: tuple[str, ...] = ()
    """What follows from the statements by an argument that no solver has seen, and where that stands."""
    weakened: tuple[str, ...] = ()
    """What hardware can do and no step of the model does, by name: of that it says nothing."""

    @property
    def area(self) -> str:
        """Return the part of the ID in front of the dash."""
        return self.id.split("-", maxsplit=1)[0]


@dataclass
class Catalogue:
    """Every statement and theorem, in the order of definition."""

    statements: dict[str, Statement] = field(default_factory=dict)
    boot: dict[str, Statement] = field(default_factory=dict)
    axioms: dict[str, Statement] = field(default_factory=dict)
    theorems: dict[str, Theorem] = field(default_factory=dict)

    @property
    def lemmas(self) -> frozenset[str]:
        """Return the invariants that no theorem cites: they are what proofs rest on, and may be done without."""
        cited = {clause for theorem in self.theorems.values() for clause in theorem.clauses}
        return frozenset(name for name, st in self.statements.items() if st.of_one_state and name not in cited)

    def at_power_on(self) -> list[Statement]:
        """Return what is assumed of every machine at power-on: the axioms about platforms, and the boot facts."""
        return [*self.axioms.values(), *self.boot.values()]

    def theorem(self, theorem: Theorem) -> Theorem:
        """Add a theorem; its clauses must be known statements."""
        missing = [c for c in theorem.clauses if c not in self.statements]
        if missing or theorem.id in self.theorems:
            raise ValueError(f"{theorem.id}: unknown clauses {missing} or defined twice")
        self.theorems[theorem.id] = theorem
        return theorem


CATALOGUE = Catalogue()


def describe_method(method: Callable[..., Any]) -> Statement:
    """Return the statement that a policy's own method `(self, s, keys...)` makes."""
    return replace(describe(method, Kind.STATE), area=OWN_AREA)


def describe(function: Callable[..., Any], kind: Kind) -> Statement:
    """Return the statement that a function makes: its keys are the annotated arguments after the state."""
    hints = hints_of(function)
    names = list(inspect.signature(function).parameters)
    skip = {Kind.STEP: 4, Kind.REFUSAL: 4, Kind.ANSWER: len(names)}.get(kind, 1)
    params = {n: hints[n] for n in names[skip:]}
    code = inspect.unwrap(function).__code__
    area = inspect.unwrap(getattr(function, "__func__", function)).__globals__.get("AREA", OWN_AREA)
    return Statement(
        function.__name__,
        kind,
        function,
        params,
        inspect.getdoc(function) or "",
        code.co_filename,
        code.co_firstlineno,
        area,
    )


def state(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare an invariant: a statement about one state that every step keeps."""
    CATALOGUE.statements[function.__name__] = describe(function, Kind.STATE)
    return function


def consequence(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare a statement about one state that the invariants imply."""
    CATALOGUE.statements[function.__name__] = describe(function, Kind.CONSEQUENCE)
    return function


def step(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare a statement `(before, name, arguments, after, keys...)` about one step that was not refused."""
    CATALOGUE.statements[function.__name__] = describe(function, Kind.STEP)
    return function


def refusal(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare a statement `(before, name, arguments, reason)` about an operation that was refused for that reason."""
    CATALOGUE.statements[function.__name__] = describe(function, Kind.REFUSAL)
    return function


def answer(told: Callable[[str, str], bool]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare what an answer may depend on: `(before, name, arguments, reason, part, field, key)` says that a cell is seen.

    `told` says of a step and a part of the state whether what is written there is told as well.
    """

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        CATALOGUE.statements[function.__name__] = replace(describe(function, Kind.ANSWER), told=told)
        return function

    return declare


def axiom(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare a fact about what every platform is: assumed in every state, since no step changes it."""
    CATALOGUE.axioms[function.__name__] = describe(function, Kind.AXIOM)
    return function


def boot_fact(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare a fact about every machine at power-on."""
    CATALOGUE.boot[function.__name__] = describe(function, Kind.BOOT)
    return function
