"""What a contract is: all that is stated of one operation, in one object that is read at a glance.

The statements of `proofs.theorems` are generic: they look up the contract of the step at hand and say that it is kept. So an
operation is not stated by its name being in lists, and one without a contract is found by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proofs.theorems.operations.keyed import at_key, begins
from proofs.theorems.operations.terms.core import (
    ALWAYS,
    ONLY,
    Args,
    Cell,
    Fact,
    Value,
    always,
    arg,
    both,
    differs,
    either,
    is_so,
    no,
    pair,
)
from proofs.theorems.operations.terms.devices import is_whole_flush, last_issued_is_done
from proofs.theorems.operations.terms.tables import is_tagged, tag_of
from pymodel.language.outcomes import Reason
from pymodel.language.state import GHOST, Record
from pymodel.language.truth import all_of, any_of
from pymodel.language.words import Word
from pymodel.machine import MachineState

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_PARTS",
    "AN_EARLIER_FLUSH",
    "A_DECISION",
    "A_FLUSH",
    "A_QUOTA",
    "NOTHING_TAKEN_DOWN",
    "Contract",
    "Excuse",
    "Lowers",
    "NoCaller",
    "NothingTakenDown",
    "Passing",
    "Touch",
    "Unstated",
    "Wider",
    "a_leaf",
    "a_table",
    "anew",
    "anywhere",
    "at",
    "emptied",
    "made_stale",
    "those",
]


@dataclass(frozen=True)
class Unstated:
    """A part of a contract that says nothing, and why."""

    why: str

    def __str__(self) -> str:
        """Return why."""
        return f"unstated: {self.why}"


@dataclass(frozen=True)
class NoCaller:
    """The authority of what nobody asks for: the hypervisor does it, and why."""

    why: str

    def __str__(self) -> str:
        """Return whose doing it is."""
        return f"nobody asks: {self.why}"


@dataclass(frozen=True)
class Excuse:
    """A reason for which whoever is entitled may be refused all the same, and the fact that must then be so."""

    reason: Reason
    fact: Fact
    counters: tuple[Cell, ...] = ()
    """What a quota is of; the refusal depends on nothing else that is not the caller's own."""

    def __str__(self) -> str:
        """Return reason and fact."""
        return f"{self.reason}: {self.fact}"


def A_QUOTA(*counters: Cell) -> Excuse:  # noqa: N802 - reads as its twins do
    """Of one of these things there are some: a quota of it may be used up, the policy's own or the last number of the counter."""
    return Excuse(Reason.EXHAUSTED, either(*(differs(counter, 0) for counter in counters)), counters)


def A_DECISION(reason: Reason, name: str) -> Excuse:  # noqa: N802 - reads as its twin does
    """A decision of the policy may be stricter than its contract; `reason` is that of its no."""
    return Excuse(reason, always(f"the policy decides so: {name}"))


def A_FLUSH(space: Value, since: Value) -> Excuse:  # noqa: N802 - reads as its twins do
    """The invalidation named is none of the space's whole tag that has completed and was issued since what goes was removed.

    One that covers less may do for some policy, and need not for every one. Without a tag nothing is cached.
    """
    return Excuse(Reason.NOT_FLUSHED, both(is_tagged(space), no(is_whole_flush(arg("ticket"), tag_of(space), since))))


#: A policy may wait for what was issued last before it removes anything more.
AN_EARLIER_FLUSH = Excuse(Reason.NOT_FLUSHED, no(last_issued_is_done()))


#: The fields that may change besides what a contract names, each with the condition under which it may.
Wider = Mapping[str, bool]


@dataclass(frozen=True)
class Touch:
    """A part of the state that an operation may change: at which keys, and of the records there which fields."""

    part: str
    key: Value
    """The key, or how it begins; or what a field holds, if one is named in `where`."""
    fields: tuple[str, ...] = ()
    """The fields that may change; none for all of them. Ghosts follow their own rule."""
    anew: bool = False
    """The other fields of a record that changes have their defaults, and are not as they were."""
    where: str = ""
    """Where this field of a record, as it was, is `key`: whatever the record's own key is."""

    def __str__(self) -> str:
        """Return part, key and fields."""
        at = f"{self.where} {self.key}" if self.where else str(self.key)
        out = self.part if self.key is ONLY or not at else f"{self.part}[{at}]"
        fields = " and ".join(self.fields)
        return f"{out}, anew{f' but for {fields}' if fields else ''}" if self.anew else f"{fields} of {out}" if fields else out

    def holds(self, key: tuple[Word, ...], s: MachineState, args: Args) -> bool:
        """Say whether a key of the part is one of those."""
        wanted = self.key(s, args)
        if wanted is None:
            return True
        if self.where:
            return is_so(getattr(at_key(getattr(s, self.part), key), self.where) == wanted)
        return begins(wanted, key)

    def fits(self, old: Record, new: Record, wider: Wider) -> bool:
        """Say whether a record may become another: but for the fields named it is as it was, or as new."""
        if not self.fields and not self.anew:
            return True
        return stays(type(old).default() if self.anew else old, new, self.fields, wider)


def stays(old: Record, new: Record, fields: tuple[str, ...], wider: Wider) -> bool:
    """Say whether a record is as it was, but for the fields named, and those that may change besides where that is so."""
    closed = [n for n, owner in old.owners().items() if n not in fields and (owner is not GHOST or old.WHOSE is GHOST)]
    return all_of(*(any_of(getattr(new, n) == getattr(old, n), wider.get(n, False)) for n in closed))


