"""Taking down comes to an end: each taking lowers a stage and raises none, and the order of taking down is no circle."""

from __future__ import annotations

from typing import Any, cast

import pytest

from proofs.engine.induction import Induction, Limits
from proofs.engine.solvers.solver import forget
from proofs.search.replaying import arguments, take
from proofs.search.scenarios import SCENARIOS
from proofs.statements import Kind
from proofs.theorems import CATALOGUE
from proofs.theorems.operations import blockers, measure
from proofs.theorems.operations.contract import Lowers, Unstated
from proofs.theorems.operations.contracts import CONTRACTS
from proofs.theorems.operations.terms import memory as terms
from proofs.theorems.operations.terms.core import Fact
from pymodel.hardware.ids import Frame, Ticket, Vm
from pymodel.hypervisor.ids import AccountKind, HolderKind, Pin, Space
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS

LOWERS = "each_taking_lowers_a_stage"
TAKINGS = {name for name, contract in CONTRACTS.items() if isinstance(contract.stage, Lowers)}
#: What each taking gives up that has a holder, where the rule of the taking waits for an account.
GIVES_UP = {
    "reclaim": (HolderKind.FRAME,),
    "unshare": (HolderKind.GRANT, HolderKind.RECEIVED),
    "retire_tag": (HolderKind.SPACE,),
    "destroy_space": (HolderKind.SPACE,),
}
#: Takings that wait for an account and give up what holds nothing: a block, a page shown to all, a VM at a stage of its end.
OF_NOBODY = {"dissolve", "unpublish", "drain_vm", "empty_vm"}


class Forgetful(Hypervisor):
    """Says that a pin is given up, and keeps it."""

    def unpin(self, s: MachineState, caller: Vm, pin: Pin) -> MachineState:
        """Refuse what the reference refuses, and change nothing."""
        super().unpin(s, caller, pin)
        return s


class Undoing(Hypervisor):
    """Gives the tag back when it frees a table."""

    def free_table(self, s: MachineState, caller: Vm, table: Frame, ticket: Ticket) -> MachineState:
        """Do what the reference does, and raise the stage of a tag."""
        after = super().free_table(s, caller, table, ticket)
        tag = s.space[s.table[table].space].tag
        return after.put("tag", tag, after.tag[tag].replace(phase=TagPhase.BOUND))


class Reopening(Hypervisor):
    """Opens the root of an address space when it retires its tag."""

    def retire_tag(self, s: MachineState, caller: Vm, space: Space) -> MachineState:
        """Do what the reference does, and raise the stage of a table."""
        after = super().retire_tag(s, caller, space)
        root = s.space[space].root
        return after.put("table", root, after.table[root].replace(phase=TablePhase.LINKED))


@pytest.mark.parametrize(
    ("policy", "step", "broken"),
    [
        (Forgetful(), "unpin", LOWERS),
        (Undoing(), "free_table", "no_taking_raises_the_stage_of_a_tag"),
        (Reopening(), "retire_tag", "no_taking_raises_the_stage_of_a_table"),
    ],
)
def test_a_taking_that_goes_nowhere_is_found(policy: Hypervisor, step: str, broken: str) -> None:
    """A taking that lowers nothing, or raises something, is shown by a state."""
    forget()  # what other tests left must not steer the solver
    states = [s for s in CATALOGUE.statements.values() if s.kind == Kind.STATE]
    about = [s for s in CATALOGUE.statements.values() if s.area.name == "measure"]
    shop = Induction(policy, states, [], Limits(), about)
    transition = {t.name: t for t in steps(policy)}[step]
    asked, paths = shop.paths(transition)
    done = [p for p in paths if p.outcome == "ok"]
    verdicts = {st.name: shop.obligation(transition, asked, done, st).verdict for st in about}
    assert [name for name, verdict in verdicts.items() if verdict == "cti"] == [broken]
    assert set(verdicts.values()) <= {"cti", "proved", "framed"}


def test_each_taking_has_an_entitlement_and_a_stage() -> None:
    """Whatever takes something down entitles to it; each taking in a run lowers what it names."""
    assert not any(isinstance(CONTRACTS[name].entitlement, Unstated) for name in TAKINGS)
    policy, met = Hypervisor(), set()
    known = {t.name: t for t in steps(policy)}
    statement = CATALOGUE.statements[LOWERS].function
    for _, platform, script in SCENARIOS:
        s = PLATFORMS[platform]()
        for number, (name, raw) in enumerate(script):
            given = arguments(known[name], raw, number)
            after, refused = take(known[name], s, given)
            if name in TAKINGS and not refused:
                assert statement(s, name, given, after), name
                assert after is s or not statement(s, name, given, s)
                met.add(name)
            s = after
    assert met == TAKINGS


def test_the_order_of_taking_down_is_that_of_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a taking waits for stands in front of what it gives up, and the table of what waits for what leaves nothing out."""
    asked: dict[str, set[AccountKind]] = {}
    for name in TAKINGS:
        rule = cast("Fact", CONTRACTS[name].entitlement)
        kinds = asked.setdefault(name, set())

        def none(_s: MachineState, kind: AccountKind, *_: Any, kinds: set[AccountKind] = kinds) -> bool:
            kinds.add(kind)
            return True

        monkeypatch.setattr(terms, "has_none", none)
        transition = {t.name: t for t in steps(Hypervisor())}[name]
        given = arguments(transition, dict.fromkeys(transition.params, 0), 0)
        rule(cast("MachineState", PLATFORMS["small"]()), given)
    waiting = {name: kinds for name, kinds in asked.items() if kinds}
    assert set(waiting) == set(GIVES_UP) | OF_NOBODY
    found: dict[HolderKind, set[AccountKind]] = {}
    for name, holders in GIVES_UP.items():
        for h in holders:
            found.setdefault(h, set()).update(waiting[name])
    assert found == {h: set(kinds) for h, kinds in measure.WAITS_FOR.items()}
    place = {kind: n for n, kind in enumerate(measure.ORDER)}
    assert set(place) >= set(blockers.HOLDERS)
    assert all(place[a] < place[of] for of, held in blockers.HOLDERS.items() for h in held for a in measure.WAITS_FOR.get(h, ()))
