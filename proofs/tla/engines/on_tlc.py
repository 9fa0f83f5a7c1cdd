"""Asks TLC what Apalache would be asked: the same predicates, constants and number of steps, in a small module of our own.

It makes sense where TLC can list the initial states, and where the constants are given as a conjunction of equations.
Deadlock is not asked about: Apalache reports it only if every run is stuck, TLC if one is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from proofs.tla.engines import tlc
from proofs.tla.engines.apalache import Question
from proofs.tla.engines.process import Canceller
from proofs.tla.engines.tlc import Limits, Tlc
from proofs.tla.modules import COMMENT, needed
from proofs.tla.results import Answer

__all__ = ["ConstantsError", "ask", "equations"]

MODULE = "RingfenceQuestion"
LEVEL = "RingfenceLevel"
#: While TLC looks at a state, its level is the number of steps to the state before it.
LEVEL_SOURCE = f"""---- MODULE {LEVEL} ----
EXTENDS Naturals, TLC
Within(steps) == TLCGet("level") < steps
====
"""
EQUATION = re.compile(r"\s*(\w+)\s*=\s*(.+?)\s*", re.DOTALL)


class ConstantsError(ValueError):
    """Constants that are given in a way that TLC cannot take."""


def ask(
    tools: Tlc,
    question: Question,
    timeout: float | None = None,
    canceller: Canceller | None = None,
    on_progress: Callable[[dict[str, int]], None] = lambda _: None,
) -> Answer:
    """Ask one question."""
    constants = equations(question.spec, question.cinit) if question.cinit else {}
    asked = tlc.Question(
        question.spec.parent,
        MODULE,
        _config(question, constants),
        {"invariants": question.invariants},
        modules={MODULE: _module(question, constants), LEVEL: LEVEL_SOURCE},
    )
    return tlc.ask(tools, asked, Limits(timeout), canceller, on_progress)


def _module(question: Question, constants: dict[str, str]) -> str:
    """Return our module; what it needs of TLC and of numbers stands in a second one, so that no name meets one of the user's."""
    definitions = [f"Ringfence_{name} == {value}" for name, value in constants.items()]
    definitions += [
        f"RingfenceLevel == INSTANCE {LEVEL}",
        f"RingfenceDepth == RingfenceLevel!Within({question.length})",
        f"RingfenceNoStep == FALSE /\\ {question.next or 'Next'}",
    ]
    return "\n".join([f"---- MODULE {MODULE} ----", f"EXTENDS {question.spec.stem}", *definitions, "===="]) + "\n"


def _config(question: Question, constants: dict[str, str]) -> str:
    """Return the configuration; with length 0 there is no step at all, and else none beyond the length."""
    following = question.next or "Next"
    lines = [f"INIT {question.init or 'Init'}", f"NEXT {following if question.length else 'RingfenceNoStep'}"]
    lines += ["CONSTRAINT RingfenceDepth"] if question.length else []
    lines += [f"CONSTANT {name} <- Ringfence_{name}" for name in constants]
    lines += [f"INVARIANT {name}" for name in question.invariants]
    return "\n".join([*lines, "CHECK_DEADLOCK FALSE"]) + "\n"


def equations(spec: Path, name: str) -> dict[str, str]:
    """Return the constants that an operator of the specification, or of a module beside it, sets, each with its value's text."""
    body = next((found for path in [spec, *needed(spec.parent)] if (found := _definition(path, name))), None)
    if body is None:
        raise ConstantsError(f"{spec}: no operator {name} is defined there or beside it")
    parts = [part for part in body.split("/\\") if part.strip()]
    matched = [EQUATION.fullmatch(part) for part in parts]
    if not parts or not all(matched):
        raise ConstantsError(f"{spec}: {name} is no conjunction of `CONSTANT = value`, which is all that TLC can be given")
    return {found[1]: found[2] for found in matched if found}


def _definition(path: Path, name: str) -> str | None:
    source = COMMENT.sub("", path.read_text(encoding="utf-8", errors="replace"))
    end = r"(?=^\s*\w+(?:\([^)]*\))?\s*==|^\s*(?:====|----)|^\s*(?:VARIABLES?|CONSTANTS?|ASSUME|THEOREM|LOCAL|INSTANCE)\b|\Z)"
    found = re.search(rf"^\s*{re.escape(name)}\s*==(.*?){end}", source, re.DOTALL | re.MULTILINE)
    return found[1] if found else None
