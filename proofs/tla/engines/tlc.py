"""Runs TLC in a folder of its own, with a clean environment, and returns its answer."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from proofs.tla.engines import process
from proofs.tla.engines.process import Canceller, Finished
from proofs.tla.engines.tlc_output import Messages, answer, progress
from proofs.tla.engines.tools import PATIENCE, MissingToolError, find_jar, find_java, heap, need_reader
from proofs.tla.manifest import Model, asked, config
from proofs.tla.modules import needed
from proofs.tla.results import Answer, Outcome

__all__ = ["Limits", "OnProgress", "Question", "Tlc", "ask", "check", "told_version", "warmed"]

#: TLC draws its fingerprint function and more at random; fixed, a run can be repeated.
SEED = 1

OnProgress = Callable[[dict[str, int]], None]


@dataclass(frozen=True)
class Tlc:
    """Where the tools are, and what Java has kept of TLC's classes, if it has."""

    java: Path
    jar: Path
    classes: Path | None = None

    @classmethod
    def find(cls) -> Tlc:
        """Find Java and the jar, and what reads TLC's output; a `MissingToolError` says how to get them."""
        need_reader()
        return cls(find_java(), find_jar())


@dataclass(frozen=True)
class Limits:
    """What a run may use: seconds, worker threads, how many runs share the memory; a quick one is not worth much compiling.

    `java` is what else Java is told.
    """

    timeout: float | None = None
    workers: int = 1
    share: int = 1
    quick: bool = False
    java: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """What TLC is asked: a folder of modules, the module, its configuration, and the names that an answer may use."""

    folder: Path
    module: str
    config: str
    asked: Mapping[str, Iterable[str]]
    options: tuple[str, ...] = ()
    modules: Mapping[str, str] = field(default_factory=dict)


#: So many runs are worth what making the archive of classes takes, in any case.
WORTH = 12
#: What TLC is asked while Java notes its classes, or to see whether it runs: a state, a liveness, and a counterexample.
WARM = """---- MODULE Warm ----
EXTENDS Naturals, Sequences, FiniteSets, TLC
VARIABLE x
Init == x = <<>>
Next == x' \\in {Append(x, n) : n \\in {0, 1}}
Spec == Init /\\ [][Next]_x /\\ WF_x(Next)
Short == Len(x) < 3
Goes == <>(Len(x) = 2)
====
"""
WARM_CONFIG = "SPECIFICATION Spec\nINVARIANT Short\nPROPERTY Goes\n"


@contextmanager
def warmed(tools: Tlc, runs: int) -> Iterator[Tlc]:
    """Yield tools with which each of many runs starts a third sooner, from what Java keeps of TLC's classes meanwhile.

    Of a Java that cannot (before 25), or for a few runs, they are what they were.
    """
    if runs < WORTH:
        yield tools
        return
    with tempfile.TemporaryDirectory(prefix="ringfence-classes-") as name:
        kept = Path(name) / "classes.aot"
        _ask_little(tools, Path(name), f"-XX:AOTCacheOutput={kept}")
        yield replace(tools, classes=kept) if kept.is_file() else tools


def _ask_little(tools: Tlc, folder: Path, *java: str) -> Answer:
    """Ask TLC a little, in a folder without modules."""
    question = Question(folder, "Warm", WARM_CONFIG, {"invariants": ["Short"], "properties": ["Goes"]}, (), {"Warm": WARM})
    return ask(tools, question, Limits(timeout=PATIENCE, quick=True, java=java))


def told_version(tools: Tlc) -> str:
    """Return the version that TLC tells when it finds a counterexample; a `MissingToolError` says why it tells none."""
    with tempfile.TemporaryDirectory(prefix="ringfence-trial-") as name:
        answer = _ask_little(tools, Path(name))
    if answer.outcome != Outcome.VIOLATION:
        raise MissingToolError(f"found, but does not run ({answer.outcome}): {answer.message.splitlines()[0]}")
    return answer.engine


def check(
    tools: Tlc, model: Model, limits: Limits, canceller: Canceller | None = None, on_progress: OnProgress = lambda _: None
) -> Answer:
    """Ask TLC what an entry of the manifest asks."""
    options: tuple[str, ...] = ()
    if model.mode == "simulation":
        options = ("-simulate", f"num={model.behaviours}", "-depth", str(model.length), "-aril", "0")
    question = Question(model.folder, model.module, config(model), asked(model), options)
    return ask(tools, question, limits, canceller, on_progress)


def ask(
    tools: Tlc, question: Question, limits: Limits, canceller: Canceller | None = None, on_progress: OnProgress = lambda _: None
) -> Answer:
    """Run TLC on copies of the modules, so that nothing is left in the user's folder and no run disturbs another."""
    with tempfile.TemporaryDirectory(prefix="ringfence-tlc-") as name:
        folder = Path(name)
        for module in needed(question.folder):
            shutil.copy(module, folder)
        for module_name, source in question.modules.items():
            (folder / f"{module_name}.tla").write_text(source, encoding="utf-8")
        (folder / f"{question.module}.cfg").write_text(question.config, encoding="utf-8")
        (folder / "tmp").mkdir()
        reader = Messages()

        def on_line(line: str) -> None:
            message = reader.feed(line)
            counts = progress(message) if message is not None else None
            if counts:
                on_progress(counts)

        env = process.environment(folder / "tmp")
        done = process.run(_command(tools, folder, question, limits), folder, env, limits.timeout, canceller, on_line)
    return _judge(done, question)


def _command(tools: Tlc, folder: Path, question: Question, limits: Limits) -> list[str]:
    return [
        str(tools.java),
        "-XX:+UseParallelGC",
        *(["-XX:TieredStopAtLevel=1"] if limits.quick else []),
        *([f"-XX:AOTCache={tools.classes}", "-Xlog:disable"] if tools.classes is not None else []),
        *limits.java,
        heap(limits.share),
        f"-Djava.io.tmpdir={folder / 'tmp'}",
        "-cp",
        str(tools.jar),
        "tlc2.TLC",
        "-tool",
        *("-workers", str(limits.workers)),
        *("-metadir", str(folder / "meta")),
        *("-checkpoint", "0"),
        *("-fp", "0"),
        *("-seed", str(SEED)),
        *question.options,
        question.module,
    ]


def _judge(done: Finished, question: Question) -> Answer:
    """Return the answer, or why there is none; a run that was stopped has none, whatever it had printed."""
    found = answer(done.lines, question.asked).ended(seconds=done.seconds, lines=done.lines)
    if done.cancelled:
        return found.ended(outcome=Outcome.INTERRUPTED, message="interrupted", trace=None, broken=())
    if done.timed_out:
        return found.ended(outcome=Outcome.TIMEOUT, message="the time was up", trace=None, broken=())
    if done.status in (-signal.SIGKILL, -signal.SIGTERM) and found.outcome == Outcome.CRASH:
        return found.ended(outcome=Outcome.KILLED, message=f"TLC was killed (signal {-done.status})")
    return found
