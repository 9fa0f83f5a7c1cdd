"""The prover on single steps: contracts of decisions, second opinions, what the cache goes by, witnesses and vacuity."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from proofs.engine.decisions import decisions, under_contracts
from proofs.engine.induction import ABOUT_REFUSAL, Induction, Limits
from proofs.engine.query import FIRST, REST, Effort
from proofs.engine.solvers import crosscheck
from proofs.engine.solvers.solver import forget
from proofs.policies import load
from proofs.policies.loaded import LoadedPolicy
from proofs.policies.policy_statements import statements_of
from proofs.prove.cache import Cache
from proofs.prove.keys import Keys
from proofs.prove.prove import ProveOptions, judged, prove
from proofs.prove.scheduler import differing
from proofs.prove.step_prover import Setup, StepProver
from proofs.prove.tasks import Evidence
from proofs.prove.witnesses import witness
from proofs.search.replaying import arguments, take
from proofs.search.scenarios import SCENARIOS
from proofs.statements import Kind, describe_method
from proofs.theorems import CATALOGUE
from proofs.theorems.operations.contract import Lowers, Unstated
from proofs.theorems.operations.contracts import CONTRACTS
from proofs.theorems.operations.refusals import is_entitled
from proofs.theorems.witnesses import WITNESSES
from proofs.verdicts import Obligation, ObligationVerdict
from pymodel.hardware.ids import Frame, Level, Page, Rights, Tag, Ticket, Vm
from pymodel.hypervisor.ids import Grant, Job, Pin
from pymodel.hypervisor.jobs.ranges import JobPhase
from pymodel.hypervisor.memory import FrameKind
from pymodel.language.outcomes import Reason, refuse, require
from pymodel.language.steps import excuse
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS
from tests.places import POLICIES

PROVED, FRAMED = ObligationVerdict.PROVED, ObligationVerdict.FRAMED
STATES = [s for s in CATALOGUE.statements.values() if s.kind == Kind.STATE]
#: For each contract a step and a statement that rely on it.
RELIES = {
    "contract_scrub": ("free", "a_clean_frame_is_zero"),
    "contract_tag": ("bind_tag", "a_space_has_its_root_and_tag"),
    "contract_fill": ("boot", "a_context_blocks_or_is_the_owners"),
    "contract_detached": ("detach", "a_context_blocks_or_is_the_owners"),
    "contract_function_flushed": ("finish_detach", "an_iotlb_entry_is_the_owners"),
    "contract_table_flushed": ("free_tag", "a_walk_pointer_names_a_table"),
    "contract_is_table": ("unmap_range", "a_table_being_built_holds_the_pieces"),
    "contract_removes_whole": ("unmap_range", "a_range_loses_no_page_outside_it"),
    "contract_flushed": ("confirm_downgrade", "an_iotlb_entry_agrees_with_its_slot"),
}


def induction(policy: Hypervisor, *solvers: str, about: tuple[Kind, ...] = (Kind.STEP,)) -> Induction:
    """Return the obligations of a policy."""
    others = [s for s in statements_of(policy)[1] if s.kind in about]
    return Induction(policy, STATES, [], Limits(solvers=solvers or ("z3",)), others)


def test_the_references_decisions_keep_their_contracts() -> None:
    """POL-2 for the reference: each decision satisfies its contract in every state."""
    prover = induction(Hypervisor())
    assert {d.name: prover.contract(d).verdict for d in decisions(prover.policy).values()} == dict.fromkeys(
        decisions(prover.policy), "proved"
    )


class Careless(Hypervisor):
    """Takes everything for flushed."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say yes without looking."""
        del s, tag, page, level, since, ticket
        return True


def test_a_broken_contract_is_found() -> None:
    """A decision that says yes too often breaks its contract, and only that one."""
    prover = induction(Careless())
    found = {name: prover.contract(d).verdict for name, d in decisions(prover.policy).items()}
    assert [name for name, verdict in found.items() if verdict != "proved"] == ["is_flushed"]


def effort(policy: Hypervisor, step: str, statement: str, much: Effort) -> str:
    """Return what an effort says of a pair under arbitrary decisions that satisfy the policy's contracts."""
    prover = induction(policy)
    transition = {t.name: t for t in steps(under_contracts(policy, set(decisions(policy)), prover.before))}[step]
    arguments, paths = prover.paths(transition)
    done = [p for p in paths if p.outcome == "ok"]
    return prover.obligation(transition, arguments, done, CATALOGUE.statements[statement], much, general=True).verdict


