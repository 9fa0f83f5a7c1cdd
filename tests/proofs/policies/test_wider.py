"""Contracts that a policy widens: what it says that its operations change besides, and whose authority that needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proofs.cli.main import run as command
from proofs.engine.induction import Induction, Limits
from proofs.engine.keys import questions
from proofs.engine.query import FIRST
from proofs.engine.solvers.solver import forget
from proofs.policies import PolicyError, digest, load
from proofs.policies.policy_statements import stated, statements_of, widenings
from proofs.prove.prove import ProveOptions, prove
from proofs.prove.step_prover import Setup, StepProver
from proofs.report.cite import citation, citation_text
from proofs.report.json_report import prove_json
from proofs.report.prove_text import prove_lines
from proofs.theorems import CATALOGUE
from proofs.theorems.operations.footprints import FOOTPRINTS
from pymodel.machine import steps
from tests.places import POLICIES
from tests.searching import with_one_argument_changed
from tests.tiers import sampled

FILE = POLICIES / "wider.py"
ANSWER = "an_answer_tells_only_what_the_caller_sees"
RIGHTFUL = {part: footprint.__name__ for part, footprint in FOOTPRINTS.items()}
#: Each sound policy, with its step, and the parts of which that is not proved where the policy does not say what it changes.
SOUND: dict[str, tuple[str, set[str]]] = {
    "ClearsFault": ("detach", {"fault"}),
    "CollectsDirty": ("protect", {"memory"}),
    "FlushesAtOnce": ("retire_tag", {"invalidation", "queue"}),
    "NotesInHandle": ("take_handle", {"handle"}),
}
#: Each policy that says less than it does, or does what nobody may, that a run from boot refutes, and a statement that this breaks.
REFUTED: dict[str, str] = {
    "ClearsMore": RIGHTFUL["fault"],
    "ClearsCrosswise": RIGHTFUL["fault"],
    "ClearsElsewhere": RIGHTFUL["fault"],
    "ClearsInAnother": RIGHTFUL["fault"],
    "FlushesUnqueued": RIGHTFUL["queue"],
    "RaisesGrant": RIGHTFUL["grant"],
    "EndsAnother": RIGHTFUL["vm"],
    "HandsSearchOn": "a_search_is_its_vms",
    "GivesFrame": "only_the_frame_named_changes_hands",
    "MastersForItsOwner": RIGHTFUL["pcie"],
    "SchedulerEnds": RIGHTFUL["vm"],
}
#: Each other one, with its step, and a statement about that which is not proved.
NOT_PROVED: dict[str, tuple[str, str]] = {
    "ClearsNeighbours": ("set_master", RIGHTFUL["fault"]),
    "MovesVcpu": ("pin", RIGHTFUL["vcpu"]),
    "TellsByHandle": ("take_handle", ANSWER),
    "TellsByTheQueue": ("retire_tag", ANSWER),
}
#: Of these nothing else fails.
ALONE = ("ClearsNeighbours", "TellsByHandle", "TellsByTheQueue")


def policy(name: str) -> Any:
    """Return a policy of the file."""
    return load(f"{FILE}::{name}").instance()


def failing(name: str, step: str, wanted: set[str]) -> set[str]:
    """Return what is not proved of a step of a policy: of some statements, or of all; what other tests left steers no solver."""
    forget()
    made = policy(name)
    invariants, about, assumed = statements_of(made)
    decide = Induction(made, invariants, [st for st, _ in assumed], Limits(), about)
    run = decide.explored(next(t for t in steps(made) if t.name == step))
    assert not run.why
    asked = [st for st in (*invariants, *about) if not wanted or st.name in wanted]
    assert wanted <= {st.name for st in asked}
    return {st.name for st in asked if not decide.decided_of(run, st, FIRST).holds}


def survey(name: str) -> set[str]:
    """Return what the run from boot breaks that scripted runs lead to, if there is one."""
    return {
        st
        for _, broken in StepProver(Setup(f"{FILE}::{name}", 60_000_000)).run_from_boot(with_one_argument_changed)
        for st in broken
    }


@pytest.mark.parametrize("name", sampled(SOUND))
def test_what_a_sound_policy_says_that_it_changes_it_may(name: str) -> None:
    """All that is stated of its step is proved; where it does not say so, a run breaks the footprints of those parts alone."""
    step, parts = SOUND[name]
    assert failing(name, step, set()) == set()
    assert survey(f"{name}Unsaid") == {RIGHTFUL[part] for part in parts}


@pytest.mark.parametrize("name", sampled(REFUTED))
def test_what_it_does_not_say_or_nobody_may_is_refuted(name: str) -> None:
    """A run from boot shows it: fields, keys and operations that are not named, and what is another's, whatever is named."""
    assert REFUTED[name] in survey(name)


