"""`reach` finds what can happen and says how far it searched; an expression reads the state and does nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.cli.main import run
from proofs.policies import digest
from proofs.policies import load as policy
from proofs.search import walker
from proofs.search.reaching import reach as reaching
from proofs.search.reaching.expressions import ExpressionError, bind, parse
from proofs.search.replaying import replay
from proofs.search.scenarios import SCENARIOS
from proofs.search.walker import Walker
from proofs.traces import Trace, load, to_json, trace_steps
from pymodel.hardware.ids import Frame, Index
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.memory import FrameKind, FrameRecord
from pymodel.language.json_form import read_json
from pymodel.language.truth import any_of
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS

RETYPING = "frame[Frame(0x12)].kind == FrameKind.RETYPING and not s.frame[Frame(0x12)].owner == HOST"
#: In no scenario, and one step from the end of some: the number is one that only the solver would think of.
CHOSEN = "request[Request(0x1234567)].page == Page(0xABCDE12345)"
NEVER = "frame[Frame(1)].owner == Vm(3)"


class Quiet(Hypervisor):
    """Does nothing differently."""


def final(path: Path) -> MachineState:
    """Return the state at the end of a saved trace, every step of which must be accepted."""
    trace = load(path)
    known = {t.name: t for t in steps(Hypervisor())}
    state = PLATFORMS[trace.platform]()
    for step in trace.steps:
        transition = known[step.name]
        state = transition(state, **Walker.typed(transition, dict(step.arguments)))
    assert isinstance(state, MachineState)
    return state


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out all scenarios but a few."""
    few = [s for s in SCENARIOS if s[0] in ("power-on", "early", "in flight")]
    monkeypatch.setattr(reaching, "SCENARIOS", few)
    monkeypatch.setattr(walker, "SCENARIOS", few)


def test_reach_finds_a_state_and_its_trace_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a scenario passes through is found, the trace is short, leads there, and breaks nothing."""
    monkeypatch.chdir(tmp_path)
    assert run(["reach", RETYPING, "--save", "trace.json"]) == 0
    assert "begin_retype" in capsys.readouterr().out
    end = final(Path("trace.json"))
    assert end.frame[Frame(0x12)].kind == FrameKind.RETYPING
    result = replay(load("trace.json"))
    assert [o.actor for o in result.steps if o.refused] == []
    assert (len(result.steps), result.broken) == (5, [])
    assert run(["replay", "trace.json"]) == 0


def test_replay_shows_what_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Expressions are shown after each step, of one actor's steps if asked; what cannot be shown is told with exit 2."""
    monkeypatch.chdir(tmp_path)
    platform, script = next((platform, script) for name, platform, script in SCENARIOS if name == "early")
    early = Trace("reference", platform, trace_steps(script), model_digest=digest(policy(None)))
    Path("trace.json").write_text(json.dumps(to_json(early)), encoding="utf-8")
    asked = ["replay", "trace.json", "--show", "request[Request(1)].phase", "--show", "iommu"]
    assert run(asked) == 0
    both = capsys.readouterr().out
    assert "request[Request(1)].phase = NONE" in both
    assert "iommu = on true, fill ABORT" in both
    assert run([*asked, "--actor", "device"]) == 0
    one = capsys.readouterr().out
    assert "dma_issue" in one
    assert "boot(" not in one
    assert "request[Request(1)].phase = ISSUED" in one
    assert run(["replay", "trace.json", "--actor", "nobody"]) == 2
    assert "device, hypervisor" in capsys.readouterr().err
    assert run(["replay", "trace.json", "--show", "iommu.oops"]) == 2
    assert "no field is called 'oops'" in capsys.readouterr().err


