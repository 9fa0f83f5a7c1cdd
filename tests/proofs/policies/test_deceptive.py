"""Policies that were written to deceive: each is refused at the line that leaves the language.

`# <- refused` marks such a line. Beside most stands a control, which differs by one harmless line and is accepted.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.policies import PolicyError, load
from proofs.policies.policy_statements import assumptions
from tests.places import POLICIES

FOLDER = POLICIES / "deceptive"
HELPERS = {"lazy_names", "star_helper", "state_helper", "type_checking_helper"}
#: What is ordinary, and deceives nobody: an assumption, printed with its control characters written out.
ORDINARY = {"assume_hidden"}
POLICY_FILES = sorted(path for path in FOLDER.glob("*.py") if path.stem not in HELPERS)


def marked(file: str) -> set[int]:
    """Return the lines of a file that are marked."""
    text = Path(file).read_bytes().decode(errors="replace")
    return {number for number, line in enumerate(text.split("\n"), 1) if "# <- refused" in line}


def told(path: Path) -> list[tuple[str, int]]:
    """Return where a policy is refused."""
    try:
        load(str(path))
    except PolicyError as error:
        return [(finding.file, finding.line) for finding in error.findings]
    return []


@pytest.mark.parametrize("path", POLICY_FILES, ids=lambda path: path.stem)
def test_a_deceptive_policy_is_refused(path: Path) -> None:
    """It is refused at a marked line, and nothing of it was run."""
    found = told(path)
    assert any(line in marked(file) for file, line in found) != (path.stem in ORDINARY), found
    assert bool(found) != (path.stem in ORDINARY)


@pytest.mark.parametrize("path", sorted((FOLDER / "controls").glob("*.py")), ids=lambda path: path.stem)
def test_a_control_is_accepted(path: Path) -> None:
    """The same policy with one harmless line in the place of the deceptive one loads."""
    if path.stem not in HELPERS:
        assert told(path) == []


def test_a_reason_is_printed_as_it_is() -> None:
    """Control characters in the reason of an assumption move no cursor and hide no line."""
    policy = load(str(FOLDER / "assume_hidden.py")).instance()
    assert assumptions(policy)[0][1] == "\\x1b[1A\\x1b[2K\\r\\x1b[8m"


def test_there_are_many_and_each_has_a_control() -> None:
    """All but one are refused, and beside each stands what differs from it by a harmless line."""
    assert len(POLICY_FILES) - len(ORDINARY) > 62
    assert {path.stem for path in POLICY_FILES} <= {path.stem for path in (FOLDER / "controls").glob("*.py")}
