"""Where results go: standard output, report files, and what happens when one of them cannot be written."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import IO

from proofs.cli.exits import Code, Stop
from proofs.report.json_report import dumps
from proofs.report.terminal import Line, show
from proofs.traces import Trace, moved, to_json

__all__ = [
    "check_destination",
    "check_destinations",
    "check_folder",
    "quiet_stdout",
    "say",
    "show_results",
    "version",
    "write_json",
    "write_report",
    "write_trace",
]


def version() -> str:
    """Return the version of ringfence, which stands at the head of every result."""
    return importlib.metadata.version("ringfence")


def say(message: str) -> None:
    """Tell the user something that is no result."""
    print(f"ringfence: {message}", file=sys.stderr)  # noqa: T201 - this is where messages are printed


@contextmanager
def quiet_stdout() -> Iterator[None]:
    """Send what a policy prints to standard error: standard output belongs to the results."""
    with redirect_stdout(sys.stderr):
        yield


def check_destination(target: str | None) -> None:
    """Stop before a long run if a report could not be written where it was asked for."""
    if target in (None, "-"):
        return
    path = Path(str(target))
    if path.is_dir() or not path.parent.is_dir():
        raise Stop(Code.INPUT, f"{path}: a report cannot be written there: no such folder, or it is one")
    known = path.exists()
    try:
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise Stop(Code.INPUT, f"{path}: a report cannot be written there: {error.strerror or error}") from error
    if not known:
        path.unlink()


def check_destinations(*targets: str | None) -> None:
    """Stop if one of several reports could not be written, or two of them are for standard output."""
    for target in targets:
        check_destination(target)
    if sum(target == "-" for target in targets) > 1:
        raise Stop(Code.INPUT, "two reports cannot both be written to standard output")


def check_folder(folder: Path | None) -> None:
    """Make a folder for traces, or stop before a long run if it cannot be made or written."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Stop(Code.INPUT, f"{folder}: traces cannot be saved there: {error.strerror or error}") from error
    if not os.access(folder, os.W_OK):
        raise Stop(Code.INPUT, f"{folder}: traces cannot be saved there: no permission to write")


def show_results(lines: Iterable[Line], *targets: str | None) -> int:
    """Print results; to standard error if standard output is for a report."""
    stream = sys.stderr if "-" in targets else sys.stdout
    return _guard("results", stream, lambda: show(lines, stream))


def write_json(text: str, target: str | None) -> int:
    """Write a report to a file, or to standard output for `-`."""
    if target is None:
        return Code.HOLDS
    return write_report(text, target) if target != "-" else _guard("a report", sys.stdout, lambda: sys.stdout.write(text))


def write_trace(trace: Trace, file: Path) -> int:
    """Save a trace; the policy's file is named from where the trace lies, so that both can be moved together."""
    return write_report(dumps(to_json(moved(trace, Path.cwd(), file.parent))), str(file))


def write_report(text: str, target: str) -> int:
    """Write a report file; a full disk is said, and the results were printed all the same."""
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        say(f"{target}: the report could not be written: {error.strerror or error}")
        return Code.INPUT
    return Code.HOLDS


def _guard(what: str, stream: IO[str], write: Callable[[], object]) -> int:
    try:
        write()
        stream.flush()
    except OSError as error:
        _give_up(stream)
        if stream is not sys.stderr:
            say(f"standard output: {what} could not be written: {error.strerror or error}")
        return Code.INPUT
    return Code.HOLDS


def _give_up(stream: IO[str]) -> None:
    """Point a broken stream at nothing, so that the interpreter does not stumble over it again on its way out."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return
