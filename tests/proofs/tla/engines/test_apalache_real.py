"""The real Apalache, where one is installed: the modules of `spec/` go through it unchanged, plainly and by its server.

CI has none, so there these tests are left out; the others make do with recorded runs and a stand-in.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.cli.apalache import app
from proofs.cli.main import run
from proofs.tla.engines.tools import MissingToolError, find_apalache
from proofs.tla.modules import needed
from tests.places import SPEC

WRAPPERS = sorted(path.parent.name for path in SPEC.glob("*/AP*.tla"))


def installed() -> bool:
    """Say whether there is an Apalache."""
    try:
        find_apalache()
    except MissingToolError:
        return False
    return True


pytestmark = pytest.mark.skipif(not installed(), reason="Apalache is not installed")


@pytest.mark.parametrize("module", WRAPPERS)
def test_every_module_goes_through(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its types are right, its constants are given, and what it says of types holds for a step."""
    arguments = ["--cinit", "CInit", "--inv", "TypeOK", "--length", "1", str(SPEC / module / f"AP{module}.tla")]
    assert run(arguments, app, "apalache-check") == 0
    assert "holds         TypeOK for 1 steps" in capsys.readouterr().out


@pytest.fixture
def faulty(tmp_path: Path) -> str:
    """Return a wrapper of the variant with XSA-346."""
    for path in needed(SPEC / "StaleTranslations"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (SPEC / "StaleTranslations" / "APStaleTranslations.tla").read_text(encoding="utf-8")
    text = text.replace("MODULE APStaleTranslations", "MODULE APFaulty").replace(
        "EXTENDS Stale", "EXTENDS StaleTranslations_XSA346 \\* Stale"
    )
    (tmp_path / "APFaulty.tla").write_text(text, encoding="utf-8")
    return str(tmp_path / "APFaulty.tla")


@pytest.mark.parametrize("how", [[], ["--server"]], ids=["plain", "server"])
def test_inductive_invariant(how: list[str], faulty: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The three checks hold of the module and not of its faulty variant, whether in three processes or in one."""
    asked = [*how, "--cinit", "CInit", "--inductive", "IndInv", "--inv", "NoForeignAccess"]
    assert run([*asked, str(SPEC / "Isolation" / "APIsolation.tla")], app, "apalache-check") == 0
    told = capsys.readouterr().out
    assert "inductive for these constants" in told
    assert ("(Apalache's server)" in told) == bool(how)
    assert run([*asked, "--next", "FaultyNext", faulty], app, "apalache-check") == 3
    assert "IndInv is inductive" in capsys.readouterr().out


def test_violation_is_shown_and_saved(faulty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run to XSA-346 has the length that TLC finds, ends in a foreign access, and is saved as ITF."""
    asked = [
        "--cinit",
        "CInit",
        "--next",
        "FaultyNext",
        "--inv",
        "NoForeignAccess",
        "--length",
        "8",
        "--save",
        str(tmp_path / "kept"),
    ]
    assert run([*asked, faulty], app, "apalache-check") == 1
    assert "access: gains" in capsys.readouterr().out
    (saved,) = (tmp_path / "kept").glob("*.itf.json")
    assert len(json.loads(saved.read_text(encoding="utf-8"))["states"]) == 9
