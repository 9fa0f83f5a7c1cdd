"""Statements that one fault breaks and no other statement of the same step notices: without them the fault would be proved."""

from __future__ import annotations

from typing import Any

import pytest

from proofs.engine.induction import Induction, Limits
from proofs.engine.query import FIRST, REST
from proofs.policies.policy_statements import statements_of
from proofs.statements import CATALOGUE, Kind
from pymodel.hardware.caches import Cached, leaf_through
from pymodel.hardware.ids import Asid, Cpu, Frame, Page, Request, Rid, Rights, Tag, VirtualPage, Vm, frame_at
from pymodel.hardware.iommu import translation
from pymodel.hypervisor.accounts import drop
from pymodel.hypervisor.ids import HolderKind, holder
from pymodel.hypervisor.memory import FrameKind, is_unreferenced
from pymodel.hypervisor.vms import require_alive
from pymodel.language.outcomes import Reason, require
from pymodel.language.steps import device, hardware, operation, steps_of
from pymodel.language.truth import all_of
from pymodel.machine import Hardware, Hypervisor, MachineState, steps
from tests.tiers import sampled


class OneStage(Hardware):
    """A CPU that caches the rights of the second stage, whatever the first one gives."""

    @hardware
    def tlb_fill(
        self, s: MachineState, cpu: Cpu, asid: Asid, va: VirtualPage, table: Frame, page: Page, stage1: Rights
    ) -> MachineState:
        """Leave the first stage's rights out."""
        del stage1
        c = s.cpu[cpu]
        require(c.stage2, Reason.WRONG_STATE)
        require(c.vcpu != 0, Reason.WRONG_STATE)
        entry, index, level = leaf_through(s, c.tag, table, page)
        frame = frame_at(entry.frame, page, level)
        found = Cached(valid=True, page=page, frame=frame, rights=entry.rights, table=table, index=index, vcpu=c.vcpu)
        return s._with(tlb=s.tlb.set((cpu, c.tag, asid, va), found))


class Unasked(Hardware):
    """A device whose own requests are under way at once, and need not be issued first."""

    @device
    def dma_issue(self, s: MachineState, request: Request, rid: Rid, page: Page, write: bool) -> MachineState:
        """Go through what the IOTLB has under the tag of the function's address space."""
        after = Hardware.dma_issue(self, s, request, rid, page, write)
        tag: Tag = s.space[s.function[rid].space].tag
        return after._with(request=after.request.set(request, translation(after, after.request[request], tag)))


class Surrenders(Hypervisor):
    """Lets a VM give a frame to the hypervisor as it is."""

    @operation
    def surrender(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Take the frame over, with what is in it."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(all_of(f.kind == FrameKind.DATA, is_unreferenced(s, frame)), Reason.WRONG_STATE)
        after = drop(s, holder(HolderKind.FRAME, frame))
        return after.put("frame", frame, f.replace(owner=Vm(1), kind=FrameKind.HYPERVISOR, clean=False))


#: Each fault, with the step that shows it and the one statement that notices.
FAULTS: dict[str, tuple[Any, str, str]] = {
    "OneStage": (OneStage(), "tlb_fill", "a_fill_combines_both_stages"),
    "Unasked": (Unasked(), "dma_issue", "every_request_meets_one_check"),
    "Surrenders": (Surrenders(), "surrender", "a_frame_is_blank_between_hypervisor_and_vm"),
}


@pytest.mark.parametrize("name", sampled(FAULTS))
def test_no_other_statement_notices(name: str) -> None:
    """Of all that is asked of a step that succeeds, lemmas included, that statement alone is not proved."""
    faulty, step, statement = FAULTS[name]
    policy = faulty if isinstance(faulty, Hypervisor) else Hypervisor()
    invariants, about, assumed = statements_of(policy)
    decide = Induction(policy, invariants, [st for st, _ in assumed], Limits(), about)
    found = steps(policy) if isinstance(faulty, Hypervisor) else steps_of(faulty)
    run = decide.explored(next(t for t in found if t.name == step))
    assert not run.why
    kinds = (Kind.STATE, Kind.STEP)
    asked = [st for st in (*invariants, *about) if st.kind in kinds]
    hard = [(st, first.verdict) for st in asked if not (first := decide.decided_of(run, st, FIRST)).holds]
    failed = [st.name for st, verdict in hard if verdict == "cti" or not decide.decided_of(run, st, REST).holds]
    assert failed == [statement]
    assert statement not in CATALOGUE.lemmas
