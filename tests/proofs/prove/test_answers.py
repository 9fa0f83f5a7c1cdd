"""POL-1 of a policy that relies on its own answers: a run with other answers, which its contracts allow, breaks a promise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from proofs.engine.decisions import decisions
from proofs.policies import load
from proofs.prove.prove import ProveOptions, answer_otherwise
from proofs.prove.tasks import Evidence
from proofs.search.refute import contrary
from proofs.theorems import CATALOGUE
from proofs.verdicts import Obligation, ObligationVerdict, ProveReport, TheoremResult, Verdict
from pymodel import ContextMode, Entry, EntryKind, Hypervisor, Rid, Space, Vm, surface
from pymodel.platforms import PLATFORMS
from tests.places import ROOT

PROVED, UNKNOWN = ObligationVerdict.PROVED, ObligationVerdict.UNKNOWN


def relying(folder: Path) -> Path:
    """Write a policy that asks in `may_attach`, whose contract asks for nothing, what the reference asks in `attach`."""
    text = (ROOT / "pymodel" / "hypervisor" / "devices.py").read_text(encoding="utf-8")
    found = re.search(r"(    def attach\(.*?)\n    @operation", text, re.DOTALL)
    assert found is not None
    body = found[1].replace("all_of(r.present, f.phase == FunctionPhase.CLEAN)", "r.present")
    names = sorted({n for n in re.findall(r"\w+", body + "FunctionPhase Hypervisor") if n in surface.__all__})
    own = "    def may_attach(self, s: MachineState, rid: Rid, vm: Vm, space: Space) -> bool:\n"
    own += "        return s.function[rid].phase == FunctionPhase.CLEAN\n"
    path = folder / "p.py"
    path.write_text(f"from pymodel import {', '.join(names)}\nclass P(Hypervisor):\n{own}\n{body}\n", encoding="utf-8")
    return path


def test_a_run_with_other_answers_is_told(tmp_path: Path) -> None:
    """The run ends in the step that relied on the answer; the theorem is not inductive, and says which answers."""
    policy = load(str(relying(tmp_path)))
    evidence, report = Evidence(), ProveReport("p", "", "")
    names = [st.name for st in CATALOGUE.statements.values() if st.file.endswith("invariants/devices.py")]
    evidence.steps = {"attach": [Obligation("attach", n, PROVED, arbitrary=UNKNOWN) for n in names]}
    evidence.of_success = set(names)
    report.theorems = [TheoremResult("POL-1", "POL", "", "", Verdict.UNKNOWN, reason="not decided")]
    answer_otherwise(report, policy, evidence, ProveOptions(), lambda *_: None)
    (result,) = report.theorems
    assert result.verdict == Verdict.NOT_INDUCTIVE
    assert "with other answers of may_attach wherever the contracts allow them a run of" in result.reason


def test_other_answers_satisfy_their_contracts() -> None:
    """At power-on a contrary policy answers otherwise where the contract allows it, and as the policy does where it does not."""
    usual = Hypervisor()
    one: Any = contrary(usual, set(decisions(usual)))()
    state: Any = PLATFORMS["small"](usual.State)
    assert not one.may_attach(state, Rid(16), Vm(1), Space(1))
    assert not one.is_table(state, Entry(kind=EntryKind.LINK))
    assert not one.is_table(state, Entry(kind=EntryKind.LEAF))
    assert one.boot_fill(state) in (ContextMode.ABORT, ContextMode.INVALID)
    detached = one.context_after_detach(state, Rid(16))
    assert detached != usual.context_after_detach(state, Rid(16))
    assert usual.contract_detached(state, Rid(16), detached)
