"""Asks TLC about a module that was made from the map."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from proofs.tla.engines import tlc
from proofs.tla.results import Answer, Outcome

__all__ = ["TlcError", "ask"]

#: Lines of TLC's complaint that are passed on.
SAID = 12


class TlcError(Exception):
    """TLC did not do what it was asked to: the module or the map is wrong."""


def ask(  # noqa: PLR0913 - a question has these parts
    tools: tlc.Tlc,
    spec: Path,
    module: str,
    *,
    source: str,
    config: str,
    asked: Sequence[str] = (),
    options: tuple[str, ...] = (),
    outcomes: Collection[Outcome] = (Outcome.PASS,),
) -> Answer:
    """Ask a question in a folder of modules; an outcome that was not foreseen is a `TlcError`."""
    names = {"invariants": asked, "properties": asked}
    question = tlc.Question(spec, module, config, names, options, {module: source})
    answer = tlc.ask(tools, question, tlc.Limits(quick=True))
    if answer.outcome not in outcomes:
        raise TlcError("\n".join([f"{answer.outcome}:", *answer.message.splitlines()[:SAID]]))
    return answer
