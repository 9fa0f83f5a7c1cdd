"""`apalache-check --server`: a stand-in server that answers, gives up, refuses, hangs, dies and never comes up."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from proofs.cli.apalache import app
from proofs.cli.main import run
from proofs.tla.engines import apalache
from proofs.tla.engines.explorer import _Session
from proofs.tla.engines.server import LostError, Server
from proofs.tla.results import Answer
from tests.places import ROOT
from tests.proofs.tla.engines.test_apalache import HERE, StandIn, check, entry, go_to_work

#: A machine of which everything holds that is asked: it goes from 0 by 1 to 2 and back, and 3 is never reached.
WORLD: dict[str, Any] = {
    "predicates": {"Init": [0], "IndInv": [0, 1, 2]},
    "next": [{"0": [1]}, {"1": [2], "2": [0]}],
    "invariants": {"IndInv": [[0, 1, 2, 3], [0, 1, 2]], "NoStale": [[0, 1, 2]]},
}
INDUCTIVE = ("--inductive", "IndInv")


class Served(StandIn):
    """An installation whose server is the stand-in, and whose plain runs are that of the other tests."""

    def __init__(self, folder: Path) -> None:
        """Install it."""
        super().__init__(folder)
        for name in ("stand_in.py", "stand_in_server.py"):
            (self.bin / name).write_text((HERE / name).read_text(encoding="utf-8"), encoding="utf-8")
        chosen = "'stand_in_server.py' if sys.argv[1] == 'server' else 'stand_in.py'"
        program = f"import runpy, sys\nfrom pathlib import Path\nrunpy.run_path(str(Path(__file__).parent / ({chosen})))\n"
        (self.bin / "apalache-mc").write_text(f"#!{sys.executable}\n{program}", encoding="utf-8")

    def is_in(self, **changes: Any) -> None:
        """Say in which world it is."""
        (self.bin / "world.json").write_text(json.dumps(WORLD | changes), encoding="utf-8")

    def asked(self) -> dict[str, Any]:
        """Return with what the server was started, and what it was asked."""
        found: dict[str, Any] = json.loads((self.bin / "asked.json").read_text(encoding="utf-8"))
        return found

    def plain_runs(self) -> int:
        """Return how many plain runs were made."""
        return len(self.seen()) if (self.bin / "seen.json").exists() else 0

    def has_ended(self) -> bool:
        """Return whether the server is gone, or goes soon."""
        port = int(self.asked()["arguments"][-1].partition("=")[2])
        for _ in range(100):
            with socket.socket() as client:
                client.settimeout(0.1)
                if client.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED:
                    return True
            time.sleep(0.05)
        return False


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Install the stand-in, and go to a folder with the specification."""
    go_to_work(tmp_path, monkeypatch)
    return Served(tmp_path)


