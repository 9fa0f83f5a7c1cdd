"""The platforms: they satisfy what is assumed of power-on."""

from __future__ import annotations

from typing import Any

import pytest

from proofs.theorems import CATALOGUE
from pymodel.hardware.ids import Frame, Index, Layout, Level, Page, Rid
from pymodel.platforms import PLATFORMS


@pytest.mark.parametrize("platform", PLATFORMS)
def test_platforms_satisfy_what_is_assumed_of_power_on(platform: str) -> None:
    """Every fact about power-on holds of a platform, at each function, frame and slot that it mentions."""
    state: Any = PLATFORMS[platform]()
    keys: dict[tuple[type, ...], list[tuple[Any, ...]]] = {
        (): [()],
        (Rid,): [k for k, _ in [*state.pcie.items(), *state.platform.function.items()]],
        (Frame,): [k for k, _ in state.frame.items()],
        (Frame, Index): [k for k, _ in state.memory.items()],
        (Layout, Level, Page): [k for k, _ in state.platform.reserved.items()],
    }
    for fact in CATALOGUE.at_power_on():
        for key in keys[tuple(fact.params.values())]:
            assert fact.function(state, *key), (fact.name, key)
