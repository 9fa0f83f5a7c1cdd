"""What a binding is written in: which Python steps an action of a TLA+ module stands for, and what is compared after it.

A `Binding` is data that a reviewer reads from top to bottom. Each action names its parameters and the Python steps it
stands for; the action takes effect when the last of them was taken, and there the observables are compared. One step that
is refused refuses the action. Each observable is defined twice, in TLA+ over the module's variables and in Python over the
model's state, and both must give the same set of tuples of names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

__all__ = ["Action", "Args", "Binding", "Call", "Case", "Observable", "Seen", "Steps", "Tuples", "Unbound", "Variant", "one"]

#: A Python step and its arguments.
Call = tuple[str, dict[str, int]]
#: The arguments of a TLA+ action: the name of a model value for each parameter.
Args = Mapping[str, str]
#: Steps to be taken in order; of each the first alternative that is not refused.
Steps = Sequence[Sequence[Call]]
#: What an observable shows: a set of tuples of names.
Tuples = frozenset[tuple[str, ...]]
#: What is observed, by the name of the observable.
Seen = dict[str, Tuples]


def one(name: str, **arguments: int) -> list[Call]:
    """Return a step without alternatives."""
    return [(name, arguments)]


@dataclass(frozen=True)
class Action:
    """An action of the module, `name(params)`, and the Python steps that it stands for.

    `tla` is TLA+ text about the arguments `a`, where the module says the same in other words: which of its steps this is.
    `where` is what Python is not told and must be so (the frame that a leaf names), or what the module's hypervisor keeps
    to by itself. `one_way` is why Python may accept it where the module does not; without a reason, that is an error.
    `reaches` is what the last step reaches, seen just before it; with `names_it` the arguments must name all of that.
    `substep` gives the steps of an action that is only a part of a Python step: for a part that is not the last one it
    returns what that part does, else None. An action that is always such a part is `inner`: Python never takes it by itself.
    A `refusal` is a call that comes to nothing in the module: Python must refuse the steps, and nothing changes.

    `effect` says that in recorded runs other steps may come between the Python steps, and with which of them, the first or
    the last, the action takes effect; without it they come in one go. Until the last of them the binding's `lock` keeps every
    action with the same arguments out, but for those that are `unlocked`.
    """

    name: str
    params: tuple[str, ...]
    steps: Callable[[Any, Args], Steps]
    tla: str = ""
    where: Callable[[Any, Args], bool] = lambda _state, _args: True
    one_way: str = ""
    reaches: Callable[[Any, Args], frozenset[tuple[str, ...]]] | None = None
    names_it: bool = False
    inner: bool = False
    refusal: bool = False
    effect: str = ""
    unlocked: bool = False
    substep: Callable[[Any, Args, Seen], Steps | None] = lambda _state, _args, _seen: None


@dataclass(frozen=True)
class Observable:
    """Something that both models show: a set, as TLA+ text and as a function of the Python state.

    Without a function it is not compared by itself: it is what the last step reached, or only tells parts of a step apart.
    """

    name: str
    tla: str
    python: Callable[[Any], frozenset[tuple[str, ...]]] | None = None


@dataclass(frozen=True)
class Case:
    """An action with its arguments."""

    name: str
    args: tuple[tuple[str, str], ...]

    @cached_property
    def values(self) -> frozenset[str]:
        """Return the names among the arguments."""
        return frozenset(value for _, value in self.args)

    def __str__(self) -> str:
        """Write it as a call."""
        return f"{self.name}({', '.join(value for _, value in self.args)})"


@dataclass(frozen=True)
class Unbound:
    """An action of the module that stands for no Python steps, and why; no behaviour that is replayed has it."""

    name: str
    params: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Variant:
    """A faulty variant of the module, as the manifest names it, and its faulty action, which stands for Python steps too.

    The reference does not follow its counterexample: `unmatched` is what it says at the faulty action. Where there is a policy
    with the fault, `policy` names its module: that policy follows to the end, and one of the promises it breaks is broken.
    `others` are further actions that the variant adds. `leaves` is the action at which the reference leaves, if that is not the
    faulty one; with an empty `unmatched` it does not leave at all, as only what Python does not have is different.
    """

    name: str
    action: Action
    unmatched: str
    policy: str = ""
    others: Sequence[Action] = ()
    leaves: str = ""


@dataclass(frozen=True)
class Binding:
    """The map of one module.

    `boot` leads from power-on to the Python state that stands for the module's initial one. `small` are constants of a small
    instance, which is searched for steps that the map does not have. `domains` gives for each parameter its set in TLA+ and
    the members. `result` names the observable that holds what the last step reached. Behaviours have so many `steps`. `inner`
    is TLA+ text: steps of the module that Python does not take by themselves, allowed in front of an action `a` that is named
    in `around`. `start` is TLA+ text: the state, reachable in the module, for which `boot` stands. `within` is TLA+ text about
    a step `a`: what is compared is the module restricted to such steps, for the reason that the map gives. `asked` is TLA+
    text: the states in which what the module refuses is compared with what Python refuses.
    """

    module: str
    platform: str
    boot: Sequence[Call]
    constants: Mapping[str, str]
    small: Mapping[str, str]
    domains: Mapping[str, tuple[str, tuple[str, ...]]]
    actions: Sequence[Action]
    observables: Sequence[Observable]
    result: str = ""
    steps: int = 18
    lock: tuple[str, ...] = ()
    start: str = "Init"
    within: str = "TRUE"
    asked: str = "TRUE"
    unbound: Sequence[Unbound] = ()
    inner: str = "FALSE"
    around: tuple[str, ...] = ()
    variants: Sequence[Variant] = ()

    @cached_property
    def model_values(self) -> list[str]:
        """Return every name that stands for itself, and is no string."""
        texts = [*self.constants.values(), *(text for text, _ in self.domains.values())]
        members = [name for _, members in self.domains.values() for name in members]
        names = [name for name in members if not any(f'"{name}"' in text for text in texts)]
        return list(dict.fromkeys([*names, *(v for v in self.constants.values() if v.isidentifier())]))

    def action(self, name: str) -> Action:
        """Return an action of the map, or of a variant, by its name."""
        known = [*self.actions, *(a for v in self.variants for a in (v.action, *v.others))]
        return next(a for a in known if a.name == name)

    def cases(self) -> list[Case]:
        """Return every action with all its arguments."""
        return [case for action in self.actions for case in self.cases_of(action)]

    def cases_of(self, action: Action) -> list[Case]:
        """Return an action with all its arguments."""
        rows: list[tuple[tuple[str, str], ...]] = [()]
        for name in action.params:
            rows = [(*row, (name, value)) for row in rows for value in self.domains[name][1]]
        return [Case(action.name, row) for row in rows]
