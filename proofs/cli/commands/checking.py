"""The command `check`: the TLA+ models of the manifest, each with what is recorded beside what came out."""

from __future__ import annotations

import difflib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from proofs.cli import output
from proofs.cli.exits import Code, Stop, after_interrupt, worst
from proofs.cli.output import version
from proofs.cli.settings import cores
from proofs.report.json_report import dumps
from proofs.report.models import counterexample_lines, itf, models_json, models_junit, row_lines, summary_lines
from proofs.report.progress import ModelProgress
from proofs.report.terminal import Line, wrap
from proofs.tla.check import COUNTEREXAMPLES, Row, Runner, run
from proofs.tla.engines.tlc import Tlc
from proofs.tla.engines.tools import MissingToolError, find_apalache
from proofs.tla.manifest import PLACES, ManifestError, Model, load, place
from proofs.tla.results import Answer, Outcome

__all__ = ["CheckWish", "check", "code_of", "known_models", "needing", "save"]

#: What an outcome that no manifest expects means for the exit code.
CODES = {
    Outcome.VACUOUS: Code.UNDECIDED,
    Outcome.NOT_INDUCTIVE: Code.UNDECIDED,
    Outcome.TOO_WEAK: Code.UNDECIDED,
    Outcome.TIMEOUT: Code.UNDECIDED,
    Outcome.UNKNOWN: Code.UNDECIDED,
    Outcome.MEMORY: Code.UNDECIDED,
    Outcome.KILLED: Code.UNDECIDED,
    Outcome.INTERRUPTED: Code.UNDECIDED,
    Outcome.WRONG: Code.INPUT,
    Outcome.CRASH: Code.INTERNAL,
}


@dataclass(frozen=True)
class CheckWish:
    """What the command line asks of the model checkers; None where it says nothing."""

    names: list[str] = field(default_factory=list)
    tier: str | None = None
    engine: str | None = None
    jobs: int | None = None
    timeout: float | None = None
    save: Path | None = None


@contextmanager
def needing() -> Iterator[None]:
    """Turn a tool that is missing into exit code 4, with how to get it."""
    try:
        yield
    except MissingToolError as error:
        raise Stop(Code.MISSING, str(error)) from error


def check(wish: CheckWish, only_list: bool, json: str | None, junit: str | None) -> int:
    """Run the models that were asked for, or list them; print and write what came out."""
    output.check_destinations(json, junit)
    output.check_folder(wish.save)
    chosen = _chosen(wish)
    if only_list:
        return output.show_results([line for model in chosen for line in _listed(model)], json)
    runner = _runner(chosen, wish)
    rows: list[Row] = []
    began = time.monotonic()
    interrupted = False
    with needing(), ModelProgress(sys.stderr) as progress:

        def on_row(row: Row) -> None:
            rows.append(row)
            progress.finished(row.model.name)
            for line in row_lines(row):
                progress.line(line.text)

        try:
            run(chosen, runner, progress, on_row)
        except KeyboardInterrupt:
            interrupted = True
    order = [model.name for model in chosen]
    rows.sort(key=lambda row: order.index(row.model.name))
    codes = _report(rows, order, wish, json, junit, time.monotonic() - began)
    return after_interrupt() if interrupted else worst(*codes, *(code_of(row) for row in rows))


def _report(  # noqa: PLR0913, PLR0917 - each kind of report
    rows: list[Row], order: list[str], wish: CheckWish, json: str | None, junit: str | None, seconds: float
) -> list[int]:
    lines = [Line(f"ringfence {version()}")] + [line for row in rows for line in row_lines(row)]
    for row in rows:
        if not row.as_expected or row.model.name in wish.names:
            lines += counterexample_lines(row.model.name, row.answer)
    codes = [output.show_results([*lines, Line(""), *summary_lines(rows, len(order), seconds)], json, junit)]
    codes += [save(row.model.name, row.answer, wish.save) for row in rows]
    if json is not None:
        codes.append(output.write_json(dumps(models_json(rows, order, version(), seconds)), json))
    if junit is not None:
        undecided = [name for name in order if name not in {row.model.name for row in rows}]
        codes.append(output.write_json(models_junit(rows, undecided, version(), seconds), junit))
    return codes


