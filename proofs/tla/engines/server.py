"""Apalache's explorer server: started on a free port of this machine, called in JSON-RPC, and ended in every case.

Its form is that of Apalache 0.62.1. It listens on all interfaces of the machine; nobody can tell it not to.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from proofs.tla.engines import kill_with_parent
from proofs.tla.engines.apalache import surroundings
from proofs.tla.engines.process import Canceller

__all__ = ["LostError", "NoAnswerError", "Server", "TimeUpError", "started"]

#: Seconds that the server has to come up, and between two looks whether it did.
STARTUP = 30.0
LOOK = 0.1
#: Apalache's file of options, for the folder it runs in: the only way to name CInit to a server.
OPTIONS = ".apalache.json"


class NoAnswerError(Exception):
    """The server gave no answer that can be believed; the message says why."""


class LostError(NoAnswerError):
    """The server is gone, or in no state to be asked again."""


class TimeUpError(Exception):
    """The time was up before the server answered."""


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    process: subprocess.Popen[str]
    port: int

    @property
    def ended(self) -> bool:
        """Return whether it runs no more."""
        return self.process.poll() is not None

    def call(self, method: str, params: Mapping[str, Any], deadline: float) -> dict[str, Any]:
        """Call a method and return its result; `deadline` is a time of the monotonic clock."""
        status, data = self._post(method, params, deadline)
        if self.ended:
            raise LostError("the server has ended")  # then it was another one that answered
        if status != 200:
            raise LostError(f"{method} ended with HTTP status {status}")
        try:
            reply = json.loads(data)
        except ValueError as error:
            raise LostError(f"{method} was not answered in JSON") from error
        result = reply.get("result") if isinstance(reply, dict) and "error" not in reply else None
        if not isinstance(result, dict):
            raise NoAnswerError(f"{method} failed: {_told(reply)}")
        return result

    def _post(self, method: str, params: Mapping[str, Any], deadline: float) -> tuple[int, bytes]:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeUpError
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        connection = HTTPConnection("127.0.0.1", self.port, timeout=None if left == float("inf") else left)
        try:
            connection.request("POST", "/rpc", body.encode(), {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        except TimeoutError as error:
            raise TimeUpError from error
        except (OSError, HTTPException) as error:
            raise LostError(f"{method} was not answered: {str(error) or type(error).__name__}") from error
        finally:
            connection.close()


def _told(reply: Any) -> str:
    error = reply.get("error") if isinstance(reply, dict) else None
    told = error.get("message") if isinstance(error, dict) else None
    return str(told or "an answer of no known form").partition("\n")[0]


@contextmanager
def started(  # noqa: PLR0913, PLR0917 - what a run needs
    program: Path, spec: Path, cinit: str, deadline: float, share: int = 1, canceller: Canceller | None = None
) -> Iterator[Server]:
    """Start a server where a plain run of the specification would be, wait until it is up, and end it on leaving."""
    keeper = canceller or Canceller()
    with surroundings(spec, share) as (work, _, env):
        (work / OPTIONS).write_text(json.dumps({"checker": {"cinit": cinit}} if cinit else {}), encoding="utf-8")
        port = _free_port()
        keeping = [sys.executable, "-I", str(kill_with_parent.__file__)]
        command = [*keeping, str(program), "server", "--server-type=explorer", f"--port={port}"]
        process = keeper.start(command, work, env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        if process is None:
            raise LostError("interrupted")
        try:
            server = Server(process, port)
            _wait_for(server, deadline)
            yield server
        finally:
            keeper.end(process)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(server: Server, deadline: float) -> None:
    limit = time.monotonic() + STARTUP
    while True:
        try:
            if server.call("health", {}, min(limit, deadline)).get("status") == "OK":
                return
        except (NoAnswerError, TimeUpError):
            pass  # not yet
        now = time.monotonic()
        if server.ended:
            raise LostError("the server ended before it came up")
        if now >= deadline:
            raise TimeUpError
        if now >= limit:
            raise LostError(f"the server did not come up within {STARTUP:g} s")
        time.sleep(LOOK)