@pytest.mark.parametrize("name", sampled(NOT_PROVED))
def test_what_is_anothers_is_not_proved(name: str) -> None:
    """To say that it is changed, or noted, does not help: what is written there is told, and must be the caller's to change."""
    step, statement = NOT_PROVED[name]
    assert failing(name, step, set() if name in ALONE else {statement}) == {statement}


def test_it_is_honoured_for_the_operation_named_alone() -> None:
    """The question of another operation is as the reference's, and what it writes is told as before; the own one's differs."""
    with_it, without = policy("ClearsFault"), policy("ClearsFaultUnsaid")
    about, name = stated(with_it), RIGHTFUL["fault"]
    assert {n for n, st in about.items() if st is not CATALOGUE.statements[n]} == {name, ANSWER}
    items: list[dict[str, str]] = []
    for made in (with_it, without):
        decide = Induction(made, [], [], Limits(), [stated(made)[name]])
        runs = {t.name: decide.explored(t) for t in steps(made) if t.name in ("detach", "drain_function")}
        keys = {n: questions.of_step(decide, "base", run, run, []) for n, run in runs.items()}
        items.append({n: key.items[name] for n, key in keys.items() if key is not None})
    assert items[0]["drain_function"] == items[1]["drain_function"]
    assert items[0]["detach"] != items[1]["detach"]
    told = stated(policy("KeepsTrack"))[ANSWER].told
    assert told("protect", "mirror_link")
    assert not told("unmap", "mirror_link")
    assert not told("protect", "reference")


def test_a_key_may_be_how_one_begins() -> None:
    """All slots of a frame are at that frame; a slot is itself, and of one record the method says whether."""
    (of_one,) = widenings(policy("ClearsFault"))
    rid, other = (of_one.statement.params["rid"](n) for n in (3, 4))
    assert of_one.holds((rid, other), None, {"rid": rid})
    assert not of_one.holds((other, rid), None, {"rid": rid})
    says = {one.part: one for one in widenings(policy("FlushesAtOnce"))}
    assert says["queue"].holds((), None, {}) is True


def test_the_report_says_so_like_an_assumption() -> None:
    """It stands in the head of the report, in JSON and in a citation, and a policy without it is another policy."""
    loaded = load(f"{FILE}::ClearsFault")
    report = prove(loaded, ProveOptions(budget=0.0, cache=False), lambda *_: None)
    (told,) = report.widened
    says = "detach may change valid and kind and page and write of fault too: What is reported of the function is cleared."
    assert (told["name"], told["reason"]) == ("fault_of_detached", says)
    assert told["place"].endswith("wider.py:60")
    assert prove_json(report)["widened"] == [told]
    text = " ".join(" ".join(line.text for line in prove_lines(report, {})).split())
    assert "widens fault_of_detached: detach may change" in text
    cited = citation(report, report.theorems[0], {}, loaded.spec)
    assert json.dumps(cited["widened_by_the_policy"]) == json.dumps([told])
    assert "The policy widens fault_of_detached: detach may change" in " ".join(citation_text(cited).split())
    assert digest(loaded) != digest(load(f"{FILE}::ClearsFaultUnsaid"))
    assert widenings(load(f"{FILE}::ClearsFaultUnsaid").instance()) == []


