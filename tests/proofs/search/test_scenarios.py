"""The scenarios are runs of the reference that break nothing, and the aimed search breaks what is broken."""

from __future__ import annotations

import pytest

from proofs.prove.witnesses import witness
from proofs.search.concrete import Checker
from proofs.search.scenarios import SCENARIOS, Script
from proofs.search.scenarios.attempts import ATTEMPTS
from proofs.search.scenarios.runs.parts import TICKETS
from proofs.search.solving.aiming import aim, ends
from proofs.search.walker import Walker
from proofs.theorems import CATALOGUE
from proofs.theorems.witnesses import WITNESSES
from pymodel.hardware.ids import Level, Page, Tag, Ticket
from pymodel.hypervisor.memory import FrameKind
from pymodel.language.truth import all_of, negate
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS


class Lazy(Hypervisor):
    """Takes everything for flushed."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say yes without looking."""
        del s, tag, page, level, since, ticket
        return True


class Unscrubbed(Hypervisor):
    """Does not scrub the hypervisor's own frames."""

    def must_scrub(self, s: MachineState, frame: object) -> bool:
        """Scrub only what was a guest's."""
        f = s.frame[frame]  # type: ignore[index]
        return all_of(f.kind != FrameKind.HYPERVISOR, negate(f.clean))


@pytest.mark.parametrize(("name", "platform", "script"), SCENARIOS, ids=[f"{n}-{p}" for n, p, _ in SCENARIOS])
def test_scenario_runs_and_breaks_nothing(name: str, platform: str, script: Script) -> None:
    """Every step of a scenario is accepted by the reference, and no statement is broken where it ends."""
    del name
    policy = Hypervisor()
    known = {t.name: t for t in steps(policy)}
    state = PLATFORMS[platform]()
    for step, args in script:
        types = known[step].params
        typed = {n: bool(args[n]) if t is bool else t(args[n]) for n, t in types.items()}
        state = known[step](state, **typed)
    checker = Checker(list(CATALOGUE.statements.values()), MachineState)
    assert [s.name for s, _ in checker.broken(state)] == []


def test_every_step_of_the_reference_succeeds_and_every_witness_is_seen() -> None:
    """The scenarios show each step's success but one, whose reason their module gives, and each case of each theorem."""
    seen = witness(Hypervisor(), [])
    assert {t.name for t in steps(Hypervisor())} - seen.succeeded == {"dma_pass"}
    assert {name: len(found) for name, found in seen.cases.items()} == {name: len(found) for name, found in WITNESSES.items()}


@pytest.mark.parametrize(
    ("policy", "failure"),
    [(Lazy, ("release", "a_tlb_entry_agrees_with_its_slot")), (Unscrubbed, ("free", "a_clean_frame_is_zero"))],
)
def test_aimed_search_refutes_a_fault_and_not_the_reference(policy: type[Hypervisor], failure: tuple[str, str]) -> None:
    """A faulty policy is refuted by a run from boot; the reference is not by the same question."""
    statements = [CATALOGUE.statements[failure[1]]]
    walker = Walker(policy(), statements, 0)
    assert aim(walker, ends(walker), failure[0], statements, 60) is not None
    walker = Walker(Hypervisor(), statements, 0)
    assert aim(walker, ends(walker), failure[0], statements, 12) is None


@pytest.mark.parametrize(("name", "script"), [(n, s) for n, _, s in ATTEMPTS], ids=[n for n, _, _ in ATTEMPTS])
def test_attempts_name_what_there_is(name: str, script: Script) -> None:
    """A step that does not exist, or with other arguments, would be passed over in silence; so would a ticket never tried."""
    known = {t.name: set(t.params) for t in steps(Hypervisor())}
    assert [step for step, args in script if known.get(step) != set(args)] == [], name
    assert sum(step.startswith("invalidate_") for step, _ in script) <= max(TICKETS)