def at(part: str, *keys: Value, fields: str = "") -> tuple[Touch, ...]:
    """A part of the state at some keys, or at all keys that begin so, there some fields, or all; the only record needs no key."""
    return tuple(Touch(part, key, tuple(fields.split())) for key in keys or (ONLY,))


def anew(part: str, *keys: Value, fields: str = "") -> tuple[Touch, ...]:
    """A part of the state at some keys, or at all keys that begin so; what changes there is as new but for some fields."""
    return tuple(Touch(part, key, tuple(fields.split()), anew=True) for key in keys)


def those(part: str, where: str, value: Value, fields: str = "") -> tuple[Touch, ...]:
    """The records of a part of which a field has a value; what changes there is as new but for some fields."""
    return (Touch(part, value, tuple(fields.split()), anew=True, where=where),)


def anywhere(*parts: str) -> tuple[Touch, ...]:
    """Parts of the state at any key."""
    return tuple(Touch(part, pair()) for part in parts)


def a_leaf(slot: Value, note: str = "") -> tuple[Touch, ...]:
    """A slot gets a leaf: which frame, and with what rights; it is noted what caches may hold of it, and perhaps one thing more."""
    return (*anew("memory", slot, fields="kind frame rights"), *anew("slot_note", slot, fields=f"max_cached_rights {note}"))


def made_stale(slot: Value) -> tuple[Touch, ...]:
    """A leaf is removed from a slot, and since when is noted."""
    return (*at("memory", slot, fields="kind"), *at("slot_note", slot, fields="since"))


def emptied(slot: Value) -> tuple[Touch, ...]:
    """A slot holds nothing, and nothing is noted of it."""
    return (*anew("memory", slot), *anew("slot_note", slot))


def a_table(frame: Value) -> tuple[Touch, ...]:
    """A frame, blank by then, becomes a table: of which address space and level, for which pages, and where it hangs."""
    as_table = anew("table", frame, fields="phase space level prefix parent slot")
    return (*at("frame", frame, fields="kind clean"), *as_table, *anew("memory", frame))


#: The accounts: whose last holder moves where another leaves. What refers to a thing is on its account, and nothing else is, as the
#: invariants of accounts say: so nothing more need be said of where they change.
ACCOUNT_PARTS = ("count", "reference_list", "reference")
ACCOUNTS = anywhere(*ACCOUNT_PARTS)


@dataclass(frozen=True)
class Lowers:
    """What a taking takes: the map and key whose stage it lowers; and the maps to which it adds something in exchange."""

    part: str
    key: Value
    adds: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return what is lowered."""
        return f"lowers {self.part}[{self.key}]" + (f", and adds to {', '.join(self.adds)}" if self.adds else "")


@dataclass(frozen=True)
class NothingTakenDown:
    """The stage of an operation that takes nothing down."""

    def __str__(self) -> str:
        """Say so."""
        return "takes nothing down"


NOTHING_TAKEN_DOWN = NothingTakenDown()


@dataclass(frozen=True)
class Passing:
    """A frame or a function changes hands: which, from whom, to whom, and in which state of it; all others keep their owner."""

    what: Cell
    giver: Value
    receiver: Value
    only: Fact = ALWAYS
    keeps_content: bool = False
    """The receiver takes over what is in it; otherwise it finds zero."""

    def __str__(self) -> str:
        """Return what passes."""
        return f"{self.what} goes from {self.giver} to {self.receiver}"


@dataclass(frozen=True)
class Contract:
    """All that is stated of one operation. A field that says nothing says why; `passes` is empty where nothing changes hands."""

    operation: str
    authority: Fact | NoCaller
    """Whose right it is: who may ask."""
    entitlement: Fact | Unstated
    """Who may not be refused, and when: over ownership, phases and quota alone. Nobody is entitled who may not ask."""
    excuses: tuple[Excuse, ...]
    """For what else it may be refused then."""
    does: tuple[Fact, ...] | Unstated
    """What has happened, from the arguments."""
    touches: tuple[Touch, ...]
    """What of the state it may change; everything else is as it was."""
    stage: Lowers | NothingTakenDown
    """What it takes down, if it does."""
    frame: Passing | None = None
    """The frame that changes hands, if one does."""
    function: Passing | None = None
    """The function that changes hands, if one does."""

    def names(  # noqa: PLR0913, PLR0917 - what of the state, in which step, and what a policy says besides
        self, part: str, key: tuple[Word, ...], s: MachineState, args: Args, new: Record, wider: Wider
    ) -> bool:
        """Say whether the operation may put a record in the place of the one at a key of a part of the state.

        A policy may say of further fields when they may change there (`wider`): beside those that a touch names, and alone.
        """
        old = at_key(getattr(s, part), key)
        mine = (touch for touch in self.touches if touch.part == part)
        named = [all_of(touch.holds(key, s, args), touch.fits(old, new, wider)) for touch in mine]
        return any_of(*named, all_of(any_of(*wider.values()), stays(old, new, (), wider)))

    def rows(self) -> list[tuple[str, str]]:
        """Return the contract as a report prints it: what each row is about, and its text."""
        rows: list[tuple[str, object]] = [("may ask", self.authority), ("may not be refused", self.entitlement)]
        rows += [("but for", excuse) for excuse in self.excuses]
        rows += [("does", done) for done in (self.does if isinstance(self.does, tuple) else (self.does,))]
        rows += [("passes on", passing) for passing in (self.frame, self.function) if passing is not None]
        rows += [("may change", touch) for touch in self.touches] or [("may change", "nothing")]
        rows += [("stage", self.stage)]
        return [(what, str(text)) for what, text in rows]
