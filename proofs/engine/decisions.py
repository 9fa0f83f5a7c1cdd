"""Decisions and their contracts.

POL-1 speaks of a policy whose decisions are arbitrary values that satisfy their contracts; POL-2 asks whether the decisions
of the policy at hand do satisfy them. What is proved of a step under arbitrary decisions holds under every policy that
keeps the contracts, so it is proved once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proofs.engine.digests import of_value
from proofs.engine.maps import argument, symbolic_record, truth_node
from proofs.engine.paths import Unsupported, void
from proofs.engine.terms import Node
from pymodel.language.state import Record, State
from pymodel.language.steps import hints_of

__all__ = ["STEP", "Decision", "arbitrary_value", "decisions", "under_contracts"]

#: How the obligations of POL-2 name their "step".
STEP = "decision "


@dataclass(frozen=True)
class Decision:
    """One decision of a policy, with its contract `(s, arguments..., answer) -> truth value`."""

    name: str
    contract: str
    function: Callable[..., Any]
    holds: Callable[..., Any]
    params: dict[str, type]
    answer: type
    file: str
    line: int


def decisions(policy: Any) -> dict[str, Decision]:
    """Return the decisions of a policy by name; what is one is said by the class that declares it."""
    out: dict[str, Decision] = {}
    for cls in type(policy).__mro__:
        for name, member in vars(cls).items():
            contract = getattr(member, "__decision__", None)
            if contract is None or name in out:
                continue
            function = getattr(policy, name)
            hints = hints_of(member)
            params = {n: hints[n] for n in list(inspect.signature(member).parameters)[2:]}
            code = inspect.unwrap(function).__code__
            holds = getattr(policy, contract)
            out[name] = Decision(name, contract, function, holds, params, hints["return"], code.co_filename, code.co_firstlineno)
    return out


def arbitrary_value(kind: type, name: str) -> Any:
    """Return an arbitrary word, truth value or record."""
    return symbolic_record(kind, name) if issubclass(kind, Record) else argument(kind, name)


def under_contracts(policy: Any, names: set[str], begin: State) -> Any:
    """Return the policy with some of its decisions replaced by arbitrary values that satisfy their contracts.

    A contract is known to hold in the state that a step begins with (POL-2); asked of any other, a decision is this policy's own,
    and the run notes it.
    """
    known = decisions(policy)
    body: dict[str, Any] = {name: _arbitrary(known[name], begin) for name in sorted(names)}
    return type(type(policy).__name__, (type(policy),), body)()


def _is_same(s: Any, other: State) -> bool:
    return s.__class__ is other.__class__ and all(getattr(s, name) is getattr(other, name) for name in other.shapes())


def _arbitrary(decision: Decision, begin: State) -> Callable[..., Any]:
    def decide(_self: Any, *given: Any) -> Any:
        run = Node.current
        if not _is_same(given[0], begin):
            if run is not None:
                run.elsewhere[decision.name] = None
            return decision.function(*given)
        if run is None or run.outer is not None:
            raise void(Unsupported(f"the decision {decision.name} is asked inside a function that is summarised"))
        ident = "!".join(of_value(v).hex() for v in given)
        value = arbitrary_value(decision.answer, f"decision!{decision.name}!{ident}")
        run.answers.append((decision.name, value))
        run.assume(truth_node(decision.holds(*given, value)))
        return value

    return decide
