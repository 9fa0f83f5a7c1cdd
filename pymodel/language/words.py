"""Chapter 1: words, the values that the model computes with.

A word is an unsigned number of a fixed width, as a register or a field of a table entry holds it. Its arithmetic is the
hardware's: it wraps. Frame numbers, page numbers, requester ids and so on are distinct types of word, and mixing two of
them raises `TypeError` (and is a type error for mypy).

The same class serves two readers. In a run of the model the value is an `int`. In a proof it is a `Term`, an opaque
expression supplied by the prover; every operator then builds a larger expression, and asking for the truth of a
comparison asks the prover to follow both answers. Nothing here knows what a solver is.

A symbolic value must not leak into a place where Python would silently decide for us: hashing it, turning it into an
`int` or a string, all raise `Leak`.

Not modelled: signed arithmetic except by name (`slt`, `sle`, `sext`), and division.

Read next: `pymodel.language.state`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeVar, cast

__all__ = [
    "Choice",
    "Leak",
    "Member",
    "Signal",
    "Term",
    "Truth",
    "Word",
    "all_of",
    "any_of",
    "choose",
    "concat",
    "implies",
    "negate",
]


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
        return _truth(Term_build("eq", 0, self.term, truth_value(other)))

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


def Term_build(op: str, width: int, *args: Term | int) -> Term | int:  # noqa: N802 - reads as a static method of Term
    """Build `op(args)` with the prover's class, found from the first argument that is a term."""
    for arg in args:
        if not isinstance(arg, int):
            return type(arg).build(op, width, *args)
    raise AssertionError("Term_build needs a term")


def truth_value(value: bool | Truth) -> Term | int:
    """Return the term, or 0 or 1, behind a truth value."""
    return value.term if isinstance(value, Truth) else int(value)


def _truth(value: Term | int) -> bool:
    """Wrap a term of width 0; mypy is told bool, since that is what programs use it as."""
    if isinstance(value, int):
        return bool(value)
    return cast("bool", Truth(value))


def _leak(term: Term, how: str) -> NoReturn:
    term.leak(how)


def _mask(width: int) -> int:
    return (1 << width) - 1


def _signed(value: int, width: int) -> int:
    return value - (1 << width) if value >> (width - 1) else value


#: The concrete meaning of each operator on numbers; first argument is the width of the operands.
CONCRETE: dict[str, Callable[..., int]] = {
    "add": lambda w, a, b: (a + b) & _mask(w),
    "sub": lambda w, a, b: (a - b) & _mask(w),
    "mul": lambda w, a, b: (a * b) & _mask(w),
    "and": lambda _, a, b: a & b,
    "or": lambda _, a, b: a | b,
    "xor": lambda _, a, b: a ^ b,
    "not": lambda w, a: ~a & _mask(w),
    "shl": lambda w, a, b: (a << b) & _mask(w) if b < w else 0,
    "lshr": lambda w, a, b: a >> b if b < w else 0,
    "eq": lambda _, a, b: int(a == b),
    "ult": lambda _, a, b: int(a < b),
    "ule": lambda _, a, b: int(a <= b),
    "slt": lambda w, a, b: int(_signed(a, w) < _signed(b, w)),
    "sle": lambda w, a, b: int(_signed(a, w) <= _signed(b, w)),
}

W = TypeVar("W", bound="Word")


