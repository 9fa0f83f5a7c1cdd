"""A measurement in a process of its own; a small process around it reads the clock and the peak of memory.

The peak is that of the largest process; workers run beside it.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["apart", "mebibytes"]

ROOT = Path(__file__).resolve().parents[2]


def apart(
    measurement: Callable[..., dict[str, Any]], wish: dict[str, Any], folder: Path, environment: dict[str, str] | None = None
) -> dict[str, Any]:
    """Run a module's function in a process of its own; return what it says, its seconds on the clock, and its memory in bytes."""
    paths = [str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    settings = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in paths if p), **(environment or {})}
    asked = [measurement.__module__, measurement.__name__, json.dumps(wish)]
    command = [sys.executable, "-c", f"from {__name__} import meter; meter()", *asked]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command, cwd=folder, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            told, errors = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        raise RuntimeError(f"the measurement {measurement.__name__!r} failed: {errors[-2000:]}")
    found: dict[str, Any] = json.loads(told)
    return found


def meter() -> None:
    """Run a measurement as the only child of this process; print what it printed, its seconds and its peak of memory."""
    import resource  # noqa: PLC0415 - only where it is needed, and not on every system

    began = time.monotonic()
    command = [sys.executable, "-c", f"from {__name__} import work; work()", *sys.argv[1:]]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)  # noqa: S603 - our own interpreter
    seconds = time.monotonic() - began
    unit = 1 if sys.platform == "darwin" else 1024
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    sys.stdout.write(json.dumps({"seconds": seconds, "memory": memory, **json.loads(done.stdout)}))


def work() -> None:
    """Take the measurement that the arguments of this process name, and print it."""
    module, name, wish = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    if (times := wish.pop("wider", 1)) > 1:
        importlib.import_module("proofs.bench.wider").widen(times)
    sys.stdout.write(json.dumps(getattr(importlib.import_module(module), name)(**wish)))


def mebibytes(count: float) -> str:
    """Return a number of bytes in mebibytes."""
    return f"{count / (1 << 20):,.0f}"