def save(name: str, answer: Answer, folder: Path | None) -> int:
    """Save a counterexample as ITF in a folder."""
    data = itf(name, answer)
    if folder is None or data is None:
        return Code.HOLDS
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        output.say(f"{folder}: the counterexamples could not be saved: {error.strerror or error}")
        return Code.INPUT
    return output.write_report(dumps(data), str(folder / f"{name}.itf.json"))


def code_of(row: Row) -> int:
    """Return an entry's exit code: a counterexample where none is recorded refutes; any other difference is a defect of ours."""
    if row.as_expected:
        return Code.HOLDS
    if row.answer.outcome in CODES:
        return CODES[row.answer.outcome]
    unexpected = row.model.outcome == "pass" and row.answer.outcome in COUNTEREXAMPLES
    return Code.REFUTED if unexpected else Code.DISAGREEMENT


def known_models() -> list[Model]:
    """Return the models of the manifest."""
    path = place()
    if path is None:
        raise Stop(Code.INPUT, f"no manifest of models: neither {PLACES[0]} here nor {PLACES[1]}")
    try:
        return load(path)
    except ManifestError as error:
        raise Stop(Code.INPUT, str(error)) from error


def _of_promises(wish: CheckWish, models: list[Model]) -> CheckWish:
    """Return the wish with each promise that it names replaced by the models that give evidence for it."""
    tier = wish.tier or "ci"
    names: list[str] = []
    for name in wish.names:
        evidence = [m.name for m in models if name.upper() in m.promises and m.tier == tier]
        names += evidence or [name]
    return replace(wish, names=list(dict.fromkeys(names)))


def _chosen(wish: CheckWish) -> list[Model]:
    models = known_models()
    wish = _of_promises(wish, models)
    _check_names(wish, models)
    tier = wish.tier or (None if wish.names else "ci")
    engine = wish.engine or (None if wish.names else "tlc")
    named = [model for model in models if (not wish.names or model.name in wish.names) and tier in (None, model.tier)]
    chosen = [model for model in named if engine in (None, model.engine)]
    if not chosen:
        raise Stop(Code.INPUT, f"no model of the manifest is of tier {tier or 'any'} and engine {engine or 'any'}")
    if len(chosen) < len(named) and wish.engine is None:
        output.say(f"{len(named) - len(chosen)} more are for Apalache: --engine apalache")
    return chosen


def _check_names(wish: CheckWish, models: list[Model]) -> None:
    known = {model.name: model for model in models}
    for name in wish.names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=5, cutoff=0.5)
            hint = f"close: {', '.join(close)}" if close else f"known: {', '.join(known)}"
            raise Stop(Code.INPUT, f"no model is called {name!r}; {hint} (`ringfence check --list` shows all)")
        model = known[name]
        for option, wanted, is_ in (("tier", wish.tier, model.tier), ("engine", wish.engine, model.engine)):
            if wanted not in (None, is_):
                raise Stop(Code.INPUT, f"{name} is of {option} {is_} (mode {model.mode}), not {wanted}")


def _runner(chosen: list[Model], wish: CheckWish) -> Runner:
    engines = {model.engine for model in chosen}
    with needing():
        return Runner(
            Tlc.find() if "tlc" in engines else None,
            find_apalache() if "apalache" in engines else None,
            min(wish.jobs or cores(), len(chosen)),
            wish.timeout,
        )


def _listed(model: Model) -> list[Line]:
    expected = {"pass": "no error", "deadlock": "a deadlock"}.get(model.outcome, f"{model.breaks} breaks")
    time_taken = f"about {model.seconds:g} s" if model.seconds else "its time is not known"
    facts = f"{model.kind}, {model.mode}, tier {model.tier}, {time_taken}; expected: {expected}"
    return [Line(model.name, "bold"), *(Line(text) for told in (model.about, facts) for text in wrap(told, 4))]