class Word:
    """An unsigned number of `width` bits; subclass with `class Frame(Word, width=44)`.

    Operators: `+ - * & | ^ ~ << >>` wrap at the width; `< <= > >=` compare unsigned; `==` and `!=` compare with the same
    type or with an int literal in range; `w[hi:lo]` cuts bits out as a plain number type of the caller's choice through
    `bits`. An int literal out of range raises `ValueError`, another type `TypeError`.
    """

    width: ClassVar[int] = 0
    __slots__ = ("_v",)
    _v: Any

    def __init_subclass__(cls, width: int | None = None) -> None:
        """Record the width of a new type of word."""
        super().__init_subclass__()
        if width is not None:
            cls.width = width

    def __init__(self, value: int = 0) -> None:
        """Make a concrete word; `value` must fit the width."""
        if value.__class__ is not int or not 0 <= value <= _mask(self.width):
            raise ValueError(f"{type(self).__name__} takes 0 .. 2^{self.width} - 1, not {value!r}")
        self._v = value

    @classmethod
    def of(cls, value: Term | int) -> Self:
        """Wrap a raw value (a number in range, or a term of this width) without checks."""
        word = cls.__new__(cls)
        word._v = value
        return word

    @classmethod
    def last(cls) -> Self:
        """Return the largest word of this type."""
        return cls(_mask(cls.width))

    @property
    def raw(self) -> Any:
        """Return the number or the term behind this word."""
        return self._v

    @property
    def is_concrete(self) -> bool:
        """Say whether this word is a number; for the engine and the reports, never for a model or a policy."""
        return self._v.__class__ is int

    def _operand(self, other: object) -> Any:
        if other.__class__ is self.__class__:
            return other._v
        if other.__class__ is int:
            if 0 <= other <= _mask(self.width):
                return other
            raise ValueError(f"{other} does not fit {type(self).__name__} ({self.width} bits)")
        raise TypeError(f"{type(self).__name__} mixed with {type(other).__name__}")

    def _binary(self, op: str, other: object) -> Self:
        a, b = self._v, self._operand(other)
        width = self.width
        if a.__class__ is int and b.__class__ is int:
            return self.of(CONCRETE[op](width, a, b))
        return self.of(Term_build(op, width, a, b))

    def _compare(self, op: str, other: object) -> bool:
        a, b = self._v, self._operand(other)
        if a.__class__ is int and b.__class__ is int:
            return bool(CONCRETE[op](self.width, a, b))
        return _truth(Term_build(op, 0, a, b))

    def __add__(self, other: Self | int) -> Self:
        """Add, wrapping."""
        return self._binary("add", other)

    def __sub__(self, other: Self | int) -> Self:
        """Subtract, wrapping."""
        return self._binary("sub", other)

    def __mul__(self, other: Self | int) -> Self:
        """Multiply, wrapping."""
        return self._binary("mul", other)

    def __and__(self, other: Self | int) -> Self:
        """Bitwise and."""
        return self._binary("and", other)

    def __or__(self, other: Self | int) -> Self:
        """Bitwise or."""
        return self._binary("or", other)

    def __xor__(self, other: Self | int) -> Self:
        """Bitwise exclusive or."""
        return self._binary("xor", other)

    def __lshift__(self, other: Self | int) -> Self:
        """Shift left; a count of the width or more gives 0."""
        return self._binary("shl", other)

    def __rshift__(self, other: Self | int) -> Self:
        """Shift right, filling with 0; a count of the width or more gives 0."""
        return self._binary("lshr", other)

    def __invert__(self) -> Self:
        """Flip every bit."""
        if self._v.__class__ is int:
            return self.of(CONCRETE["not"](self.width, self._v))
        return self.of(Term_build("not", self.width, self._v))

    def __eq__(self, other: object) -> bool:
        """Compare with the same type or an int literal in range."""
        if other.__class__ is self.__class__:
            a, b = self._v, other._v
            if a.__class__ is int and b.__class__ is int:
                return bool(a == b)
        return self._compare("eq", other)

    def __ne__(self, other: object) -> bool:
        """Compare with the same type or an int literal in range."""
        return negate(self == other)

    def __lt__(self, other: Self | int) -> bool:
        """Unsigned less than."""
        return self._compare("ult", other)

    def __le__(self, other: Self | int) -> bool:
        """Unsigned at most."""
        return self._compare("ule", other)

    def __gt__(self, other: Self | int) -> bool:
        """Unsigned greater than."""
        return negate(self._compare("ule", other))

    def __ge__(self, other: Self | int) -> bool:
        """Unsigned at least."""
        return negate(self._compare("ult", other))

    def slt(self, other: Self | int) -> bool:
        """Signed less than."""
        return self._compare("slt", other)

    def sle(self, other: Self | int) -> bool:
        """Signed at most."""
        return self._compare("sle", other)

    def add_overflows(self, other: Self | int) -> bool:
        """Say whether the sum would not fit; the caller refuses then."""
        return self + other < self

    def bits(self, high: int, low: int, into: type[W]) -> W:
        """Cut out bits high..low (inclusive, 0 is the lowest) as a word of type `into`, widened with zeros if needed."""
        count = high - low + 1
        if not (0 <= low <= high < self.width and count <= into.width):
            raise ValueError(f"bits {high}:{low} of {type(self).__name__} do not fit {into.__name__}")
        if self._v.__class__ is int:
            return into.of((self._v >> low) & _mask(count))
        cut = Term_build("extract", count, self._v, high, low)
        return into.of(cut)._widened_from(count)

    def to(self, into: type[W]) -> W:
        """Convert to another type of word: zero-extended, or cut to its low bits."""
        return self.bits(min(self.width, into.width) - 1, 0, into)

    def sext(self, into: type[W]) -> W:
        """Convert to a type at least as wide, repeating the sign bit."""
        if into.width < self.width:
            raise ValueError(f"{type(self).__name__} does not fit {into.__name__}")
        if self._v.__class__ is int:
            return into.of(_signed(self._v, self.width) & _mask(into.width))
        return into.of(Term_build("sext", into.width, self._v))

    def _widened_from(self, count: int) -> Self:
        if count == self.width or self._v.__class__ is int:
            return self
        return self.of(Term_build("zext", self.width, self._v))

    def __hash__(self) -> int:
        """Hash a number; refuse for a symbolic word."""
        if self._v.__class__ is int:
            return hash((self.__class__, self._v))
        return _leak(self._v, f"hash() of a symbolic {type(self).__name__} (a dict key or set member?)")

    def __int__(self) -> int:
        """Return the number; refuse for a symbolic word."""
        if self._v.__class__ is int:
            return int(self._v)
        return _leak(self._v, f"int() of a symbolic {type(self).__name__}")

    __index__ = __int__

    def __float__(self) -> float:
        """Return the number as a float; refuse for a symbolic word."""
        return float(int(self))

    def __bool__(self) -> bool:
        """Refuse: compare with 0 instead."""
        raise TypeError(f"a {type(self).__name__} is a number, not a truth value; compare it with 0")

    def __iter__(self) -> NoReturn:
        """Refuse: a word is not a sequence."""
        raise TypeError(f"a {type(self).__name__} is not iterable")

    def __repr__(self) -> str:
        """Show type and number; refuse for a symbolic word."""
        if self._v.__class__ is int:
            return f"{type(self).__name__}({self._v:#x})" if self._v > 9 else f"{type(self).__name__}({self._v})"
        return _leak(self._v, f"text of a symbolic {type(self).__name__}")


