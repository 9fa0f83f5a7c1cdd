"""TLA+ values and states as TLC prints them, read with a grammar into the JSON of ITF that Apalache writes by itself."""

from __future__ import annotations

import functools
from typing import Any

from lark import Lark, Transformer, UnexpectedInput

__all__ = ["ValueTextError", "parse_state", "parse_value"]

#: How TLC prints what is no finite value; kept as text.
SETS_OF_TLA = ("Nat", "Int", "Real", "Infinity", "STRING", "BOOLEAN")

GRAMMAR = r"""
state: (conjunct+ | assignment)
conjunct: "/\\" assignment
assignment: NAME "=" value
?value: atom | interval
interval: INTEGER ".." INTEGER
?atom: INTEGER -> integer
     | STRING -> string
     | "TRUE" -> true
     | "FALSE" -> false
     | NAME -> model_value
     | "{" [value ("," value)*] "}" -> set_of
     | "<<" [value ("," value)*] ">>" -> tuple_of
     | "[" field ("," field)* "]" -> record
     | "(" pair ("@@" pair)* ")" -> function
field: NAME "|->" value
pair: value ":>" value
NAME: /[A-Za-z0-9_]*[A-Za-z_][A-Za-z0-9_!]*/
INTEGER: /-?[0-9]+(?![A-Za-z0-9_])/
STRING: /"(\\.|[^"\\])*"/s
%ignore /\s+/
"""

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}


class ValueTextError(ValueError):
    """A text that is no TLA+ value as TLC prints it."""


def _unescape(quoted: str) -> str:
    """Return what a TLA+ string literal stands for."""
    inner = iter(quoted[1:-1])
    return "".join(_ESCAPES.get(following := next(inner), following) if c == "\\" else c for c in inner)


class _Builder(Transformer[Any, Any]):
    """Builds ITF JSON from a parse tree."""

    def state(self, found: list[Any]) -> dict[str, Any]:
        """Collect variables."""
        return dict(found)

    def conjunct(self, found: list[Any]) -> tuple[str, Any]:
        """Leave out the bullet."""
        pair: tuple[str, Any] = found[0]
        return pair

    def assignment(self, found: list[Any]) -> tuple[str, Any]:
        """Give a variable its value."""
        return str(found[0]), found[1]

    def integer(self, found: list[Any]) -> dict[str, str]:
        """Write an integer of any size."""
        return {"#bigint": str(int(found[0]))}

    def interval(self, found: list[Any]) -> dict[str, Any]:
        """Write an interval as the set that it is."""
        return {"#set": [{"#bigint": str(n)} for n in range(int(found[0]), int(found[1]) + 1)]}

    def string(self, found: list[Any]) -> str:
        """Write a string."""
        return _unescape(str(found[0]))

    def true(self, _found: list[Any]) -> bool:
        """Write TRUE."""
        return True

    def false(self, _found: list[Any]) -> bool:
        """Write FALSE."""
        return False

    def model_value(self, found: list[Any]) -> dict[str, str] | str:
        """Write a model value by its name."""
        name = str(found[0])
        return {"#unserializable": name} if name in SETS_OF_TLA else name

    def set_of(self, found: list[Any]) -> dict[str, Any]:
        """Write a set."""
        return {"#set": [item for item in found if item is not None]}

    def tuple_of(self, found: list[Any]) -> dict[str, Any]:
        """Write a tuple, or a sequence: TLC prints them alike."""
        return {"#tup": [item for item in found if item is not None]}

    def field(self, found: list[Any]) -> tuple[str, Any]:
        """Give a field its value."""
        return str(found[0]), found[1]

    def record(self, found: list[Any]) -> dict[str, Any]:
        """Write a record."""
        return dict(found)

    def pair(self, found: list[Any]) -> list[Any]:
        """Give an argument its value."""
        return [found[0], found[1]]

    def function(self, found: list[Any]) -> dict[str, Any]:
        """Write a function."""
        return {"#map": found}


@functools.cache
def _parser(start: str) -> Lark:
    return Lark(GRAMMAR, start=start, parser="lalr", transformer=_Builder())


def _parse(start: str, source: str) -> Any:
    try:
        return _parser(start).parse(source)
    except UnexpectedInput as error:
        place = f"line {error.line}, column {error.column}"
        raise ValueTextError(f"not a TLA+ {start} as TLC prints it ({place}): {source.strip()[:200]!r}") from error


def parse_value(source: str) -> Any:
    """Return a value that TLC printed, as ITF JSON."""
    return _parse("value", source)


def parse_state(source: str) -> dict[str, Any]:
    r"""Return the variables of a state that TLC printed as `/\ x = 1 /\ y = {}`, each as ITF JSON."""
    found: dict[str, Any] = _parse("state", source)
    return found