@pytest.mark.parametrize("contract", RELIES)
def test_without_its_contract_a_decision_breaks_something(contract: str) -> None:
    """POL-1 needs every contract: what is proved with it is not proved if it asks for nothing."""
    without = type("Without", (Hypervisor,), {contract: lambda *_: True})()
    assert effort(Hypervisor(), *RELIES[contract], REST) == "proved"
    assert effort(without, *RELIES[contract], FIRST) in ("cti", "unknown")


@pytest.mark.parametrize("step", ["pin", "attach", "boot", "load", "job_start"])
def test_second_and_third_solver_agree(step: str) -> None:
    """cvc5 and bitwuzla say of each obligation of a few steps what z3 says; none of them gives up."""
    pytest.importorskip("cvc5")
    pytest.importorskip("bitwuzla")
    prover = induction(Hypervisor(), "z3", "cvc5", "bitwuzla")
    found = prover.step({t.name: t for t in steps(prover.policy)}[step])
    decided = [o for o in found if o.verdict != "framed"]
    assert {o.verdict for o in decided} == {"proved"}
    assert all(o.solvers == dict.fromkeys(("z3", "cvc5", "bitwuzla"), "unsat") for o in decided)


def test_a_disagreement_of_solvers_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another solver says sat to what z3 proves, the verdict is a disagreement."""
    monkeypatch.setattr(crosscheck, "decide", lambda *_: "sat")
    prover = induction(Hypervisor(), "z3", "cvc5")
    found = prover.step({t.name: t for t in steps(prover.policy)}["pin"])
    assert {o.verdict for o in found} == {"framed", "disagreement"}


def test_only_the_steps_that_a_policy_changes_differ() -> None:
    """The cache goes by terms: a twin that is written otherwise and means the same has no step of its own to prove."""
    provers = [StepProver(Setup(f"pymodel.zoo.devices.xsa_302:{which}", 1)) for which in ("Faulty", "Fixed")]
    faulty, twin = (Keys(prover, Cache(None, print)) for prover in provers)
    names = list(provers[0].own)
    assert differing(provers[0], faulty, names) == {"detach"}
    assert differing(provers[1], twin, names) == set()


RELIES_ON_ITSELF = """
from pymodel import Frame, FrameKind, FrameRecord, Hypervisor, MachineState, Reason, require