class Member:
    """A named value of a `Choice`, which stands in its place; numbers count from 0 in the order of definition."""

    __slots__ = ()

    def __set_name__(self, owner: type[Choice], name: str) -> None:
        """Take the next number."""
        owner._enrol(name)

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: type[W]) -> W:
            """Tell the type checker what stands in this one's place."""


class Choice(Word):
    """A word that is one of a closed list of names; define them as `NAME = Member()`."""

    __slots__ = ()
    names: ClassVar[list[str]] = []
    _values: ClassVar[list[Choice]] = []

    def __init_subclass__(cls, width: int | None = None) -> None:
        """Fix the width from the number of names."""
        del width
        super().__init_subclass__(width=max(1, (len(cls.names) - 1).bit_length()))
        cls._values = [cls.of(i) for i in range(len(cls.names))]
        for name, value in zip(cls.names, cls._values, strict=True):
            setattr(cls, name, value)

    @classmethod
    def _enrol(cls, name: str) -> None:
        if "names" not in cls.__dict__:
            cls.names = []
        cls.names.append(name)

    @classmethod
    def members(cls) -> list[Choice]:
        """Return the values in order."""
        return cls._values

    def __init__(self, value: int = 0) -> None:
        """Make the value with that number."""
        super().__init__(value)
        if value >= len(self.names):
            raise ValueError(f"{type(self).__name__} has {len(self.names)} values, not {value + 1}")

    def __repr__(self) -> str:
        """Show the name; refuse for a symbolic word."""
        if self._v.__class__ is int:
            return self.names[self._v]
        return _leak(self._v, f"text of a symbolic {type(self).__name__}")


def negate(condition: bool) -> bool:
    """Logical not, without a fork."""
    if isinstance(condition, Truth):
        return _truth(Term_build("not", 0, condition.term))
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
    return _truth(Term_build("and", 0, *symbolic)) if symbolic else True


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
    return _truth(Term_build("or", 0, *symbolic)) if symbolic else False


def implies(premise: bool, conclusion: bool) -> bool:
    """If premise then conclusion, without a fork."""
    return any_of(negate(premise), conclusion)


def choose(condition: bool, yes: W, no: W) -> W:
    """Return `yes` where the condition holds, `no` elsewhere, without a fork."""
    if not isinstance(condition, Truth):
        return yes if condition else no
    if yes.__class__ is not no.__class__:
        raise TypeError(f"choose between {type(yes).__name__} and {type(no).__name__}")
    return yes.of(Term_build("ite", yes.width, condition.term, yes.raw, no.raw))


def concat(into: type[W], *parts: Word) -> W:
    """Join words, highest first, into a type of exactly the sum of their widths."""
    total = sum(p.width for p in parts)
    if total != into.width:
        raise ValueError(f"{total} bits do not make a {into.__name__} ({into.width} bits)")
    if all(p.raw.__class__ is int for p in parts):
        value = 0
        for p in parts:
            value = value << p.width | p.raw
        return into.of(value)
    terms = [p.raw if p.raw.__class__ is not int else (p.raw, p.width) for p in parts]
    cls = next(type(p.raw) for p in parts if p.raw.__class__ is not int)
    return into.of(cls.build("concat", total, *terms))
