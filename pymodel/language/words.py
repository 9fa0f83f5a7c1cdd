"""Words, the values that the model computes with.

A word is an unsigned number of a fixed width, as a register or a field of a table entry holds it. Its arithmetic is the
hardware's: it wraps. Frame numbers, page numbers, requester ids and so on are distinct types of word, and mixing two of
them raises `TypeError` (and is a type error for mypy).

The same class serves two readers. In a run of the model the value is an `int`. In a proof it is a `Term`; every operator
then builds a larger expression, and a comparison gives a `Truth`.

Not modelled: signed arithmetic except by name (`slt`, `sle`, `sext`), and division.

Read next: `pymodel.language.state`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeVar

from pymodel.language.truth import Term, Truth, build, leak, negate, truth

__all__ = ["CONCRETE", "Choice", "Member", "Word", "choose", "concat"]


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
        return self.of(build(op, width, a, b))

    def _compare(self, op: str, other: object) -> bool:
        a, b = self._v, self._operand(other)
        if a.__class__ is int and b.__class__ is int:
            return bool(CONCRETE[op](self.width, a, b))
        return truth(build(op, 0, a, b))

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
        return self.of(build("not", self.width, self._v))

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
        cut = build("extract", count, self._v, high, low)
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
        return into.of(build("sext", into.width, self._v))

    def _widened_from(self, count: int) -> Self:
        if count == self.width or self._v.__class__ is int:
            return self
        return self.of(build("zext", self.width, self._v))

    def __hash__(self) -> int:
        """Hash a number; refuse for a symbolic word."""
        if self._v.__class__ is int:
            return hash((self.__class__, self._v))
        return leak(self._v, f"hash() of a symbolic {type(self).__name__} (a dict key or set member?)")

    def __int__(self) -> int:
        """Return the number; refuse for a symbolic word."""
        if self._v.__class__ is int:
            return int(self._v)
        return leak(self._v, f"int() of a symbolic {type(self).__name__}")

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
        return leak(self._v, f"text of a symbolic {type(self).__name__}")


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

    def is_named(self) -> bool:
        """Say whether this is one of the names, whatever else it may stand for; arithmetic may lead out of the list."""
        count = len(self.names)
        if count == 1 << self.width:
            return True
        return bool(self._v < count if self._v.__class__ is int else self._v.is_below(count))

    def __repr__(self) -> str:
        """Show the name; refuse for a symbolic word."""
        if self._v.__class__ is int:
            return self.names[self._v]
        return leak(self._v, f"text of a symbolic {type(self).__name__}")


def choose(condition: bool, yes: W, no: W) -> W:
    """Return `yes` where the condition holds, `no` elsewhere, without a fork."""
    if not isinstance(condition, Truth):
        return yes if condition else no
    if yes.__class__ is not no.__class__:
        raise TypeError(f"choose between {type(yes).__name__} and {type(no).__name__}")
    return yes.of(build("ite", yes.width, condition.term, yes.raw, no.raw))


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
