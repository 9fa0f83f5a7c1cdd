"""Policies that were written to deceive: each is refused at the line that leaves the language, or the engine does not follow it.

`# <- refused` marks such a line. Beside most stands a control, which differs by one harmless line and is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from proofs.policies import PolicyError, load, unsupported
from proofs.policies.policy_statements import assumptions
from proofs.prove.step_prover import Setup, StepProver
from tests.places import POLICIES

FOLDER = POLICIES / "deceptive"
HELPERS = {"lazy_names", "star_helper", "state_helper", "type_checking_helper"}
#: What is told at another line than that of the construct: at the class, or as the decoded text counts.
ELSEWHERE = {"default_of_another_type": 36, "part_again": 33, "record_post_init": 39, "utf7_cookie": 15}
#: What is read as ordinary Python, and stops when it is run on terms: in this step.
STOPPED = {
    "choice_inverted": "wear",
    "choice_past_its_end": "wear",
    "maps_compared": "donate",
    "refuse_in_predicate": "donate",
}
#: What is neither refused nor stopped, and why it deceives nobody.
ORDINARY = {
    "assume_hidden": "an assumption, printed with its control characters written out",
    "circle_through_reference": "not proved when it was tried; that a circle of calls ends is not checked yet",
    "recursion_on_a_word": "not proved when it was tried; that a recursion ends is not checked yet",
}
POLICY_FILES = sorted(path for path in FOLDER.glob("*.py") if path.stem not in HELPERS)


def alone(function: Callable[..., Any], *given: Any) -> Any:
    """Call a function in a process of its own: to load a policy is to run its file, and some of these change the model."""
    with ProcessPoolExecutor(1, get_context("fork")) as pool:
        return pool.submit(function, *given).result()


def stops(path: Path, step: str) -> bool:
    """Say whether a step raises, or cannot be followed, when it is run on terms."""
    return StepProver(Setup(str(path), 1)).run(step).why != ""


def marked(file: str) -> set[int]:
    """Return the lines of a file that are marked."""
    text = Path(file).read_text(encoding="utf-8", errors="replace")
    return {number for number, line in enumerate(text.split("\n"), 1) if "# <- refused" in line}


def told(path: Path) -> list[tuple[str, int]]:
    """Return where a policy is refused."""
    try:
        return [(finding.file, finding.line) for finding in unsupported(load(str(path)))]
    except PolicyError as error:
        return [(error.file or "", error.line)]


@pytest.mark.parametrize("path", POLICY_FILES, ids=lambda path: path.stem)
def test_a_deceptive_policy_is_not_followed(path: Path) -> None:
    """It is refused at a marked line, or its step raises or stops when it is run on terms."""
    found, name = alone(told, path), path.stem
    if name in STOPPED:
        assert found == []
        assert alone(stops, path, STOPPED[name])
    elif name in ORDINARY:
        assert found == []
    else:
        assert any(line in marked(file) or line == ELSEWHERE.get(name) for file, line in found)


@pytest.mark.parametrize("path", sorted((FOLDER / "controls").glob("*.py")), ids=lambda path: path.stem)
def test_a_control_is_accepted(path: Path) -> None:
    """The same policy with one harmless line in the place of the deceptive one is loaded and can be followed."""
    if path.stem not in HELPERS:
        assert alone(told, path) == []


def reason_of(path: Path) -> str:
    """Return why a policy assumes what it does, as it is printed."""
    return assumptions(load(str(path)).instance())[0][1]


def test_a_reason_is_printed_as_it_is() -> None:
    """Control characters in the reason of an assumption move no cursor and hide no line."""
    assert alone(reason_of, FOLDER / "assume_hidden.py") == "\\x1b[1A\\x1b[2K\\r\\x1b[8m"


def test_there_are_many() -> None:
    """Most of them are refused."""
    assert len(POLICY_FILES) > 58
    assert len(STOPPED) + len(ORDINARY) < 9
