"""A run that refutes a policy, in words: roles and numbers, what contradicts the promise, the policy's line, the reference."""

from __future__ import annotations

from functools import cache
from io import StringIO
from pathlib import Path

import pytest

from proofs.policies import load
from proofs.policies.header import header
from proofs.report.json_report import told_json
from proofs.report.refutation.cells import Cell, at, changed, noting
from proofs.report.refutation.contracts import broken_contracts
from proofs.report.refutation.roles import Roles, spans
from proofs.report.refutation.screen import contract_lines, folded_header, headline, told_lines
from proofs.report.refutation.telling import Told, tell
from proofs.report.terminal import Line, show
from proofs.search.replaying import replay
from proofs.theorems import CATALOGUE
from proofs.traces import Trace, TraceStep, trace_steps
from proofs.verdicts import Obligation, ObligationVerdict
from pymodel.hardware.ids import HOST, NO_TAG, NOBODY, READ_WRITE, Frame, Level, Page, Rights, Tag, Ticket, VirtualPage, Vm
from pymodel.hypervisor.ids import Space
from pymodel.hypervisor.memory import FrameKind, FrameRecord
from pymodel.language.json_form import read_json
from pymodel.machine import MachineState
from tests.places import POLICIES

LAZY = str(POLICIES / "lazy.py")
#: A run under which a frame that is cached is given back: the invalidation came before the unmapping.
STALE = trace_steps(
    [
        ("boot", {}),
        ("create_vm", {"caller": 2, "vm": 3}),
        *[("donate", {"caller": 2, "vm": 3, "frame": n}) for n in (24, 28, 29, 30)],
        ("start_vm", {"caller": 2, "vm": 3}),
        ("invalidate_tag", {"tag": 2}),
        ("complete", {"ticket": 1}),
        *[(name, {"caller": 3, "frame": n}) for n in (28, 29, 30) for name in ("begin_retype", "finish_retype")],
        ("create_space", {"caller": 3, "space": 0x30001, "root": 28, "io": 0, "layout": 0, "mirror": 0}),
        ("bind_tag", {"caller": 2, "space": 0x30001, "tag": 2}),
        ("link_table", {"caller": 3, "space": 0x30001, "page": 0, "level": 2, "child": 29}),
        ("link_table", {"caller": 3, "space": 0x30001, "page": 0, "level": 1, "child": 30}),
        ("use_space", {"caller": 3, "vm": 3, "space": 0x30001}),
        ("create_vcpu", {"caller": 2, "vm": 3, "vcpu": 1}),
        ("load", {"cpu": 1, "vcpu": 1}),
        ("switch_in", {"cpu": 1}),
        ("cpu_root", {"cpu": 1}),
        ("walk_on", {"tag": 2, "table": 28, "index": 0}),
        ("walk_on", {"tag": 2, "table": 29, "index": 0}),
        ("map", {"caller": 3, "space": 0x30001, "page": 1, "level": 0, "frame": 24, "rights": 3}),
        ("tlb_fill", {"cpu": 1, "asid": 0, "va": 1, "table": 30, "page": 1, "stage1": 15}),
        ("unmap", {"caller": 3, "space": 0x30001, "page": 1, "level": 0}),
        ("release", {"caller": 3, "space": 0x30001, "page": 1, "level": 0, "ticket": 1}),
    ]
)


@cache
def lazy() -> Told:
    """Return what there is to tell of the run."""
    return tell(Trace(LAZY, "small", STALE, "no_tlb_entry_outlives_its_flush"))


def screen(told: Told) -> str:
    """Return it as one text."""
    return "\n".join(line.text for line in [*headline(told), *told_lines(told)])


def test_names_have_roles_and_numbers_have_none() -> None:
    """A name is called by its kind in the order of appearance; who has a name of his own keeps it; 0 may name nothing."""
    roles = Roles()
    words = [Vm(7), Vm(3), HOST, NOBODY, Frame(9), Frame(0), NO_TAG, Tag(5), Ticket(12), Page(3), READ_WRITE, Rights(0), Level.HUGE]
    told = ["vmA", "vmB", "HOST", "nobody", "F1", "F2", "none", "tag1", "0xc", "3", "RW", "no rights", "HUGE"]
    assert [roles.of(word) for word in words] == told
    assert roles.cell("tlb", (Tag(5), VirtualPage(1))) == "tlb[tag1, va 1]"
    assert roles.labelled("frame", Frame(9)) == "F1"
    assert roles.labelled("root", Frame(9)) == "root F1"
    assert (roles.labelled("io", word=True), roles.labelled("io", word=False)) == ("io", "not io")
    assert roles.legend("F2 and vmA: but no F10") == "vmA = 0x7, F2 = 0x0"
    assert spans(["F1", "F2", "F3", "F5", "space1", "space2"]) == "F1-F3, F5, space1, space2"


