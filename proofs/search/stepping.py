"""Taking steps of a policy's machine: what is refused and why, how near a refused step came, what a step must not do."""

from __future__ import annotations

import random
from typing import Any

from proofs.policies.code_references import is_of_the_reference, touched
from proofs.policies.policy_statements import assumptions
from proofs.search.concrete import Checker
from proofs.search.places import Break, Changed, Found, Place
from proofs.theorems import Statement
from pymodel.language import outcomes
from pymodel.language import steps as transitions
from pymodel.language.outcomes import Reason, Refused
from pymodel.language.steps import Transition
from pymodel.machine import Hypervisor, steps

__all__ = ["Stepper"]

#: Kept places of one step, and kept arguments with which it succeeded.
DEVIATING, KNOWN = 120, 24
#: Modules whose code stands between a step and its refusal, whoever's step it is.
_BETWEEN = (__name__, outcomes.__name__, transitions.__name__)


def refusal(error: BaseException) -> tuple[Any, tuple[int, ...], tuple[str, int] | None]:
    """Return why a step was refused, how far it had come (lines, outermost first), and where, if in the reference's code."""
    lines, where, trace = list[int](), None, error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__"))
        if module not in _BETWEEN:
            lines.append(trace.tb_lineno)
            where = (module, trace.tb_lineno)
        trace = trace.tb_next
    return getattr(error, "reason", None), tuple(lines), where if where and is_of_the_reference(where[0]) else None


class Stepper:
    """Takes the steps of one policy's machine, and looks at each refusal."""

    def __init__(self, policy: Any, statements: list[Statement], seed: int, rest: list[Statement]) -> None:
        """Take the statements to look at after every step, and the `rest` that is looked at now and then."""
        self.policy = policy
        self.random = random.Random(seed)  # noqa: S311 - a repeatable search, not a secret
        self.transitions = {t.name: t for t in steps(policy)}
        self.checker = Checker(statements, policy.State)
        self.rest = Checker(rest, policy.State)
        self.assumed = Checker([assumed for assumed, _ in assumptions(policy)], policy.State)
        self.found = Found()
        self.denial: tuple[Place, list[Break]] | None = None
        self.known: dict[str, list[dict[str, int]]] = {}
        self.touched = touched(policy)
        self.reference = {t.name: t for t in steps(Hypervisor())} if self.touched else {}
        self.near: dict[str, list[Place]] = {}
        self.furthest: dict[str, tuple[int, ...]] = {}
        self.frontier: dict[str, list[Place]] = {}

    def take(self, place: Place, name: str, args: dict[str, int]) -> Place | None:
        """Take a step from a place, or return None if it is refused, or leads to where the policy assumes that nothing does.

        An exception of the policy is a finding.
        """
        transition = self.transitions.get(name)
        if transition is None or set(transition.params) != set(args):
            return None
        self.found.tried += 1
        try:
            after = self.taken(transition, place.state, self.typed(transition, args))
        except Refused as refused:
            if name not in self.touched or not self.nearly(place, transition, args, refused):
                self.deny(place, transition, args, refused.reason)
            return None
        except Changed as changed:
            changed.place = Place(place.platform, place.state, [*place.path, (name, args)])
            raise
        except Exception as error:  # noqa: BLE001 - whatever a policy raises is what we look for
            self.found.error = f"{transition.file}:{transition.line_of(error)} {name}: {error!r}"
            return None
        if self.assumed.plans and self.assumed.broken(after):
            return None
        return self.led(place, name, args, after)

    def led(self, place: Place, name: str, args: dict[str, int], after: Any) -> Place:
        """Count a step that succeeded, and return where it led."""
        self.found.steps += 1
        self.found.successes[name] = self.found.successes.get(name, 0) + 1
        return Place(place.platform, after, [*place.path, (name, args)], place.state)

    def usual_form(self, name: str) -> Transition | None:
        """Return the reference's step of a name, if it has the same arguments."""
        reference = self.reference.get(name)
        return reference if reference is not None and reference.params == self.transitions[name].params else None

    def nearly(self, place: Place, transition: Transition, args: dict[str, int], refused: Refused) -> bool:
        """Keep a place where a step came further than ever before it was refused, or where the reference refuses elsewhere.

        Say whether the reference refuses it for the same reason: of the reference it is proved that it may.
        """
        name = transition.name
        reason, reach, where = refusal(refused)
        best = self.furthest.get(name, ())
        if reach > best:
            self.furthest[name], self.frontier[name] = reach, []
        if reach >= best:
            self.keep(self.frontier, name, place)
        reference = self.usual_form(name)
        if reference is None:
            return False
        try:
            reference(place.state, **self.typed(reference, args))
        except Refused as other:
            why = refusal(other)
            if where is not None and (reason, where) != (why[0], why[2]):
                self.keep(self.near, name, place)
                self.learn(name, args)
            return bool(reason == why[0])
        except Exception:  # noqa: BLE001 - a state that the reference cannot read
            return False
        return False

    def deny(self, place: Place, transition: Transition, args: dict[str, int], reason: Reason) -> None:
        """Keep the first refusal that breaks a statement: the place that leads up to it and on through the refused step."""
        if reason.__class__ is not Reason:
            self.found.error = f"{transition.file}:{transition.line} {transition.name}: refused for {reason!r}, which is no Reason"
        elif self.denial is None:
            about = (place.state, transition.name, self.typed(transition, args), reason)
            broken = [Break(st, ()) for c in (self.checker, self.rest) for st in c.broken_by_refusal(*about)]
            if broken:
                self.denial = Place(place.platform, place.state, [*place.path, (transition.name, args)]), broken

    def reason(self, place: Place, name: str, args: dict[str, int]) -> Reason | None:
        """Return why a step is refused at a place, or None if it is not."""
        try:
            self.taken(self.transitions[name], place.state, self.typed(self.transitions[name], args))
        except Refused as refused:
            return refused.reason
        except Exception:  # noqa: BLE001 - a policy that raises refuses nothing
            return None
        return None

    def keep(self, places: dict[str, list[Place]], name: str, place: Place) -> None:
        """Keep a place under a name, in the stead of another one if there are many."""
        kept = places.setdefault(name, [])
        if any([p.state is place.state for p in kept[-3:]]):
            return
        if len(kept) >= DEVIATING:
            kept[self.random.randrange(DEVIATING)] = place
        else:
            kept.append(place)

    @staticmethod
    def taken(transition: Transition, state: Any, typed: dict[str, Any]) -> Any:
        """Take a step; raise `Changed` if the state that it was given is no longer what it was, refused or not."""
        parts = dict(state.__dict__)
        points = [getattr(p, "points", None) for p in parts.values()]
        try:
            return transition(state, **typed)
        finally:
            now = state.__dict__
            same = len(now) == len(parts) and all([now.get(n) is p for n, p in parts.items()])
            if not same or any([getattr(p, "points", None) is not q for p, q in zip(parts.values(), points, strict=True)]):
                raise Changed(transition.name)

    @staticmethod
    def typed(transition: Transition, args: dict[str, int]) -> dict[str, Any]:
        """Return arguments as words."""
        types: dict[str, Any] = dict(transition.params)
        return {n: bool(args[n]) if t is bool else t.of(args[n]) for n, t in types.items()}

    def learn(self, name: str, args: dict[str, int]) -> None:
        """Keep arguments with which a step succeeded."""
        known = self.known.setdefault(name, [])
        if args not in known:
            if len(known) >= KNOWN:
                known.pop(self.random.randrange(KNOWN))
            known.append(args)
