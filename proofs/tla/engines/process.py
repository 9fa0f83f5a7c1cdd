"""Runs a checker as a process of its own group: clean environment and folder, output line by line, a time limit, no survivors."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proofs.tla.engines.tools import MissingToolError

__all__ = ["Canceller", "Finished", "environment", "run", "told"]

#: What a checker may know of the user's environment; everything else could change what it does.
KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "USER")
#: Seconds between the request to end and the end by force.
GRACE = 2.0
#: So much is shown of what a program prints in place of its version.
SHOWN = 160


@dataclass(frozen=True)
class Finished:
    """A process that has ended: its lines (of both streams), its exit status (negative: the signal), seconds, who ended it."""

    lines: list[str]
    status: int
    seconds: float
    timed_out: bool = False
    cancelled: bool = False


class Canceller:
    """Ends every process that runs under it, from any thread, and lets no further one begin."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self.cancelled = False

    def start(  # noqa: PLR0913 - what a process needs
        self,
        command: Sequence[str],
        folder: Path,
        env: Mapping[str, str],
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.PIPE,
    ) -> subprocess.Popen[str] | None:
        """Start a process in a group of its own; None after `cancel`."""
        with self._lock:
            if self.cancelled:
                return None
            process = subprocess.Popen(  # noqa: S603 - the checker that the user has installed
                command,
                cwd=folder,
                env=dict(env),
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            self._running.add(process)
            return process

    def end(self, process: subprocess.Popen[str]) -> None:
        """End a process and whatever it has started, and take it out of the books."""
        _signal(process, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            process.stdin.close()
        with self._lock:
            self._running.discard(process)

    def cancel(self) -> None:
        """End all that run."""
        with self._lock:
            self.cancelled = True
            running = list(self._running)
        for process in running:
            _signal(process, signal.SIGKILL)


def environment(temporary: Path, java_home: Path | None = None, **more: str) -> dict[str, str]:
    """Return a clean environment with temporary files in a folder, and Java first on the path."""
    env = {name: os.environ[name] for name in KEPT if name in os.environ}
    env |= {"TMPDIR": str(temporary), **more}
    if java_home is not None:
        env |= {"JAVA_HOME": str(java_home), "PATH": os.pathsep.join([str(java_home / "bin"), env.get("PATH", os.defpath)])}
    return env


def run(  # noqa: PLR0913 - what a process needs
    command: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    timeout: float | None = None,
    canceller: Canceller | None = None,
    on_line: Callable[[str], None] = lambda _: None,
) -> Finished:
    """Run a command to its end, or to the end of its time (seconds); its whole group is gone afterwards."""
    keeper = canceller or Canceller()
    began = time.monotonic()
    process = keeper.start(command, folder, env)
    if process is None:
        return Finished([], -signal.SIGKILL, 0.0, cancelled=True)
    late = threading.Event()
    timer = threading.Timer(timeout, _expire, (process, late)) if timeout is not None else None
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        lines = _read(process, on_line)
        status = process.wait()
    finally:
        if timer is not None:
            timer.cancel()
        keeper.end(process)
    return Finished(lines, status, time.monotonic() - began, late.is_set(), keeper.cancelled)


def told(done: Finished, form: re.Pattern[str]) -> str:
    """Return what a program that succeeded tells on a line of this form: its first group; else a `MissingToolError` says why not.

    What a program prints when it fails has numbers too, and they are no versions.
    """
    found = next((match for line in done.lines if (match := form.fullmatch(line.strip()))), None)
    if done.status == 0 and found is not None:
        return found[1]
    ended = "it did not end in time" if done.timed_out else f"status {done.status}"
    said = next((line.strip() for line in done.lines if line.strip()), "it prints nothing")
    raise MissingToolError(f"found, but does not run ({ended}): {said[:SHOWN]}")


def _read(process: subprocess.Popen[str], on_line: Callable[[str], None]) -> list[str]:
    lines = []
    if process.stdout is None:
        raise RuntimeError("the process was started without a pipe")
    with process.stdout as stream:
        for line in stream:
            lines.append(line.rstrip("\n"))
            on_line(lines[-1])
    return lines


def _expire(process: subprocess.Popen[str], late: threading.Event) -> None:
    """End a process whose time is up: first politely, then by force."""
    if process.poll() is not None:
        return
    late.set()
    _signal(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[str], number: int) -> None:
    """Signal the process and whatever it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