class Always(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        return True

    def free(self, s: MachineState, frame: Frame) -> MachineState:
        require(s.frame[frame].kind == FrameKind.HYPERVISOR, Reason.WRONG_STATE)
        if self.must_scrub(s, frame):
            return self.release_frame(s, frame).put("frame", frame, FrameRecord(kind=FrameKind.FREE, clean=True))
        return s.put("frame", frame, s.frame[frame].replace(kind=FrameKind.FREE))
"""


def test_what_holds_only_by_a_policys_own_decision_is_decided_for_that(tmp_path: Path) -> None:
    """An operation that is wrong under other decisions of the same contract is proved for the decision that is taken."""
    file = tmp_path / "always.py"
    file.write_text(RELIES_ON_ITSELF, encoding="utf-8")
    prover = StepProver(Setup(str(file), 60_000_000, kept=frozenset({"must_scrub"})))
    under_others = prover.induction.step(prover.general["free"], general=True)
    assert "cti" in {o.verdict for o in under_others}
    found = prover.step("free")
    assert {o.verdict for o in found} == {"proved", "framed"}
    assert {"cti", "proved", "framed", None} <= {o.arbitrary for o in found}


class RefusesAll(Hypervisor):
    """Does not even boot."""

    def boot(self, s: MachineState) -> MachineState:
        """Refuse."""
        del s
        return refuse(Reason.POLICY)


class Contradiction(Hypervisor):
    """Assumes what no state satisfies."""

    def impossible(self, s: MachineState, frame: Frame) -> bool:
        """Every frame the machine speaks of is another one."""
        return s.frame[frame].owner != s.frame[frame].owner


def test_a_policy_that_never_boots_shows_no_witness() -> None:
    """Only what power-on itself shows is left, and theorems without a case are vacuous."""
    seen = witness(RefusesAll(), [])
    assert "create_vm" not in seen.succeeded
    assert "DMA-1" not in seen.cases
    assert judged(CATALOGUE.theorems["DMA-1"], evidence(seen), [], [], 0)[0] == "vacuous"


def test_contradictory_assumptions_are_vacuous() -> None:
    """Under an assumption that nothing satisfies no run shows anything."""
    policy = Contradiction()
    seen = witness(policy, [describe_method(policy.impossible)])
    assert seen.cases == {}
    assert seen.cut > 0
    assert {judged(CATALOGUE.theorems[name], evidence(seen), [], [], 0)[0] for name in WITNESSES} == {"vacuous"}


class NothingIsPublished(Hypervisor):
    """Assumes that nobody publishes a frame."""

    def nothing_is_published(self, s: MachineState, frame: Frame) -> bool:
        """No frame is published."""
        return s.frame[frame].kind != FrameKind.PUBLISHED


def test_what_an_assumption_alone_keeps_from_every_run_is_vacuous(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that succeeds, and a case that comes true, in runs that the assumption forbids and in no other."""
    publishing = [one for one in SCENARIOS if "publish" in {name for name, _ in one[2]}]
    monkeypatch.setattr("proofs.prove.witnesses.SCENARIOS", [*publishing, *SCENARIOS[::8]])
    policy = NothingIsPublished()
    seen = witness(policy, [describe_method(policy.nothing_is_published)])
    assert seen.kept_back == {"publish", "unpublish"}
    assert seen.kept_away["MEM-11"] == ["a page is published"]
    known = evidence(seen)
    known.steps = {"publish": [Obligation("publish", "no_table_is_mapped", verdict) for verdict in (FRAMED, PROVED)]}
    told = {name: judged(CATALOGUE.theorems[name], known, [], [], 1) for name in ("MEM-11", "MEM-10", "DMA-7")}
    assert told["MEM-11"] == ("vacuous", "an assumption of the policy alone keeps from every run: a page is published")
    assert told["MEM-10"] == ("vacuous", "an assumption of the policy alone keeps from every run: publish")
    assert told["DMA-7"][0] != "vacuous"


class AsksLater(Hypervisor):
    """Asks whether to scrub when the frame has changed already."""

    def reclaim(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Give the frame up first."""
        return super().reclaim(s.put("frame", frame, s.frame[frame].replace(kind=FrameKind.POOL)), caller, frame)


def test_a_contract_stands_for_a_decision_in_the_state_that_a_step_begins_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of any other state, a decision is the policy's own; the reference asks nowhere else."""
    assert StepProver(Setup("reference", 1, kept=frozenset(decisions(Hypervisor())))).asked_elsewhere() == {}
    later = StepProver(Setup("reference", 1, kept=frozenset({"must_scrub"})), LoadedPolicy("later", "later", AsksLater, ()))
    assert later.asked_elsewhere() == {"reclaim": ["must_scrub"]}
    monkeypatch.setattr("proofs.prove.prove.GRACE", 60.0)  # formulas are made, and no step is decided
    notes = prove(LoadedPolicy("later", "later", AsksLater, ()), ProveOptions(budget=0.0, cache=False), lambda *_: None).notes
    assert (
        "POL-1: reclaim asks must_scrub of a state that it has changed; there it holds for this policy's own answers alone" in notes
    )
    arbitrary = {name: [a for path in later.run(name, general=True).paths for a, _ in path.answers] for name in ("reclaim", "free")}
    assert (arbitrary["reclaim"], set(arbitrary["free"])) == ([], {"must_scrub"})


def evidence(seen: Any) -> Evidence:
    """Return evidence in which everything asked for was proved."""
    out = Evidence()
    out.seen = seen
    return out


class Stingy(Hypervisor):
    """Shares nothing, and says that nothing is anybody's."""

    def share(self, s: MachineState, caller: Vm, grant: Grant, frame: Frame, to: Vm, rights: Rights) -> MachineState:
        """Refuse."""
        del s, caller, grant, frame, to, rights
        return refuse(Reason.NOT_OWNED)


class Rationed(Hypervisor):
    """Gives no VM a pin above a quota."""

    @excuse("pin", Reason.EXHAUSTED)
    def is_above(self, s: MachineState, pin: Pin) -> bool:
        """There are pins 0 to 63 for each VM."""
        del s
        return (pin & 0xFFFF) >= 64

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        """Refuse a pin whose number is not below 64."""
        require((pin & 0xFFFF) < 64, Reason.EXHAUSTED)
        return super().pin(s, caller, pin, frame)


class Keeping(Hypervisor):
    """Lets nobody give up every other pin."""

    def unpin(self, s: MachineState, caller: Vm, pin: Pin) -> MachineState:
        """Refuse where the pin's number is odd."""
        require((pin & 1) == 0, Reason.IN_USE)
        return super().unpin(s, caller, pin)


class Stuck(Hypervisor):
    """Does not undo a range once it was completed."""

    def job_undo(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Refuse where the job is done."""
        require(s.job[job].phase != JobPhase.DONE, Reason.IN_USE)
        return super().job_undo(s, caller, job)


GRANTED = "an_entitled_request_is_granted"
RELEASED = "an_unreferenced_object_can_be_released"


@pytest.mark.parametrize(
    ("policy", "step", "statement", "expected"),
    [
        (Stingy(), "share", GRANTED, "cti"),
        (Rationed(), "pin", GRANTED, "proved"),
        (Keeping(), "unpin", RELEASED, "cti"),
        (Stuck(), "job_undo", RELEASED, "cti"),
    ],
)
def test_isolation_is_not_bought_by_refusing(policy: Hypervisor, step: str, statement: str, expected: str) -> None:
    """MEM-8: refusing what is the caller's own, or free to be taken back, is shown by a state; a quota is an excuse."""
    transition = {t.name: t for t in steps(policy)}[step]
    found = induction(policy, about=(Kind.REFUSAL,)).step(transition, kinds=(Kind.REFUSAL,))
    assert [(o.statement, o.verdict) for o in found if o.verdict != "framed"] == [(statement, expected)]
    assert [o.cti is not None for o in found if o.verdict != "framed"] == [expected == "cti"]


def test_each_entitlement_speaks_of_what_the_reference_grants() -> None:
    """In some run each contract entitles a caller, who is not refused: so an operation that refuses everything breaks it."""
    policy = Hypervisor()
    met: set[str] = set()
    known = {t.name: t for t in steps(policy)}
    rules = {name for name, contract in CONTRACTS.items() if not isinstance(contract.entitlement, Unstated)}
    for _, platform, script in SCENARIOS:
        s: Any = PLATFORMS[platform]()
        for number, (name, raw) in enumerate(script):
            given = arguments(known[name], raw, number)
            entitled = name in rules - met and is_entitled(CONTRACTS[name], s, given)
            s, refused = take(known[name], s, given)
            met |= {name} if entitled and not refused else set()
    assert rules == met


@pytest.mark.parametrize(
    "step",
    [
        *("allocate", "attach", "enable_vfs", "create_space", "search_step", "unpublish", "destroy_space"),
        pytest.param("scan_table", marks=pytest.mark.long),
    ],
)
def test_an_operation_that_refuses_everything_is_found(step: str) -> None:
    """The solver finds a state in which a rule entitles a caller who is refused, and it is run again in the model."""

    def refused(_: Hypervisor, __: MachineState, **___: object) -> None:
        refuse(Reason.IN_USE)

    forget()  # what other tests asked must not steer the solver
    policy: Hypervisor = type("Refusing", (Hypervisor,), {step: functools.wraps(getattr(Hypervisor, step))(refused)})()
    found = induction(policy, about=ABOUT_REFUSAL).step({t.name: t for t in steps(policy)}[step], kinds=ABOUT_REFUSAL)
    expected = RELEASED if isinstance(CONTRACTS[step].stage, Lowers) else GRANTED
    assert [o.statement for o in found if o.verdict == "cti"] == [expected]


@pytest.mark.parametrize(("spec", "verdict"), [(None, "proved"), (str(POLICIES / "lazy.py"), "not-inductive")])
def test_the_contracts_are_decided_without_any_step(spec: str | None, verdict: str) -> None:
    """Asked for POL-2 alone, the prover decides the contracts of decisions and nothing else; what breaks one is told."""
    events: list[str] = []
    report = prove(load(spec), ProveOptions(only=("POL-2",), cache=False), lambda event, _data: events.append(event))
    assert [(r.id, r.verdict) for r in report.theorems] == [("POL-2", verdict)]
    assert (set(events), report.obligations, report.notes) == ({"phase"}, report.theorems[0].obligations, [])
    values = [o.cti["arguments"] for o in report.failures if o.cti is not None]
    assert [given["ticket"] < given["since"] for given in values] == [True] * len(report.failures)


def test_the_budget_holds_from_the_first_moment_on() -> None:
    """It ends what makes formulas too; every theorem that is not decided is unknown, and the report says how much is left."""
    report = prove(load(None), ProveOptions(budget=0.01, cache=False), lambda *_: None)
    assert report.seconds < 30
    assert {r.verdict for r in report.theorems if r.id != "POL-2"} <= {"unknown", "open"}
    assert any(note.startswith("the budget ran out: ") for note in report.notes)