def ask(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run `apalache-check --server` on the specification; return the exit code and the JSON."""
    code = check("--server", "--json", "out.json", *arguments)
    return code, json.loads(Path("out.json").read_text(encoding="utf-8"))


def visited(data: dict[str, Any]) -> list[int] | None:
    """Return the states of the counterexample."""
    found = data["counterexample"]
    return None if found is None else [int(state["x"]["#bigint"]) for state in found["states"]]


TOO_WEAK = "inductive, but it does not imply what was asked"


@pytest.mark.parametrize(
    ("changes", "code", "verdict", "states"),
    [
        ({}, 0, "inductive for these constants", None),
        ({"predicates": {"Init": [0, 9], "IndInv": [0, 1, 2]}}, 1, "refuted", [9]),
        ({"next": [{"0": [1]}, {"2": [3]}]}, 3, "not-inductive", [2, 3]),
        ({"invariants": WORLD["invariants"] | {"NoStale": [[0, 1]]}}, 3, TOO_WEAK, [2]),
        ({"predicates": {"Init": [], "IndInv": [0]}}, 3, "vacuous", None),
        ({"predicates": {"Init": [0], "IndInv": []}}, 3, "vacuous", None),
        ({"next": [{}, {}]}, 3, "vacuous", None),
    ],
)
def test_the_three_checks_have_their_verdict(
    served: Served, changes: dict[str, Any], code: int, verdict: str, states: list[int] | None
) -> None:
    """The three checks through the server give the verdicts that plain runs give, and no plain run is made."""
    served.is_in(**changes)
    got, data = ask(*INDUCTIVE)
    assert (got, data["verdict"], served.plain_runs(), served.has_ended()) == (code, verdict, 0, True)
    if verdict != "vacuous":
        assert visited(data) == states


@pytest.mark.parametrize(
    ("changes", "arguments", "outcome", "states"),
    [
        ({}, ["--length", "5"], "pass", None),
        ({"next": [{"0": [1], "1": [2], "2": [9]}, {"1": [9]}]}, ["--length", "5"], "violation", [0, 1, 9]),
        ({"next": [{"0": [1]}]}, ["--length", "1"], "pass", None),
        ({"next": [{"0": [1]}]}, ["--length", "2"], "deadlock", [0, 1]),
        ({"predicates": {"Init": []}}, ["--length", "2"], "vacuous", None),
        ({"next": [{"0": [3]}]}, ["--length", "5", "--inv", "IndInv"], "violation", [0, 3]),
    ],
)
def test_a_bounded_check_has_its_outcome(
    served: Served, changes: dict[str, Any], arguments: list[str], outcome: str, states: list[int] | None
) -> None:
    """A bounded check finds the shortest counterexample, and a deadlock only where no transition is possible after any path."""
    served.is_in(**changes)
    _, data = ask(*arguments)
    assert (data["outcome"], visited(data), served.plain_runs()) == (outcome, states, 0)


def test_a_violation_names_its_invariant_and_hides_no_other(served: Served) -> None:
    """Of several invariants the violated one is named, also if the search for another ended before it."""
    served.is_in(invariants={"NoStale": [[0, 1, 2]], "Second": [[0]]}, next=[{"0": [1]}])
    code, data = ask("--inv", "Second", "--length", "3")
    assert (code, data["outcome"], data["broken"], visited(data)) == (1, "violation", ["Second"], [0, 1])


def test_a_violation_is_a_table_and_an_itf_file(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    """A trace of the server is shown as what changed, without the constants, and saved as ITF."""
    served.is_in(next=[{"0": [1]}, {"1": [9]}])
    assert ask("--length", "5", "--save", "out")[0] == 1
    assert "x: 1 -> 9" in capsys.readouterr().out
    assert json.loads(Path("out/Frames.itf.json").read_text(encoding="utf-8"))["params"] == ["N"]


@pytest.mark.parametrize("trace", [None, {"states": "none"}])
def test_a_violation_without_a_trace_is_one(served: Served, trace: object) -> None:
    """A violation whose trace is missing or makes no sense is still a violation."""
    served.is_in(fault={"method": "checkInvariant", "does": "result", "result": {"invariantStatus": "VIOLATED", "trace": trace}})
    code, data = ask()
    assert (code, data["outcome"], data["counterexample"]) == (1, "violation", None)


@pytest.mark.parametrize(
    ("method", "call", "result"),
    [
        ("assumeTransition", 1, {"status": "UNKNOWN"}),
        ("assumeTransition", 5, {"status": "UNKNOWN"}),
        ("checkInvariant", 1, {"invariantStatus": "UNKNOWN", "trace": None}),
        ("checkInvariant", 6, {"invariantStatus": "UNKNOWN", "trace": None}),
    ],
)
def test_what_the_solver_does_not_decide_is_unknown(served: Served, method: str, call: int, result: dict[str, Any]) -> None:
    """An answer UNKNOWN, wherever it comes, is neither a pass nor a transition that is not possible."""
    served.is_in(fault={"method": method, "call": call, "does": "result", "result": result})
    code, data = ask(*INDUCTIVE)
    assert (code, data["outcome"], data["verdict"], served.plain_runs()) == (3, "unknown", "unknown", 0)


def test_an_invariant_that_holds_does_not_hide_one_that_is_not_decided(served: Served) -> None:
    """Of several invariants each must hold: what is not known of the second is not known of both."""
    fault = {"method": "checkInvariant", "call": 2, "does": "result", "result": {"invariantStatus": "UNKNOWN"}}
    served.is_in(fault=fault)
    code, data = ask("--inv", "IndInv", "--length", "0")
    assert (code, data["outcome"]) == (3, "unknown")


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"predicates": {"IndInv": [0]}}, "nothing of that name"),
    ({"actions": ["IndInv"]}, "no invariant of states"),
    ({"invariants": {"NoStale": [[0, 1, 2]]}}, "no invariant of states"),
    ({"fault": {"method": "checkInvariant", "does": "http"}}, "HTTP status 500"),
    ({"fault": {"method": "nextStep", "does": "empty"}}, "not answered in JSON"),
    ({"fault": {"method": "nextStep", "does": "result", "result": {"newStepNo": 0, "snapshotId": 0}}}, "step 1 is 0"),
    ({"fault": {"method": "checkInvariant", "does": "result", "result": {"invariantStatus": "FINE"}}}, "'FINE'"),
    ({"fault": {"method": "checkInvariant", "does": "result", "result": {}}}, "not of the known form"),
    ({"fault": {"method": "checkInvariant", "does": "result", "result": []}}, "no known form"),
    ({"fault": {"method": "checkInvariant", "does": "both"}}, "and yet an error"),
    ({"fault": {"method": "loadSpec", "does": "result", "result": {"sessionId": "1"}}}, "not of the known form"),
    ({"fault": {"method": "loadSpec", "does": "die"}}, "not answered"),
    ({"fault": {"method": "checkInvariant", "does": "die"}}, "not answered"),
    ({"start": "exit"}, "ended before it came up"),
]


@pytest.mark.parametrize(("changes", "told"), FAULTS)
def test_what_the_server_does_not_answer_is_asked_of_a_plain_run(
    served: Served, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], told: str
) -> None:
    """Where the server has no clear answer, that of the plain run counts, whatever it is, and one line says why."""
    served.is_in(**changes)
    served.plays(entry("too-short"))
    code, data = ask(*INDUCTIVE)
    assert (code, data["outcome"], served.plain_runs(), served.has_ended()) == (3, "vacuous", 1, True)
    lines = [line for line in capsys.readouterr().err.splitlines() if "not through the server" in line]
    assert [told in line for line in lines] == [True]


def test_too_many_paths_are_left_to_a_plain_run(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    """The server takes one sequence of transitions at a time; where there are many, a plain run is made."""
    served.is_in(next=[{"0": [0]}] * 15)
    served.plays(entry("no-error"))
    code, data = ask("--length", "2")
    assert (code, data["engine"], served.plain_runs()) == (0, "Apalache 0.62.1", 1)
    assert "225 sequences of 3 transitions" in capsys.readouterr().err


def test_a_server_that_is_gone_is_not_started_again(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    """After the server has died the checks that are left are plain runs, and that is said once."""
    served.is_in(fault={"method": "checkInvariant", "call": 4, "does": "die"})
    served.plays(entry("inductive"), entry("no-error"))
    code, data = ask(*INDUCTIVE)
    engines = [made["engine"] for made in data["checks"]]
    assert (code, engines) == (0, ["Apalache's server", "Apalache 0.62.1", "Apalache 0.62.1"])
    assert capsys.readouterr().err.count("not through the server") == 1


def test_a_server_that_is_given_up_ends_before_a_plain_run(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server in no state to be asked again does not keep its memory while a plain run needs it."""
    served.is_in(fault={"method": "checkInvariant", "does": "http"})
    served.plays(entry("no-error"))
    real, ended = apalache.ask, []

    def after(*arguments: Any) -> Answer:
        ended.append(served.has_ended())
        return real(*arguments)

    monkeypatch.setattr(apalache, "ask", after)
    assert ask()[0] == 0
    assert ended == [True]


def test_a_question_that_it_does_not_take_leaves_the_server_the_others(served: Served) -> None:
    """A refusal is about one check; the next is asked of the same server."""
    served.is_in(fault={"method": "loadSpec", "does": "result", "result": {}})
    served.plays(entry("no-error"))
    code, data = ask(*INDUCTIVE)
    engines = [made["engine"] for made in data["checks"]]
    assert (code, engines) == (0, ["Apalache 0.62.1", "Apalache's server", "Apalache's server"])


@pytest.mark.parametrize("method", ["loadSpec", "assumeTransition", "checkInvariant"])
def test_a_server_that_hangs_is_ended(served: Served, method: str) -> None:
    """When the time is up nothing is known, no plain run begins, and the server is ended."""
    served.is_in(fault={"method": method, "does": "hang"})
    code, data = ask(*INDUCTIVE, "--timeout", "2")
    assert (code, data["outcome"], served.plain_runs(), served.has_ended()) == (3, "timeout", 0, True)
    assert 2 <= data["seconds"] < 30


def test_a_server_that_does_not_come_up_is_given_up(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server has a stated time to come up; then plain runs are made, and the server is ended."""
    monkeypatch.setattr("proofs.tla.engines.server.STARTUP", 1.0)
    served.is_in(start="never")
    served.plays(entry("violation"))
    assert ask(*INDUCTIVE)[0] == 1
    assert "did not come up within 1 s" in capsys.readouterr().err
    assert is_dead(served.asked()["pid"])


def test_the_time_limit_holds_while_the_server_comes_up(served: Served) -> None:
    """A server that does not come up does not outlast the time limit."""
    served.is_in(start="never")
    code, data = ask(*INDUCTIVE, "--timeout", "1")
    assert (code, data["outcome"], data["seconds"] < 15, served.plain_runs()) == (3, "timeout", True, 0)


def test_another_servers_answer_is_not_believed() -> None:
    """After our server has ended, whoever answers on its port is another one."""

    class Other(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"result": {}}')

    with HTTPServer(("127.0.0.1", 0), Other) as other, subprocess.Popen([sys.executable, "-c", ""], text=True) as process:
        process.wait()
        threading.Thread(target=other.handle_request, daemon=True).start()
        with pytest.raises(LostError, match="the server has ended"):
            Server(process, other.server_port).call("health", {}, float("inf"))


def is_dead(number: int) -> bool:
    """Return whether a process is gone, or goes soon; one that nobody has waited for yet is."""
    for _ in range(100):
        try:
            if Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(") ")[2].startswith("Z"):
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_server_does_not_outlive_who_started_it(served: Served, number: signal.Signals) -> None:
    """Ctrl-C, an end asked for and an end by force end the server too; the first two have their exit codes."""
    served.is_in(fault={"method": "checkInvariant", "does": "hang"})
    code = "import proofs.cli.apalache as command; command.main()"
    command = [sys.executable, "-c", code, "--server", "--inv", "NoStale", "Frames.tla"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - this very program
        asked = served.bin / "asked.json"
        while not (asked.exists() and "checkInvariant" in asked.read_text(encoding="utf-8")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(30) == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[number]
    assert served.has_ended()


def test_an_interrupt_keeps_what_is_known(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt in the second of three checks ends with its code, the first check is reported, the server is ended."""
    served.is_in()
    real = _Session.follow

    def once(session: _Session, path: tuple[int, ...]) -> int:
        if path:
            raise KeyboardInterrupt
        return real(session, path)

    monkeypatch.setattr(_Session, "follow", once)
    code, data = ask(*INDUCTIVE)
    assert (code, [made["claim"] for made in data["checks"]]) == (130, ["Init implies IndInv"])
    assert served.has_ended()


def test_the_server_has_the_surroundings_of_a_plain_run(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """One server is started, in a clean folder and environment; its file of options names what gives the constants."""
    monkeypatch.setenv("PORT", "leaked")
    monkeypatch.setenv("CONFIG_FILE", "leaked")
    Path(".apalache.json").write_text('{"checker": {"cinit": "Leaked"}}', encoding="utf-8")
    served.is_in()
    assert ask(*INDUCTIVE)[0] == 0
    asked = served.asked()
    assert asked["arguments"][:2] == ["server", "--server-type=explorer"]
    assert {"PORT", "CONFIG_FILE"}.isdisjoint(asked["environment"])
    assert asked["environment"]["JVM_ARGS"].startswith("-Xmx")
    assert sorted(asked["files"]) == [".apalache.json", "Frames.tla"]
    assert json.loads(asked["files"][".apalache.json"]) == {"checker": {"cinit": "CInit"}}
    loaded = [[params["init"], params["next"], params["invariants"]] for method, params in asked["calls"] if method == "loadSpec"]
    assert loaded == [["Init", "Next", ["IndInv"]], ["IndInv", "Next", ["IndInv"]], ["IndInv", "Next", ["NoStale"]]]


@pytest.mark.usefixtures("served")
def test_tlc_has_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    """To ask TLC through a server of Apalache is wrong input."""
    assert check("--server", "--engine", "tlc") == 2
    assert "--server is for Apalache" in capsys.readouterr().err


def test_the_help_says_who_can_reach_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` warns that the server listens on every interface."""
    assert run(["--help"], app, "apalache-check") == 0
    assert "every network interface" in " ".join(capsys.readouterr().out.split())