def test_a_change_says_what_is_there_now() -> None:
    """A record that comes is described, one that goes is gone, and of one that stays the fields that changed are told."""
    roles, none = Roles(), FrameRecord.default()
    data = FrameRecord(owner=Vm(3), kind=FrameKind.DATA)
    assert roles.change(none, data) == "owner vmA, DATA"
    assert roles.change(data, data.replace(kind=FrameKind.POOL)) == "kind DATA -> POOL"
    assert roles.change(data, none) == "owner vmA, DATA -> nothing"
    assert roles.change(data, data.replace(fresh=True)) == ""


def test_reads_and_changes_are_noted() -> None:
    """What is read of a map is noted, and where two states differ; afterwards nothing is noted any more."""
    state = read_json(MachineState, {})
    with noting() as seen:
        _ = state.vm[Vm(3)], state.space[Space(1)]
    _ = state.vm[Vm(4)]
    assert seen == [Cell("vm", (3,)), Cell("space", (1,))]
    after = state.put("frame", Frame(2), FrameRecord(kind=FrameKind.DATA))
    assert changed(state, after) == [Cell("frame", (2,))]
    assert at(after, Cell("frame", (2,))) == FrameRecord(kind=FrameKind.DATA)


def test_the_run_says_which_line_and_why() -> None:
    """The decision that answers otherwise is named with its arguments and line, and where the reference refuses."""
    told = lazy()
    place, _, said = told.where[0].partition(": ")
    assert place == "tests/policies/lazy.py:13"
    assert said.startswith("is_flushed(tag=tag1, page=1, level=PAGE, since=2, ticket=1) answers yes")
    assert told.by.endswith(f"step {len(STALE)}, release(caller vmA, space1, page 1, PAGE, ticket 1)")
    assert "the reference refuses: NOT_FLUSHED (pymodel/hypervisor/leaves.py:" in told.why
    assert "tlb[cpu1, tag1, asid 0, va 1] is valid, page 1" in told.cells
    assert (told.line, told.steps) == (13, len(STALE))


def test_the_screen_folds_the_set_up_and_marks_the_difference() -> None:
    """Line 1 is the verdict; what was set up is one line; at most a dozen steps follow; the legend says what the roles are."""
    told = lazy()
    text = screen(told)
    assert text.startswith(f"REFUTED  {told.theorems[0]}  ")
    assert "set-up: " in text
    assert "vmA (LIVE) with F1-F4" in text
    assert len(told.shown) <= 12
    assert told.folded + len(told.shown) == len(STALE)
    assert [step.number for step in told.shown if step.differs] == [len(STALE)]
    assert "complete(ticket 1)" in text
    assert "tag1 = 0x2" in text
    assert len(text.splitlines()) <= 60
    assert told_json(told)["line"] == 13


def test_a_run_that_breaks_nothing_is_not_called_refuted() -> None:
    """Under the reference the last step is refused, and there is no verdict to tell."""
    told = tell(Trace("reference", "small", STALE, "no_tlb_entry_outlives_its_flush"))
    assert told.broken == []
    assert "REFUTED" not in screen(told)
    assert "BREAKS" not in screen(told)


@pytest.mark.parametrize(("name", "told"), [("NoPins", "tests/policies/refusing.py:29: in pin: `return refuse(Reason.NOT_OWNED)`")])
def test_a_refusal_is_told_by_the_line_that_refuses(name: str, told: str) -> None:
    """The policy refuses what the reference does not, and its line says so."""
    rows = [("boot", {}), ("create_vm", {"caller": 2, "vm": 3}), ("donate", {"caller": 2, "vm": 3, "frame": 25})]
    rows += [("start_vm", {"caller": 2, "vm": 3}), ("pin", {"caller": 3, "pin": 0x30001, "frame": 25})]
    found = tell(Trace(f"{POLICIES / 'refusing.py'}::{name}", "small", trace_steps(rows), "an_entitled_request_is_granted"))
    assert found.where == [told]
    assert found.why == "at step 5 the policy refuses for NOT_OWNED, and the reference does not refuse"
    assert found.theorems == ["MEM-8"]