@pytest.mark.usefixtures("short")
def test_reach_asks_the_solver_for_one_step_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments that no walk at random would draw are found by the solver."""
    monkeypatch.chdir(tmp_path)
    assert run(["reach", CHOSEN, "--steps", "1", "--save", "trace.json"]) == 0
    rows = load("trace.json").steps
    assert rows[-1].name == "dma_issue"
    assert (rows[-1].arguments["request"], rows[-1].arguments["page"]) == (0x1234567, 0xABCDE12345)


@pytest.mark.usefixtures("short")
def test_reach_says_how_far_it_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be is not found: exit 3, with the number of steps, and no claim that it cannot be."""
    monkeypatch.chdir(tmp_path)
    assert run(["reach", NEVER, "--steps", "500", "--save", "trace.json"]) == 3
    out = capsys.readouterr().out
    assert "not reached in" in out
    assert "does not show that it cannot be" in out
    assert not Path("trace.json").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1 +", "not Python"),
        ("fram[Frame(1)].clean", "close: frame"),
        ("s.frames[Frame(1)].clean", "close: frame"),
        ("frame[Frame(1)].ownr == HOST", "close: owner"),
        ("frame[Frame(1)].owner", "a Vm is not a truth value"),
        ("frame[Frame(1)]", "a FrameRecord is not a truth value"),
        ("frame[1].clean", "was given a key of type int"),
        ("frame[Frame(1)].owner == Frame(1)", "Vm mixed with Frame"),
        ("False and frame[Frame(1)].owner == Frame(1)", "Vm mixed with Frame"),
        ("frame.clean", "read it as frame[Frame]"),
        ("s.frame == s.frame", "read it as frame[Frame]"),
        ("queue[Ticket(1)].next == 1", "no map"),
        ("s", "name a part of the state"),
        ("frame[Frame(1)].owner in (HOST, NOBODY)", "compare with =="),
        ("__import__('os').system('true')", "cannot be called"),
        ("().__class__.__bases__", "no field is called"),
        ("frame[Frame(1)].__class__ == 1", "no field is called '__class__'"),
        ("frame[Frame(1)].replace(clean=True)", "by position"),
        ("frame.set(Frame(1), 2)", "cannot be called"),
        ("(lambda: 1)()", "cannot be called"),
        ("[x for x in (1,)]", "listcomp is not understood"),
        ("'a' == 'a'", "is no number"),
        ("9 ** 9 == 1", "is not understood"),
        ("1 << 99999999999 == 1", "plain numbers"),
        ("(" * 900 + "1" + ")" * 900, "not Python"),
        ("x" * 5000, "characters"),
    ],
)
def test_nonsense_exits_2_and_says_why(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An expression that makes no sense, or would do more than read the state, is wrong input, and nothing is searched."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reaching, "search", lambda *_: pytest.fail("it searched"))
    assert run(["reach", text]) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.out == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("frame[Frame(7)].clean", True),
        ("not frame[Frame(7)].clean or s.frame[Frame(8)].clean", False),
        ("frame[Frame(7)].clean and frame[Frame(7)].kind == FrameKind.FREE", True),
        ("HOST > frame[Frame(7)].owner == NOBODY < HYPERVISOR", True),
        ("memory[Frame(7), Index(1)].kind == EntryKind.NONE", True),
        ("~frame[Frame(7)].owner & Vm(3) == 3", True),
        ("frame[Frame(7)].owner.to(Frame) + 7 == Frame(7)", True),
        ("any_of(queue.next == 2, iommu.on)", False),
    ],
)
def test_an_expression_means_what_it_says(text: str, expected: bool) -> None:
    """An expression is true of a state exactly when the same Python is."""
    state = read_json(MachineState, {}).put("frame", Frame(7), FrameRecord(kind=FrameKind.FREE, clean=True))
    assert bind(parse(text), text, MachineState)(state) is expected
    assert bind(parse(text), text, MachineState, "negate")(state) is not expected


def test_an_expression_cannot_name_what_a_policy_lacks() -> None:
    """A part of the state that only another policy has is unknown."""
    with pytest.raises(ExpressionError, match="nothing is called 'ledger'"):
        bind(parse("ledger[Frame(1)].clean"), "", Quiet.State)


def test_an_entry_is_compared_with_any_kind() -> None:
    """The vocabulary of an expression holds every closed list of names of the machine."""
    text = " or ".join(f"memory[Frame(1), Index(2)].kind == EntryKind.{n}" for n in EntryKind.names)
    state = read_json(MachineState, {})
    assert any_of(bind(parse(text), text, MachineState)(state), state.slot_note[Frame(1), Index(2)].handle != 0)
