"""What the tests of the bindings share: the tools, the manifest, the reference as a map sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proofs.tla.binding.replay import Machine
from proofs.tla.engines.tlc import WORTH, Tlc, warmed
from proofs.tla.manifest import Model, load
from pymodel.machine import Hypervisor
from tests.places import SPEC


@pytest.fixture(scope="session")
def tools() -> Iterator[Tlc]:
    """Yield Java and TLC, which starts sooner than without what is kept of it meanwhile."""
    with warmed(Tlc.find(), WORTH) as warm:
        yield warm


@pytest.fixture(scope="session")
def entries() -> dict[str, Model]:
    """Return the manifest."""
    return {model.name: model for model in load(SPEC / "models.toml")}


@pytest.fixture(scope="module")
def machine(request: pytest.FixtureRequest) -> Machine:
    """Return the reference as the map sees it that a test module calls `BINDING`."""
    return Machine(request.module.BINDING, Hypervisor())
