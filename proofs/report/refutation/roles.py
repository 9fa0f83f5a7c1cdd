"""Roles in place of numbers: a frame is F1 and a VM vmA, in the order in which a run names them; a legend says what they are."""

from __future__ import annotations

from itertools import islice, product
from string import ascii_uppercase
from typing import Any

from pymodel.hardware.ids import (
    HOST,
    HYPERVISOR,
    NO_RIGHTS,
    NOBODY,
    READ,
    WRITE,
    Cpu,
    Frame,
    Group,
    Request,
    Rid,
    Rights,
    Tag,
    Vcpu,
    Vm,
)
from pymodel.hypervisor.ids import Grant, Handle, Job, Pin, Space
from pymodel.language.state import BOOKKEEPING, GHOST, Owner, Record
from pymodel.language.words import Choice

__all__ = ["NAMES", "Roles", "spans"]

#: The words that are names of things, each with the beginning of its roles; all others are numbers.
NAMES: dict[type, str] = {
    Vm: "vm",
    Frame: "F",
    Space: "space",
    Grant: "grant",
    Handle: "handle",
    Pin: "pin",
    Job: "job",
    Cpu: "cpu",
    Vcpu: "vcpu",
    Rid: "dev",
    Group: "group",
    Tag: "tag",
    Request: "request",
}
#: The words of which 0 names nothing.
NONE_AT_ZERO = (Space, Grant, Handle, Pin, Job, Vcpu, Tag)
#: Who has a name of his own.
FIXED = {NOBODY.raw: "nobody", HYPERVISOR.raw: "the hypervisor", HOST.raw: "HOST"}
#: What each bit of a set of rights is called.
RIGHTS = ((READ, "R"), (WRITE, "W"), (Rights(4), "Xu"), (Rights(8), "Xs"))


class Roles:
    """The roles of one run's names, given as the names come."""

    def __init__(self) -> None:
        """Give none yet."""
        self.known: dict[type, dict[int, str]] = {}

    def of(self, word: Any) -> str:
        """Return what a reader calls a word: the role of a name, a choice or a set of rights by name, a number as it is."""
        kind = word.__class__
        if kind is bool:
            return "yes" if word else "no"
        if issubclass(kind, Choice):
            return repr(word)
        number = int(word.raw)
        if kind is Rights:
            return "".join(text for right, text in RIGHTS if right.within(word)) if word != NO_RIGHTS else "no rights"
        if kind not in NAMES:
            return f"{number:#x}" if number > 9 else str(number)
        if kind is Vm and number in FIXED:
            return FIXED[number]
        return "none" if number == 0 and kind in NONE_AT_ZERO else self._role(kind, number)

    def _role(self, kind: type, number: int) -> str:
        mine = self.known.setdefault(kind, {})
        if number not in mine:
            mine[number] = NAMES[kind] + (letters(len(mine)) if kind is Vm else str(len(mine) + 1))
        return mine[number]

    def labelled(self, name: str, word: Any) -> str:
        """Return a word with the name that it has as an argument or a field, unless it says by itself what it is."""
        kind = word.__class__
        if kind is bool:
            return name if word else f"not {name}"
        told = self.of(word)
        alone = issubclass(kind, Choice) or (name == kind.__name__.lower() and (kind in NAMES or kind is Rights))
        return told if alone and told != "none" else f"{name} {told}"

    def cell(self, part: str, key: tuple[Any, ...]) -> str:
        """Return the name of a cell of the state."""
        return f"{part}[{', '.join(self._key(word) for word in key)}]" if key else part

    def _key(self, word: Any) -> str:
        kind = word.__class__
        plain = kind in NAMES or issubclass(kind, Choice)
        return self.of(word) if plain else f"{KEYS.get(kind.__name__, kind.__name__.lower())} {self.of(word)}"

    def record(self, record: Record) -> str:
        """Return what a record says: the fields that are not at their default, no ghosts, and bookkeeping if that is all."""
        default, owners = record.default(), record.owners()
        fields = [n for n in record.fields() if owners[n] is not GHOST and getattr(record, n) != getattr(default, n)]
        fields = [n for n in fields if owners[n] is not BOOKKEEPING] or fields
        return ", ".join(self.labelled(n, getattr(record, n)) for n in fields) or "nothing"

    def change(self, old: Record, new: Record, hidden: tuple[Owner, ...] = (GHOST,)) -> str:
        """Return what changed from one record to another; nothing if that is hidden."""
        owners, default = old.owners(), old.default()
        fields = [n for n in old.fields() if getattr(old, n) != getattr(new, n) and owners[n] not in hidden]
        if not fields:
            return ""
        if new == default:
            return f"{self.record(old)} -> nothing"
        if old == default:
            return self.record(new)
        return ", ".join(self._field(n, getattr(old, n), getattr(new, n), getattr(default, n)) for n in fields)

    def _field(self, name: str, old: Any, new: Any, default: Any) -> str:
        if new.__class__ is bool or (old == default and not isinstance(new, Choice)):
            return self.labelled(name, new)
        if new == default and new.__class__ in NAMES and new.__class__ is not Vm:
            return f"{name} {self.of(old)} -> none"
        return f"{name} {self.of(old)} -> {self.of(new)}"

    def call(self, name: str, typed: dict[str, Any]) -> str:
        """Return a step with its arguments."""
        return f"{name}({', '.join(self.labelled(n, word) for n, word in typed.items())})"

    def legend(self, text: str) -> str:
        """Return what the roles that a text mentions stand for."""
        found = [(role, f"{role} = {number:#x}") for mine in self.known.values() for number, role in mine.items()]
        words = set(text.translate(str.maketrans("[](),:;-", "        ")).split())
        return ", ".join(told for role, told in found if role in words)


#: What the numbers in a cell's key are called, where the type's own name is long.
KEYS = {"VirtualPage": "va", "Index": "slot"}


def letters(number: int) -> str:
    """Return A for 0, Z for 25, AA for 26."""
    return "".join(next(islice(product(ascii_uppercase, repeat=2), number - 26, None))) if number > 25 else ascii_uppercase[number]


def spans(roles: list[str]) -> str:
    """Return roles as a list, with those that follow one another as a span: F2-F5."""
    out: list[list[str]] = []
    for role in roles:
        last = out[-1][-1] if out else ""
        if last and numbered(last)[0] == numbered(role)[0] and numbered(last)[1] + 1 == numbered(role)[1]:
            out[-1].append(role)
        else:
            out.append([role])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(run) for run in out)


def numbered(role: str) -> tuple[str, int]:
    """Return a role's beginning and its number."""
    start = role.rstrip("0123456789")
    return start, int(role[len(start) :] or -9)
