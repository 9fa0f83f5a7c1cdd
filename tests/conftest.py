"""What the tests of the bindings share: the tools, the manifest, and the reference as a map sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.tla.binding.replay import Machine
from proofs.tla.manifest import Model, load
from proofs.tla.tlc import Tlc
from pymodel.hypervisor import Hypervisor

SPEC = Path(__file__).resolve().parents[1] / "spec"


@pytest.fixture(scope="session")
def tools() -> Tlc:
    """Return Java and TLC."""
    return Tlc.find()


@pytest.fixture(scope="session")
def entries() -> dict[str, Model]:
    """Return the manifest."""
    return {model.name: model for model in load(SPEC / "models.toml")}


@pytest.fixture(scope="module")
def machine(request: pytest.FixtureRequest) -> Machine:
    """Return the reference as the map sees it that a test module calls `BINDING`."""
    return Machine(request.module.BINDING, Hypervisor())
