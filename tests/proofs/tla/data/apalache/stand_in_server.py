"""Stands in for Apalache's explorer server, as far as its source and its one client tell what it does.

It is no solver: beside it lies `world.json`, a machine whose states are numbers. `predicates` lists the states of each
predicate that may be the initial one, `next` the steps of each transition by the number where they start, `invariants` the
conjuncts of each invariant as lists of states, `actions` and `traces` the invariants that are none of states. `fault` names
a method, the number of its call, and what happens then. What was asked of it goes into `asked.json`.
"""

import base64
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

here = Path(__file__).parent
world: dict[str, Any] = json.loads((here / "world.json").read_text(encoding="utf-8"))
files = {path.name: path.read_text(encoding="utf-8") for path in Path.cwd().iterdir()}
asked: dict[str, Any] = {
    "arguments": sys.argv[1:],
    "environment": dict(os.environ),
    "files": files,
    "pid": os.getpid(),
    "calls": [],
}
sessions: dict[str, "Session"] = {}


class RefusalError(Exception):
    """An error that is told in the answer."""


class Session:
    """A specification that is loaded: the traces that follow the transitions taken, and the snapshots to go back to."""

    def __init__(self, init: str, names: list[str]) -> None:
        """Load it."""
        self.init = [list(world["predicates"][init])]
        self.conjuncts = [set(part) for name in names for part in world["invariants"].get(name, [])]
        self.traces: list[list[int]] = [[]]
        self.step, self.picked, self.depth = 0, False, 0
        self.snapshots: dict[int, tuple[Any, ...]] = {}

    def snapshot(self) -> int:
        """Keep the state of the search; return the number to go back to it."""
        self.snapshots[self.depth] = (self.traces, self.step, self.picked)
        self.depth += 1
        return self.depth - 1

    def rollback(self, number: int) -> dict[str, Any]:
        """Go back."""
        if number not in self.snapshots:
            raise RefusalError(f"Snapshot not found: {number}")
        self.snapshots = {at: kept for at, kept in self.snapshots.items() if at <= number}
        self.traces, self.step, self.picked = self.snapshots[number]
        self.depth = number
        return {"snapshotId": number}

    def assume(self, transition: int, *, check: bool) -> dict[str, Any]:
        """Take a transition."""
        assert not self.picked
        before = self.snapshot()
        steps = (
            (lambda trace: world["next"][transition].get(str(trace[-1]), [])) if self.step else (lambda _: self.init[transition])
        )
        self.traces = [[*trace, state] for trace in self.traces for state in steps(trace)]
        self.picked = True
        after = self.snapshot()
        if check and not self.traces:
            self.rollback(before)
            return {"status": "DISABLED", "snapshotId": before}
        return {"status": "ENABLED" if check else "UNKNOWN", "snapshotId": after}

    def advance(self) -> dict[str, Any]:
        """Go to the state after it."""
        assert self.picked
        self.picked, self.step = False, self.step + 1
        return {"snapshotId": self.snapshot(), "newStepNo": self.step}

    def check(self, number: int, kind: str) -> dict[str, Any]:
        """Check a conjunct in that state; before the first state, and for an action, it is satisfied."""
        if kind != "STATE" or not self.step:
            return {"invariantStatus": "SATISFIED", "trace": None}
        bad = [trace for trace in self.traces if trace[-1] not in self.conjuncts[number]]
        return {"invariantStatus": "VIOLATED" if bad else "SATISFIED", "trace": itf(bad[0]) if bad else None}


def itf(trace: list[int]) -> dict[str, Any]:
    """Return a trace in the ITF format."""
    states = [{"#meta": {"index": n}, "x": {"#bigint": str(x)}, "N": {"#bigint": "7"}} for n, x in enumerate(trace)]
    return {"#meta": {"format": "ITF"}, "params": ["N"], "vars": ["x"], "states": states}


def load(params: dict[str, Any]) -> dict[str, Any]:
    """Load the specification."""
    source = base64.b64decode(params["sources"][0]).decode()
    if "MODULE Frames" not in source or params["init"] not in world["predicates"]:
        raise RefusalError("Failed to load specification: nothing of that name")
    session = Session(params["init"], params["invariants"])
    name = str(len(sessions) + 1)
    sessions[name] = session
    counts = {
        "initTransitions": len(session.init),
        "nextTransitions": len(world["next"]),
        "stateInvariants": len(session.conjuncts),
        "actionInvariants": sum(one in world.get("actions", []) for one in params["invariants"]),
    }
    entries = {kind: [{"index": n, "labels": []} for n in range(count)] for kind, count in counts.items()}
    return {"sessionId": name, "snapshotId": session.snapshot(), "specParameters": entries}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a call."""
    if method == "health":
        return {"status": "OK"}
    if method == "loadSpec":
        return load(params)
    assert method
    session = sessions[params["sessionId"]]
    calls: dict[str, Callable[[], dict[str, Any]]] = {
        "rollback": lambda: session.rollback(params["snapshotId"]),
        "assumeTransition": lambda: session.assume(params["transitionId"], check=params["checkEnabled"]),
        "nextStep": session.advance,
        "checkInvariant": lambda: session.check(params["invariantId"], params["kind"]),
        "query": lambda: {"trace": itf(session.traces[0]) if session.traces and params["kinds"] == ["TRACE"] else None},
    }
    assert method in calls
    return calls[method]()


class Handler(BaseHTTPRequestHandler):
    """One call."""

    def do_POST(self) -> None:
        """Answer, or do what the fault says."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method, params = request["method"], request["params"]
        asked["calls"].append([method, {name: value for name, value in params.items() if name != "sources"}])
        (here / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
        called = sum(one == method for one, _ in asked["calls"])
        fault = world.get("fault", {})
        does = fault.get("does", "") if (method, called) == (fault.get("method"), fault.get("call", 1)) else ""
        if does == "hang":
            time.sleep(600)
        if does == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        self.reply(500 if does == "http" else 200, request, "" if does == "empty" else method, params, does)

    def reply(self, status: int, request: dict[str, Any], method: str, params: dict[str, Any], does: str) -> None:
        """Answer in JSON; where an assertion fails, with nothing at all, as the real one does."""
        body: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            body["result"] = world["fault"]["result"] if does == "result" else answer(method, params)
        except RefusalError as error:
            body["error"] = {"code": 255, "message": str(error)}
        except AssertionError:
            body = {}
        if does == "both":
            body["error"] = {"code": -32603, "message": "and yet an error"}
        data = json.dumps(body).encode() if body else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


(here / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
if world.get("start") == "exit":
    sys.exit(1)
if world.get("start") == "never":
    time.sleep(600)
HTTPServer(("127.0.0.1", int(sys.argv[-1].partition("=")[2])), Handler).serve_forever()
