"""The guide to writing a policy is what its command prints; each of its examples loads, and is proved where it differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.engine.induction import Induction, Limits
from proofs.policies import load
from proofs.policies.language.guide import asked_by, decisions, guide
from proofs.policies.language.members import overridable
from proofs.policies.policy_statements import statements_of
from pymodel.machine import steps
from tests.places import SPEC
from tests.tiers import sampled_rows

PAGE = guide()
EXAMPLES = [block.partition("```")[0] for block in PAGE.split("```python\n")[1:]]
#: The steps that the examples change, in their order.
CHANGED = [("free", "reclaim"), ("share",), ("detach",), ("start_vm", "forget_start", "boot"), ("start_vm", "create_vm")]


def undecided(text: str, names: tuple[str, ...], folder: Path) -> set[str]:
    """Return what is not proved of some steps of a policy."""
    file = folder / "policy.py"
    file.write_text(text, encoding="utf-8")
    policy = load(str(file)).instance()
    invariants, about, assumed = statements_of(policy)
    decide = Induction(policy, invariants, [statement for statement, _ in assumed], Limits(), about)
    found = [each for t in steps(policy) if t.name in names for each in decide.step(t)]
    assert {each.step for each in found} == set(names)
    return {each.statement for each in found if not each.verdict.holds}


def test_the_guide_is_what_the_command_prints() -> None:
    """The page in `spec/` is as the model has its decisions and contracts."""
    assert (SPEC / "write-a-policy.md").read_text(encoding="utf-8") == PAGE, "print it anew, as its first lines say"


@pytest.mark.parametrize(("text", "names"), sampled_rows(zip(EXAMPLES, CHANGED, strict=True), 4))
def test_each_example_is_proved_where_it_differs(text: str, names: tuple[str, ...], tmp_path: Path) -> None:
    """It loads, and the steps that it changes keep all that is stated of them."""
    assert undecided(text, names, tmp_path) == set()


@pytest.mark.parametrize(
    ("number", "text", "instead", "broken"),
    sampled_rows(
        [
            (1, "(grant & 0xFFFF) >= 64", "(grant & 0xFFFF) >= 65", "an_entitled_request_is_granted"),
            (2, "valid kind page write", "valid kind page", "changes_in_fault_are_rightful"),
            (3, "s.vm[vm].life == Life.ABSENT, Reason", "s.vm[vm].life != Life.DYING, Reason", "a_live_vm_was_started"),
            (4, "vm < 16, s.vm", "vm < 32, s.vm", "an_entitled_request_is_granted"),
        ],
        4,
    ),
)
def test_an_example_with_a_mistake_is_not_proved(number: int, text: str, instead: str, broken: str, tmp_path: Path) -> None:
    """The same text with one thing said otherwise, that which it is about, leaves something unproved."""
    assert text in EXAMPLES[number]
    assert broken in undecided(EXAMPLES[number].replace(text, instead), CHANGED[number], tmp_path)


def test_the_marks_are_all_explained() -> None:
    """Each mark has a section and an example."""
    for mark in ("@invariant", "@assume", "@excuse", "@widens"):
        assert f"# `{mark}`:" in PAGE
        assert any(mark in text for text in EXAMPLES)


def test_every_decision_has_its_row() -> None:
    """A row for each, with the operations that ask it, also through what they call."""
    marked = [name for name, member in overridable().items() if hasattr(member, "__decision__")]
    assert [row[0].partition("(")[0].strip("`") for row in decisions()] == marked
    assert asked_by("must_scrub") == ["free", "reclaim"]
    assert {"map", "handle_fault"} <= set(asked_by("is_table"))
