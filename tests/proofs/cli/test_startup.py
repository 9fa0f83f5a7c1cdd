"""What a command loads when it starts, and what it says where a library is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.places import ROOT

COMMANDS = "proofs.cli.commands."


def python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - ours


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("proofs.cli.main", ("z3", "hypothesis", "rich", "lark", "pymodel", "proofs.theorems", "proofs.policies")),
        ("proofs.cli.apalache", ("z3", "hypothesis", "rich", "lark", "pymodel")),
        (COMMANDS + "reading", ("z3", "hypothesis", "lark", "proofs.search", "proofs.prove")),
        (COMMANDS + "replaying", ("z3", "hypothesis", "lark", "proofs.engine", "proofs.prove")),
        (COMMANDS + "fuzzing", ("z3", "lark", "proofs.engine", "proofs.prove")),
        (COMMANDS + "checking", ("z3", "hypothesis", "lark", "proofs.search", "proofs.prove")),
        (COMMANDS + "asking", ("z3", "hypothesis", "lark", "proofs.search", "proofs.prove")),
        (COMMANDS + "tools", ("z3", "hypothesis", "proofs.search")),
        (COMMANDS + "reaching", ("hypothesis", "lark", "proofs.prove")),
        (COMMANDS + "proving", ("hypothesis", "lark", "proofs.fuzzing")),
    ],
)
def test_a_command_loads_what_it_needs_alone(module: str, absent: tuple[str, ...]) -> None:
    """The command line loads no model; a command that asks no solver loads none."""
    done = python(f"import sys, {module}; print(sorted(set({absent!r}) & set(sys.modules)))")
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize(
    ("library", "arguments", "told"),
    [
        ("z3", ["prove"], "z3 is not installed; get it with: pip install ringfence"),
        ("z3", ["reach", "iommu.on"], "z3 is not installed; get it with: pip install ringfence"),
        ("hypothesis", ["fuzz"], "hypothesis is not installed; get it with: pip install ringfence"),
        ("lark", ["conform"], "lark is not installed; get it with: pip install 'ringfence[tla]'"),
        ("lark", ["check"], "lark is not installed; get it with: pip install 'ringfence[tla]'"),
    ],
)
def test_a_missing_library_exits_4(library: str, arguments: list[str], told: str) -> None:
    """A library that is not there is told with how to get it, whichever command wants it."""
    program = f"import sys; sys.modules[{library!r}] = None; from proofs.cli.main import main; main()"
    done = python(program, *arguments)
    assert (done.returncode, done.stderr) == (4, f"ringfence: {told}\n")


def test_a_defect_of_ours_is_no_missing_library() -> None:
    """A module of the project itself that cannot be found is an internal error."""
    program = "import sys; sys.modules['proofs.search.concrete'] = None; from proofs.cli.main import main; main()"
    done = python(program, "replay", "trace.json")
    assert done.returncode == 70
    assert "internal error" in done.stderr
