"""Truth values, and the terms that stand for what a proof does not know.

In a run of the model a truth value is a `bool`. In a proof it may be a `Truth` around a `Term`, an opaque expression
supplied by the prover: asking for its truth asks the prover to follow both answers, and the functions at the end join
truth values without doing so. Nothing here knows what a solver is.

A symbolic value must not leak into a place where Python would silently decide for us: hashing it, turning it into an
`int` or a string, all raise `Leak`.

Read next: `pymodel.language.words`.
"""

from __future__ import annotations

from typing import NoReturn, cast

__all__ = ["Leak", "Signal", "Term", "Truth", "all_of", "any_of", "build", "implies", "leak", "negate", "truth"]


class Signal(BaseException):
    """The engine's own signals; derived from BaseException so that no policy's `except Exception` swallows one."""


class Leak(Signal):
    """A symbolic value reached a place where Python would have to know its number."""


class Term:
    """An expression that stands for a number or, with width 0, for a truth value; the prover supplies the subclass."""

    __slots__ = ()
    width: int

    @classmethod
    def build(cls, op: str, width: int, *args: Term | int) -> Term | int:
        """Return the expression `op(args)` of that width (0: a truth value), or a number if it folds to one."""
        raise NotImplementedError

    def decide(self) -> bool:
        """Follow one answer to this truth value now and the other one later."""
        raise NotImplementedError

    def is_below(self, count: int) -> bool:
        """Say whether this is one of the first `count` numbers whatever it stands for; False where that is not plain to see."""
        raise NotImplementedError

    def leak(self, how: str) -> NoReturn:
        """Refuse, and remember the refusal, when a program tries to look inside."""
        raise Leak(how)


class Truth:
    """A symbolic truth value; `bool()` of it follows both answers."""

    __slots__ = ("term",)

    def __init__(self, term: Term) -> None:
        """Wrap a term of width 0."""
        self.term = term

    def __bool__(self) -> bool:
        """Fork the run."""
        return self.term.decide()

    def __eq__(self, other: object) -> bool:
        """Say whether two truth values agree."""
        if not isinstance(other, (bool, Truth)):
            self.term.leak(f"a symbolic truth value compared with {type(other).__name__}")
        return truth(build("eq", 0, self.term, _raw(other)))

    def __ne__(self, other: object) -> bool:
        """Say whether two truth values differ."""
        return negate(self == other)

    def __and__(self, other: bool | Truth) -> bool:
        """Conjunction without a fork."""
        self._truth_only(other)
        return all_of(cast("bool", self), cast("bool", other))

    __rand__ = __and__

    def __or__(self, other: bool | Truth) -> bool:
        """Disjunction without a fork."""
        self._truth_only(other)
        return any_of(cast("bool", self), cast("bool", other))

    __ror__ = __or__

    def _truth_only(self, other: object) -> None:
        if not isinstance(other, (bool, Truth)):
            self.term.leak(f"a symbolic truth value joined with {type(other).__name__}")

    def _no_number(self, *_: object) -> NoReturn:
        """Refuse: what a bool offers as a number would be an exception here, and a program could catch it."""
        self.term.leak("arithmetic on a symbolic truth value")

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse: a bool may have that attribute."""
        self.term.leak(f"attribute {name!r} of a symbolic truth value")

    __lt__ = __le__ = __gt__ = __ge__ = _no_number
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _no_number
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _no_number
    __pow__ = __rpow__ = __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = __xor__ = __rxor__ = _no_number
    __neg__ = __pos__ = __abs__ = __invert__ = __round__ = __trunc__ = __floor__ = __ceil__ = __complex__ = _no_number

    def __hash__(self) -> int:  # noqa: PLE0309 - it raises
        """Refuse: a key must be a number."""
        self.term.leak("hash() of a symbolic truth value")

    def __repr__(self) -> str:
        """Refuse: a text must not depend on an unknown."""
        self.term.leak("text of a symbolic truth value")

    def __int__(self) -> int:
        """Refuse: arithmetic on truth values is not a word's."""
        self.term.leak("int() of a symbolic truth value")

    __index__ = __int__
    __float__ = __int__


def build(op: str, width: int, *args: Term | int) -> Term | int:
    """Build `op(args)` with the prover's class, found from the first argument that is a term."""
    for arg in args:
        if not isinstance(arg, int):
            return type(arg).build(op, width, *args)
    raise AssertionError("build needs a term")


def _raw(value: bool | Truth) -> Term | int:
    """Return the term, or 0 or 1, behind a truth value."""
    return value.term if isinstance(value, Truth) else int(value)


def truth(value: Term | int) -> bool:
    """Wrap a term of width 0; mypy is told bool, since that is what programs use it as."""
    if isinstance(value, int):
        return bool(value)
    return cast("bool", Truth(value))


def leak(term: Term, how: str) -> NoReturn:
    """Refuse, and say so to the type checker, whatever class of term the prover supplies."""
    term.leak(how)


def negate(condition: bool) -> bool:
    """Logical not, without a fork."""
    if isinstance(condition, Truth):
        return truth(build("not", 0, condition.term))
    return not condition


def all_of(*conditions: bool) -> bool:
    """Conjunction of conditions that are all evaluated, without a fork."""
    symbolic: list[Term | int] = []
    for c in conditions:
        if c is True:
            continue
        if isinstance(c, Truth):
            symbolic.append(c.term)
        elif not c:
            return False
    return truth(build("and", 0, *symbolic)) if symbolic else True


def any_of(*conditions: bool) -> bool:
    """Disjunction of conditions that are all evaluated, without a fork."""
    symbolic: list[Term | int] = []
    for c in conditions:
        if c is False:
            continue
        if isinstance(c, Truth):
            symbolic.append(c.term)
        elif c:
            return True
    return truth(build("or", 0, *symbolic)) if symbolic else False


def implies(premise: bool, conclusion: bool) -> bool:
    """If premise then conclusion, without a fork."""
    return any_of(negate(premise), conclusion)
