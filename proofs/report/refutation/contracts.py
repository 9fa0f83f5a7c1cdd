"""A decision that breaks its contract, in words: the values that break it, the policy's line, and what the contract says."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from proofs.engine.decisions import STEP, Decision, decisions
from proofs.policies import LoadedPolicy
from proofs.policies.files import shown_place
from proofs.report.refutation.roles import Roles
from proofs.verdicts import Obligation
from pymodel.language.json_form import read_json
from pymodel.language.state import Record
from pymodel.machine import Hypervisor

__all__ = ["BrokenContract", "broken_contracts"]


@dataclass
class BrokenContract:
    """A decision whose answer its contract does not allow."""

    decision: str
    contract: str
    english: str
    """What the contract says."""
    values: dict[str, str]
    """The arguments that break it."""
    answer: str
    usual: str
    """What the reference answers."""
    file: str
    line: int
    place: str


def broken_contracts(failures: list[Obligation], policy: LoadedPolicy) -> list[BrokenContract]:
    """Return the decisions among what failed that break their contracts, where the values that break it are known."""
    known = decisions(policy.instance())
    found = [(known[o.step.removeprefix(STEP)], o.cti) for o in failures if o.step.startswith(STEP) and o.cti]
    return [told(policy, decision, cti) for decision, cti in found if decision.file in policy.files]


def told(policy: LoadedPolicy, decision: Decision, cti: dict[str, Any]) -> BrokenContract:
    """Say what breaks a contract."""
    state = read_json(policy.cls.State, cti["state"])
    given = {n: typed(kind, cti["arguments"].get(n, 0)) for n, kind in decision.params.items()}
    answer = decision.function(state, *given.values())
    usual = getattr(Hypervisor(), decision.name)(state, *given.values())
    some = [n for n, kind in decision.params.items() if kept(decision, state, given | {n: typed(kind, 0)})]
    roles = Roles()
    values = {n: number(roles, given[n]) for n in some or given}
    english = inspect.getdoc(getattr(Hypervisor, decision.contract)) or decision.contract
    place = shown_place(decision.file, decision.line)
    said = (text(roles, answer), text(roles, usual))
    return BrokenContract(decision.name, decision.contract, english, values, *said, decision.file, decision.line, place)


def typed(kind: Any, value: int) -> Any:
    """Return an argument of a type."""
    return kind.default() if issubclass(kind, Record) else bool(value) if kind is bool else kind.of(value)


def kept(decision: Decision, state: Any, given: dict[str, Any]) -> bool:
    """Say whether the decision keeps its contract with some arguments."""
    try:
        return bool(decision.holds(state, *given.values(), decision.function(state, *given.values())))
    except Exception:  # noqa: BLE001 - arguments that mean nothing
        return False


def number(roles: Roles, word: Any) -> str:
    """Return an argument as it is: of a state that may never arise, nothing has a role."""
    return roles.of(word) if isinstance(word, bool) or hasattr(word, "names") else f"{int(word.raw)}"


def text(roles: Roles, answer: Any) -> str:
    """Return an answer in words."""
    return roles.record(answer) if isinstance(answer, Record) else roles.of(answer)
