"""What `apalache-check` does: asks Apalache, or TLC in its place, and says what the answer establishes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from proofs.cli import output
from proofs.cli.commands.checking import CODES, needing, save
from proofs.cli.exits import Code, Stop, after_interrupt, worst
from proofs.cli.output import version
from proofs.report.json_report import dumps
from proofs.report.models import SCOPE, answer_json, counterexample_lines, itf
from proofs.report.progress import ModelProgress
from proofs.report.terminal import STYLES, Line, wrap
from proofs.tla.check import COUNTEREXAMPLES, verdict
from proofs.tla.engines import apalache, on_tlc
from proofs.tla.engines.apalache import Ask, Asked, Question
from proofs.tla.engines.explorer import served
from proofs.tla.engines.tlc import Tlc
from proofs.tla.engines.tools import find_apalache
from proofs.tla.results import Answer, Outcome

__all__ = ["AskWish", "check"]

INTERRUPTED = Answer(Outcome.INTERRUPTED, "", "interrupted: this is what was known so far")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class AskWish:
    """What the command line asks."""

    spec: Path
    init: str
    next: str
    invariants: tuple[str, ...]
    length: int
    cinit: str
    inductive: str
    engine: str
    server: bool
    timeout: float | None
    save: Path | None

    @property
    def mode(self) -> str:
        """Return the manifest's word for the question."""
        return "inductive" if self.inductive else "bounded"


def check(wish: AskWish, json: str | None) -> int:
    """Ask, print, write; the exit code says what was established."""
    output.check_destination(json)
    _check_input(wish)
    made: list[Asked] = []
    try:
        with ModelProgress(sys.stderr) as progress:
            answer = _ask(wish, made, progress)
    except KeyboardInterrupt:
        answer = INTERRUPTED
    except on_tlc.ConstantsError as error:
        raise Stop(Code.INPUT, str(error)) from error
    codes = [output.show_results(_lines(wish, answer, made), json), save(wish.spec.stem, answer, wish.save)]
    if json is not None:
        codes.append(output.write_json(dumps(_json(wish, answer, made)), json))
    return after_interrupt() if answer is INTERRUPTED else worst(*codes, _code(answer))


def _check_input(wish: AskWish) -> None:
    if wish.spec.suffix != ".tla" or not wish.spec.is_file():
        raise Stop(Code.INPUT, f"{wish.spec}: no such .tla file")
    if wish.server and wish.engine == "tlc":
        raise Stop(Code.INPUT, "--server is for Apalache: leave it out with --engine tlc")
    names = (wish.init, wish.next, *wish.invariants, *filter(None, (wish.cinit, wish.inductive)))
    for name in names:
        if not NAME.fullmatch(name):
            raise Stop(Code.INPUT, f"{name!r} is no name of an operator")


def _ask(wish: AskWish, made: list[Asked], progress: ModelProgress) -> Answer:
    """Ask whoever was chosen, once or three times; each check is put with those made when it ends."""
    question = Question(wish.spec.resolve(), wish.length, wish.init, wish.next, wish.cinit, wish.invariants)

    with needing(), _asking(wish, progress) as ask_one:
        if wish.inductive:
            return apalache.inductive(wish.inductive, question, ask_one, wish.timeout, made.append)
        answer = ask_one(question, wish.timeout)
    claim = f"{' and '.join(wish.invariants) or 'no deadlock'} for {wish.length} steps"
    made.append(Asked(claim, question, answer))
    return answer


@contextmanager
def _asking(wish: AskWish, progress: ModelProgress) -> Iterator[Ask]:
    """Yield what asks whoever was chosen."""

    def counts(found: dict[str, int]) -> None:
        progress("counts", {"model": wish.spec.stem, **found})

    if wish.engine == "tlc":
        yield partial(on_tlc.ask, Tlc.find(), on_progress=counts)
    elif wish.server:
        with served(find_apalache(), lambda told: progress.line(f"ringfence: {told}"), on_progress=counts) as ask_one:
            yield ask_one
    else:
        yield partial(apalache.ask, find_apalache(), on_progress=counts)


def _lines(wish: AskWish, answer: Answer, made: list[Asked]) -> list[Line]:
    found = verdict(wish.mode, answer.outcome)
    style = STYLES.get(found, "cyan" if answer.outcome == Outcome.PASS else "yellow")
    by = f"{answer.engine or wish.engine}{', in place of Apalache' if wish.engine == 'tlc' else ''}"
    lines = [Line(f"{wish.spec} ({by})")]
    for asked in made:
        word = "holds" if asked.answer.outcome == Outcome.PASS else str(asked.answer.outcome)
        lines.append(Line(f"  {word:<13} {asked.claim} ({asked.answer.seconds:.1f} s)"))
    lines.append(Line(found, style))
    lines += [Line(f"  {text}") for text in answer.message.splitlines() if text.strip()]
    lines += counterexample_lines(wish.spec.stem, answer)
    if wish.engine == "tlc":
        lines += [Line(text) for text in wrap("TLC was asked about the same steps; deadlock was not asked about.", 0)]
    return lines + [Line(text) for text in wrap(SCOPE, 0) if answer.outcome == Outcome.PASS]


def _json(wish: AskWish, answer: Answer, made: list[Asked]) -> dict[str, Any]:
    asked = ("init", "next", "length", "cinit", "inductive", "engine", "server")
    return {
        "schema": 1,
        "ringfence": version(),
        "scope": SCOPE,
        "spec": str(wish.spec),
        "question": {"inv": list(wish.invariants), **{name: getattr(wish, name) for name in asked}},
        "verdict": verdict(wish.mode, answer.outcome),
        **answer_json(answer),
        "checks": [{"claim": one.claim, **answer_json(one.answer)} for one in made],
        "counterexample": itf(wish.spec.stem, answer),
    }


def _code(answer: Answer) -> int:
    if answer.outcome == Outcome.PASS:
        return Code.HOLDS
    return Code.REFUTED if answer.outcome in COUNTEREXAMPLES else CODES[answer.outcome]
