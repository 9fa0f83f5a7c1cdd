"""Progress on standard error: a live line on a terminal, plain lines elsewhere. It names what is slow.

The prover calls `progress(event, data)` with one of these events; any other is shown as it is.

    waiting  {"left": int, "steps": [str, ...]}             steps not decided yet, and those that run now
    step     {"step": str, "obligations": [Obligation]}     a step was decided
    search   {"clauses": [str, ...], "steps": int}          a search from boot begins
    phase    {"text": str}                                  what is done now
    note     {"text": str}

`ringfence check` calls it with these:

    models   {"left": int}                                  models not decided yet
    counts   {"model": str, "generated": int, "distinct": int, "queue": int, "rate": int, "depth": int}

Nothing here runs in a thread, so the prover may fork.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import IO, Any, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from proofs.verdicts import Obligation

__all__ = ["ModelProgress", "Progress"]

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
        self.running: dict[str, float] = {}
        self.left, self.done, self.phase = 0, 0, ""
        self.began = self.shown = clock()
        self.live: Live | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        if self.stream.isatty():
            self.live = Live(console=Console(file=self.stream, highlight=False), auto_refresh=False, transient=True)
            self.live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
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

    def on_waiting(self, data: dict[str, Any]) -> None:
        """Note which steps run, and since when."""
        now = self.clock()
        self.left = int(data.get("left", 0))
        self.running = {name: self.running.get(name, now) for name in data.get("steps", [])}

    def on_step(self, data: dict[str, Any]) -> None:
        """Count a step's obligations; name those that were slow or failed."""
        found: list[Obligation] = data.get("obligations", [])
        self.done += len(found)
        self.running.pop(str(data.get("step")), None)
        for o in found:
            if o.seconds >= SLOW or not o.holds:
                self.line(f"{o.verdict}: {o.step} against {o.statement} ({o.seconds:.1f} s)")

    def on_search(self, data: dict[str, Any]) -> None:
        """Say that the search from boot begins."""
        self.running.clear()
        self.line(f"searching from boot, {data.get('steps', 0):,} steps, for {', '.join(data.get('clauses', []))}")

    def on_phase(self, data: dict[str, Any]) -> None:
        """Note what is done now."""
        self.phase = str(data.get("text", ""))
        self.running.clear()

    def on_note(self, data: dict[str, Any]) -> None:
        """Show a remark."""
        self.line(str(data.get("text", "")))

    def state(self) -> str:
        """Return where the run is, and what it has been waiting for longest."""
        now = self.clock()
        parts = [f"{now - self.began:.0f} s", *([self.phase] if self.phase else [])]
        parts += [f"{self.done:,} obligations", f"{self.left} steps left"]
        oldest = min(self.running.items(), key=lambda item: item[1], default=None)
        if oldest is not None and now - oldest[1] >= SLOW:
            parts.append(f"slow: {oldest[0]} ({now - oldest[1]:.0f} s)")
        return ", ".join(parts)

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


class ModelProgress(Progress):
    """The progress of searches: how many models are left, and how far each search has come."""

    def __init__(self, stream: IO[str], clock: Any = time.monotonic) -> None:
        """Begin with no search."""
        super().__init__(stream, clock)
        self.counts: dict[str, dict[str, int]] = {}

    def on_models(self, data: dict[str, Any]) -> None:
        """Note how many models are left."""
        self.left = int(data["left"])

    def on_counts(self, data: dict[str, Any]) -> None:
        """Note how far a search has come."""
        counts = {name: number for name, number in data.items() if name != "model"}
        self.counts.setdefault(str(data["model"]), {}).update(counts)

    def finished(self, model: str) -> None:
        """Forget a search that has ended."""
        self.counts.pop(model, None)
        self.done += 1

    def state(self) -> str:
        """Return where the searches are."""
        parts = [f"{self.clock() - self.began:.0f} s", f"{self.done} done, {self.left} left"]
        units = {"generated": "states", "distinct": "distinct", "queue": "queued", "rate": "a minute", "depth": "steps deep"}
        for name, counts in self.counts.items():
            told = ", ".join(f"{counts[key]:,} {unit}" for key, unit in units.items() if key in counts)
            parts.append(f"{name}: {told}")
        return "; ".join(parts)
