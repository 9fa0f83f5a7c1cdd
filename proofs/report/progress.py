"""Progress on standard error: a live line on a terminal, plain lines elsewhere. It names what is slow.

The prover calls `progress(event, data)`. Known events, every field optional:

    begin       {"what": str, "total": int}                 a stage begins; total counts its obligations
    start       {"step": str, "statement": str}             an obligation is asked
    obligation  {"step", "statement", "verdict", "seconds"} it was answered
    theorem     {"result": TheoremResult}                   a theorem has its verdict
    note        {"text": str}

Any other event is shown as it is. Nothing here runs in a thread, so the prover may fork.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import IO, Any, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from proofs.checkers.results import TheoremResult

__all__ = ["Progress"]

SLOW = 2.0
"""Seconds after which an obligation is named."""
EVERY = 5.0
"""Seconds between two plain lines."""
REFRESH = 0.1


class Progress:
    """What is known so far, and the way it is shown."""

    def __init__(self, stream: IO[str], clock: Any = time.monotonic) -> None:
        """Show on a stream; a test brings its own clock."""
        self.stream, self.clock = stream, clock
        self.results: list[TheoremResult] = []
        self.running: dict[tuple[str, str], float] = {}
        self.what, self.total, self.done = "", 0, 0
        self.began = self.shown = clock()
        self.live: Live | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        if self.stream.isatty():
            self.live = Live(console=Console(file=self.stream, highlight=False), auto_refresh=False, transient=True)
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the live line away."""
        if self.live is not None:
            self.live.stop()

    def __call__(self, event: str, data: dict[str, Any]) -> None:
        """Take note of an event, and show it if it is time."""
        handler = getattr(self, f"on_{event}", None)
        if handler is None:
            self.line(f"{event}: " + ", ".join(f"{k}={v}" for k, v in data.items()))
        else:
            handler(data)
        self.refresh()

    def on_begin(self, data: dict[str, Any]) -> None:
        """Note that a stage begins."""
        self.what, self.total, self.done = str(data.get("what", "")), int(data.get("total", 0)), 0
        self.running.clear()
        self.line(self.state())

    def on_start(self, data: dict[str, Any]) -> None:
        """Note that an obligation is asked."""
        self.running[_pair(data)] = self.clock()

    def on_obligation(self, data: dict[str, Any]) -> None:
        """Note an answer; name it if it was slow or bad."""
        self.done += 1
        self.running.pop(_pair(data), None)
        seconds, verdict = float(data.get("seconds", 0.0)), data.get("verdict", "proved")
        if seconds >= SLOW or verdict not in ("proved", "framed"):
            self.line(f"{verdict}: {' against '.join(_pair(data))} ({seconds:.1f} s)")

    def on_theorem(self, data: dict[str, Any]) -> None:
        """Keep a result, and show it."""
        result = data.get("result")
        if isinstance(result, TheoremResult):
            self.results.append(result)
            self.line(f"{result.id}: {result.verdict} ({result.seconds:.1f} s)")

    def on_note(self, data: dict[str, Any]) -> None:
        """Show a remark."""
        self.line(str(data.get("text", "")))

    def state(self) -> str:
        """Return where the run is, and what it has been waiting for longest."""
        now = self.clock()
        of = f"/{self.total}" if self.total else ""
        parts = [f"{now - self.began:.0f} s", self.what, f"{self.done}{of} obligations"]
        oldest = min(self.running.items(), key=lambda item: item[1], default=None)
        if oldest is not None and now - oldest[1] >= SLOW:
            parts.append(f"slow: {' against '.join(oldest[0])} ({now - oldest[1]:.0f} s)")
        return "  ".join(part for part in parts if part)

    def refresh(self) -> None:
        """Show where the run is, if that is due."""
        now = self.clock()
        if self.live is not None and now - self.shown >= REFRESH:
            self.live.update(Text(self.state()), refresh=True)
            self.shown = now
        elif self.live is None and now - self.shown >= EVERY:
            self.line(self.state())

    def line(self, text: str) -> None:
        """Print a line that stays."""
        self.shown = self.clock()
        if self.live is not None:
            self.live.console.print(Text(text))
        else:
            self.stream.write(text + "\n")
            self.stream.flush()


def _pair(data: dict[str, Any]) -> tuple[str, str]:
    return str(data.get("step", "?")), str(data.get("statement", "?"))
