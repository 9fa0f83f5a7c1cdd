"""The adversary of a run: hardware, guests and devices, which do between two steps whatever they can.

*Eagerly* they do what they did in some run. *Freely* they do whatever fits together: arguments that some records of the machine
name, joined by what the records share, and the things that a step was about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from proofs.search.concrete import alone, changed_keys, same
from proofs.search.places import Place, Step
from pymodel.language.state import MapShape
from pymodel.language.words import Choice

if TYPE_CHECKING:
    from proofs.search.walker import Walker
    from pymodel.language.steps import Transition

__all__ = ["Adversary", "Deeds", "is_choice", "numbers"]

#: What the adversary does, step by step, with which arguments.
Deeds = dict[str, list[dict[str, int]]]
#: Numbers by the type of word.
Things = dict[type, int]

#: Arguments with which the adversary tries one step that it took in some run, or that fit together.
ARGUMENTS, FITTING = 12, 24
#: Rounds of all its steps, and other numbers of a type that nothing fixes.
ROUNDS, OTHERS = 3, 4


class Adversary:
    """Takes the steps that are not the hypervisor's."""

    def __init__(self, walker: Walker) -> None:
        """Take whose machine it is."""
        self.walker = walker
        self.steps = [t for t in walker.transitions.values() if t.actor != "hypervisor"]
        self.in_vain: dict[Any, Any] = {}

    def deeds(self, steps: list[Step]) -> Deeds:
        """Return what the adversary did in a run, the latest first, and then in others."""
        out: Deeds = {}
        for transition in self.steps:
            here = [args for name, args in reversed(steps) if name == transition.name]
            known = out.setdefault(transition.name, [])
            for args in (*here, *self.walker.known.get(transition.name, ())):
                if args not in known and len(known) < ARGUMENTS:
                    known.append(args)
        return out

    def eager(self, place: Place, deeds: Deeds) -> Place:
        """Do what was done in some run, as far as it adds something and ends nothing."""
        for transition in self.steps:
            for args in deeds.get(transition.name, ()):
                place = self.added(place, transition, args) or place
        return place

    def free(self, place: Place, about: Step) -> Iterator[Place]:
        """Yield where each round of steps leads: whatever fits together is taken, as far as it adds something."""
        params: Mapping[str, type] = self.walker.transitions[about[0]].params
        things = {kind: about[1][n] for n, kind in params.items() if n in about[1] and not is_choice(kind)}
        for _ in range(ROUNDS):
            begun = place
            for transition in self.steps:
                for args in self.fitting(place, transition, things):
                    place = self.added(place, transition, args) or place
            if place is begun:
                return
            yield place

    def added(self, place: Place, transition: Transition, args: dict[str, int]) -> Place | None:
        """Take a step that adds something and ends nothing, or return None; what was in vain is not tried again."""
        parts = [getattr(place.state, part) for part in self.walker.reads(transition.name)]
        question = (transition.name, *args.values(), *map(id, parts))
        if question in self.in_vain:
            return None
        after = self.walker.take(place, transition.name, args)
        if after is not None and grows(place.state, after.state) and not same(place.state, after.state):
            return after
        self.in_vain[question] = parts  # kept, so that their identity stays theirs
        return None

    def fitting(self, place: Place, transition: Transition, things: Things) -> Iterator[dict[str, int]]:
        """Yield arguments about some things, and then about others, that records of what the step reads name together."""
        params: Mapping[str, type] = transition.params
        kinds = [kind for kind in dict.fromkeys(params.values()) if not is_choice(kind)]
        choices = [numbers(kind) if is_choice(kind) else [0] for kind in params.values()]
        pools, _ = self.walker.pools(place.state)
        rows = [row for part in sorted(self.walker.reads(transition.name)) for row in self.walker.rows_of(part)]
        for start in ({k: n for k, n in things.items() if k in kinds}, {}):
            for found in joined(start, kinds, rows)[:FITTING]:
                rest = [[found[k]] if k in found else [*pools.get(k, ()), 0][:OTHERS] for k in kinds]
                for words, chosen in islice(product(product(*rest), product(*choices)), OTHERS):
                    known = dict(zip(kinds, words, strict=True))
                    yield {n: known.get(k, c) for (n, k), c in zip(params.items(), chosen, strict=True)}


def joined(start: Things, kinds: list[type], rows: list[Things]) -> list[Things]:
    """Return what one or two rows add to some numbers, of the types in question: first those that leave nothing open."""
    missing = [kind for kind in kinds if kind not in start]
    near = sorted(rows, key=lambda row: -sum(row.get(kind) == number for kind, number in start.items()))
    added = {tuple((kind, row[kind]) for kind in missing if kind in row): None for row in near}
    out = [] if missing else [start]
    for one in map(dict, filter(None, added)):
        left = [kind for kind in missing if kind not in one]
        out += [{**start, **one, **more} for more in (fitting_rows(one, left, rows) if left else []) or [{}]]
    return sorted(out, key=lambda found: len(kinds) - len(found))


def fitting_rows(known: Things, left: list[type], rows: list[Things]) -> list[Things]:
    """Return what rows that share one of some numbers say of the types that are left."""
    found = ({kind: row[kind] for kind in left if kind in row} for row in rows if any(row.get(k) == n for k, n in known.items()))
    return list({tuple(one.items()): one for one in found if one}.values())


def is_choice(kind: Any) -> bool:
    """Say whether a type has a few values, each with a name."""
    return kind is bool or issubclass(kind, Choice)


def numbers(kind: Any) -> list[int]:
    """Return the numbers of a choice's values."""
    return list(range(2 if kind is bool else len(kind.names)))


def grows(before: Any, after: Any) -> bool:
    """Say whether whatever some map had, other than the default, it has still, as it was or otherwise."""
    for name, shape in before.shapes().items():
        old, new = getattr(before, name), getattr(after, name)
        if old is new or not isinstance(shape, MapShape):
            continue
        empty = shape.record.default()
        if any(bool(new[key] == empty) for key in map(alone, changed_keys(old, new))):
            return False
    return True