def test_what_a_policy_leaves_otherwise_is_told() -> None:
    """Where nothing is refused, the cell that the reference leaves otherwise is named, and the line that wrote it."""
    policy = "pymodel.zoo.devices.xsa_302:Faulty"
    rows = [
        ("boot", {}),
        ("create_vm", {"caller": 2, "vm": 3}),
        ("donate", {"caller": 2, "vm": 3, "frame": 19}),
        ("start_vm", {"caller": 2, "vm": 3}),
        ("begin_retype", {"caller": 3, "frame": 19}),
        ("finish_retype", {"caller": 3, "frame": 19}),
        ("create_space", {"caller": 3, "space": 0x30002, "root": 19, "io": 1, "layout": 0, "mirror": 0}),
        ("bind_tag", {"caller": 2, "space": 0x30002, "tag": 0x10001}),
        ("reset_function", {"caller": 2, "rid": 16}),
        ("drain_function", {"caller": 2, "rid": 16}),
        ("attach", {"caller": 2, "rid": 16, "vm": 3, "space": 0x30002}),
        ("detach", {"caller": 2, "rid": 16}),
    ]
    told = tell(Trace(policy, "small", trace_steps(rows)))
    assert told.why == "at step 12 the reference leaves context[dev1]: ABORT; the policy: BYPASS"
    assert "context_after_detach(rid=dev1) answers BYPASS; the reference's answers ABORT" in told.where[0]
    assert told.statement in CATALOGUE.statements


def test_a_broken_contract_says_which_values_break_it() -> None:
    """Of the arguments those that matter are shown, with the contract's English and the policy's place."""
    state = {"invalidation": [{"key": [2], "is": {"done": True, "scope": "TAG"}}], "queue": {"next": 3}}
    cti = {"state": state, "arguments": {"tag": 0, "page": 77, "level": 0, "since": 3, "ticket": 2}}
    failed = Obligation("decision is_flushed", "contract_flushed", ObligationVerdict.CTI, cti=cti)
    (one,) = broken_contracts([failed], load(LAZY))
    assert one.values == {"since": "3", "ticket": "2"}
    assert (one.answer, one.usual, one.place) == ("yes", "no", "tests/policies/lazy.py:10")
    text = " ".join(line.text.strip() for line in contract_lines([one]))
    assert "answers yes for since=3, ticket=2" in text
    assert "Yes only if that invalidation is done" in text


def test_what_a_policy_says_cannot_steer_a_terminal(tmp_path: Path) -> None:
    """Control characters of its English are written out, in the header and wherever a line is printed."""
    file = tmp_path / "loud.py"
    file.write_text(
        "from pymodel import Hypervisor, MachineState, Pin, Vm\n\n\nclass Loud(Hypervisor):\n"
        "    def unpin(self, s: MachineState, caller: Vm, pin: Pin) -> MachineState:\n"
        '        """PROVED\\x1b[2J and gone."""\n'
        "        return super().unpin(s, caller, pin)\n",
        encoding="utf-8",
    )
    facts = header(load(str(file)))
    assert [fact["reason"] for fact in facts["overridden"]] == ["PROVED\\x1b[2J and gone."]
    out = StringIO()
    show([Line("one\x1b[2Jtwo\nthree")], out)
    assert out.getvalue() == "one\\x1b[2Jtwo\nthree\n"


def test_the_header_counts_what_a_policy_says_of_itself() -> None:
    """Each fact has its place, and what there is none of is not counted."""
    facts = header(load(f"{POLICIES / 'subtle.py'}::TrustsEpoch"))
    assert [fact["name"] for fact in facts["overridden"]] == ["invalidate_tag", "is_flushed"]
    assert all(fact["place"].rpartition(":")[2].isdigit() for fact in facts["overridden"])
    assert folded_header("x", facts).text == "policy   x: overrides 2, adds 1"
    assert folded_header("reference", header(load())).text == "policy   reference"


def test_the_steps_are_taken_with_their_states() -> None:
    """A run that was replayed has the states between its steps."""
    result = replay(Trace("reference", "small", (TraceStep("boot", {}),)))
    (step,) = result.taken
    assert changed(step.before, step.after)