HEAD = """\
from pymodel import HOST, Frame, Hypervisor, Index, MachineState, Map, Pin, Reason, Record, Rid, Ticket, Vm
from pymodel import invariant, operation, require, widens
class Note(Record):
    used: bool = False
class Noted(MachineState):
    note: Map[Vm, Note]
class P(Hypervisor):
    State = Noted
    @operation
    def mine(self, s: Noted, caller: Vm) -> Noted:
        return s
"""
RID, FRAME, SLOT = (
    "rid: Rid) -> Rid:\n        return rid",
    "frame: Frame) -> Frame:\n        return frame",
    "frame: Frame) -> {}:\n        return {}",
)
#: What stands above a method, the method from its arguments on, where that is refused (0 above it, 1 at it) and a word of why.
MALFORMED = [
    ("@widens", RID, 0, "names operations, one part of the state and fields"),
    ("@widens('detach', 'fault')", RID, 0, "names operations, one part"),
    ("@widens('detach', 'fault', ' ')", RID, 0, "names operations, one part"),
    ("@widens(' ', 'fault', 'valid')", RID, 0, "names operations, one part"),
    ("@widens('detach', 'fault', HOST)", RID, 0, "names operations, one part"),
    ("@widens('detach', 'fault', 'valid', 'kind')", RID, 0, '@widens("operation", "part", "field")'),
    ("@widens('detach', 'fault', fields='valid')", RID, 0, "names operations, one part"),
    ("@widens('detatch', 'fault', 'valid')", RID, 0, "detatch is no operation of the reference, as detach is"),
    ("@widens('dma_fault', 'fault', 'valid')", RID, 0, "dma_fault is no operation of the reference"),
    ("@widens('mine', 'fault', 'valid')", RID, 0, "mine is no operation of the reference"),
    ("@widens('detach', 'falt', 'valid')", RID, 0, "falt is no part that an operation may change, as fault is"),
    ("@widens('detach', 'platform', 'frames')", RID, 0, "platform is no part that an operation may change"),
    ("@widens('detach', 'note', 'used')", RID, 0, "note is the policy's own, which every operation may change"),
    ("@widens('detach', 'fault', 'valid owner')", RID, 0, "owner is no field of fault, which has valid, kind, page, write"),
    ("@widens('detach', 'fault', 'valit')", RID, 0, "valit is no field of fault"),
    ("@widens('pin', 'fault', 'valid')", RID, 1, "rid is no argument of pin, which takes (caller: Vm, pin: Pin, frame: Frame)"),
    ("@widens('pin unpin', 'frame', 'clean')", FRAME, 1, "frame is no argument of unpin"),
    ("@widens('pin', 'fault', 'valid')", FRAME, 1, "f comes to Frame, and Rid is asked for"),
    (
        "@widens('pin', 'fault', 'valid')",
        "frame: Frame) -> bool:\n        return frame == 0",
        1,
        "a truth value, and Rid is asked for",
    ),
    (
        "@widens('pin', 'queue', 'next')",
        "frame: Frame) -> Ticket:\n        return s.queue.next",
        1,
        "and a truth value is asked for",
    ),
    ("@widens('pin', 'memory', 'kind')", SLOT.format("tuple[Index, Frame]", "(Index(0), frame)"), 1, "(Frame, Index) is asked for"),
    ("@widens('pin', 'memory', 'kind')", SLOT.format("Index", "Index(0)"), 1, "comes to Index, and Frame is asked for"),
    ("@widens('pin', 'memory', 'kind')", SLOT.format("Any", "()"), 1, "(Frame) is asked for"),
    (
        "@widens('pin', 'memory', 'kind')",
        SLOT.format("tuple[Frame, Index, Index]", "(frame, Index(0), Index(0))"),
        1,
        "(Frame, Index) is asked for",
    ),
    (
        "@widens('pin', 'frame', 'clean')",
        FRAME.replace("return", "require(frame == 0, Reason.POLICY)\n        return"),
        1,
        "f may refuse",
    ),
    ("@widens('pin', 'frame', 'clean')\n    @operation", FRAME, -1, "a method has one of @operation"),
]


@pytest.mark.parametrize(("above", "method", "at", "word"), MALFORMED)
def test_a_malformed_widening_is_refused_where_it_stands(tmp_path: Path, above: str, method: str, at: int, word: str) -> None:
    """What does not fit is told at its line and column, with what would, before anything is run."""
    path = tmp_path / "p.py"
    path.write_text(f"from typing import Any\n{HEAD}    {above}\n    def f(self, s: Noted, {method}\n", encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load(f"{path}::P")
    line = HEAD.count("\n") + 2 + abs(at)
    assert [(f.line, f.column) for f in caught.value.findings if word in f.why] == [(line, 6 if at < 1 else 5)], (
        caught.value.findings
    )


def test_well_formed_ones_load(tmp_path: Path) -> None:
    """A whole key, the beginning of one, a record that is the only one, several operations; exit 2 is for what is none of these."""
    several = [
        ("'detach reset_function', 'fault', 'valid page'", f"a(self, s: Noted, {RID}"),
        ("'pin', 'memory', 'kind'", f"b(self, s: Noted, {FRAME}"),
        ("'pin', 'memory', 'kind'", f"c(self, s: Noted, {SLOT.format('tuple[Frame, Index]', '(frame, Index(0))')}"),
        ("'pin', 'queue', 'next'", "d(self, s: Noted, pin: Pin) -> bool:\n        return pin == 0"),
    ]
    path = tmp_path / "p.py"
    path.write_text(HEAD + "".join(f"    @widens({what})\n    def {method}\n" for what, method in several), encoding="utf-8")
    found = widenings(load(f"{path}::P").instance())
    assert [(one.operations, one.part, one.fields) for one in found][:2] == [
        (("detach", "reset_function"), "fault", ("valid", "page")),
        (("pin",), "memory", ("kind",)),
    ]
    assert len(found) == len(several)
    path.write_text(path.read_text(encoding="utf-8").replace("'queue'", "'cue'"), encoding="utf-8")
    assert command(["prove", f"{path}::P"]) == 2
