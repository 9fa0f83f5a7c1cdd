"""A function between two owners: the module and the Python model agree, and where the map says that they do not, they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from proofs.tla.binding import behaviours, conform, toward_tla, variants
from proofs.tla.binding.language import Unbound, Variant
from proofs.tla.binding.maps.device_assignment import BINDING
from proofs.tla.binding.recording import record
from proofs.tla.binding.replay import Machine
from proofs.tla.binding.toward_python import replay_all
from proofs.tla.engines.tlc import Tlc
from proofs.tla.manifest import Model
from pymodel.machine import Hypervisor
from pymodel.zoo.devices import xsa_302
from tests.places import SPEC

MODULES = SPEC / "DeviceAssignment"
SEED = 11


def named(fault: str) -> Variant:
    """Return a faulty variant."""
    return next(v for v in BINDING.variants if v.name == f"DeviceAssignment_{fault}")


def test_behaviours_of_the_module_are_runs_of_the_reference(tools: Tlc, machine: Machine) -> None:
    """Each step of each behaviour is taken in Python and shows the same; refusals are compared too."""
    found = replay_all(machine, behaviours.generate(tools, MODULES, BINDING, 60, 25, SEED))
    assert found.found == []
    assert (found.behaviours, sum(found.actions.values())) == (60, 60 * 24)
    assert found.refusals > 100


def test_module_lets_a_function_issue_with_bus_mastering_off(tools: Tlc, machine: Machine) -> None:
    """Without the map's restriction the models part where a function issues that its owner has not used: so it is needed."""
    free = replace(BINDING, within="TRUE")
    found = replay_all(machine, behaviours.generate(tools, MODULES, free, 60, 25, SEED), most=1).found[0]
    assert found.action.startswith("DmaIssue(")
    assert found.python == "refuses it: NOT_ALLOWED (dma_issue)"


def test_runs_of_the_reference_are_behaviours_of_the_module(tools: Tlc, machine: Machine) -> None:
    """Python ends requests where the module waits for them: inner steps lead there, and without them some runs are rejected."""
    runs = record(machine, 40, 20, SEED).runs
    assert toward_tla.rejected(tools, MODULES, BINDING, runs) == []
    assert toward_tla.rejected(tools, MODULES, replace(BINDING, inner="FALSE"), runs) != []


@pytest.mark.parametrize(
    ("start", "unbound", "told"),
    [
        (BINDING.start, BINDING.unbound, []),
        (BINDING.start.replace('"CLEAN"', '"RESET"'), BINDING.unbound, ["the start"]),
        (BINDING.start, BINDING.unbound[1:], ["CreateVm"]),
    ],
    ids=["as it is", "start out of reach", "an action nobody declared"],
)
def test_map_knows_every_step_and_starts_where_the_module_comes(  # noqa: PLR0913, PLR0917 - fixtures and cases
    tools: Tlc, machine: Machine, entries: dict[str, Model], start: str, unbound: Sequence[Unbound], told: list[str]
) -> None:
    """A start that the module never comes to, or a step that the map neither binds nor leaves out by name, is found."""
    small = replace(BINDING, start=start, unbound=unbound, constants={**BINDING.constants, **BINDING.small})
    asked = conform.Comparison(tools, small, entries, Hypervisor(), 1, SEED)
    out = conform.Conformance(small.module, SEED)
    conform.covered(asked, machine, out)
    conform.started(asked, machine, out)
    assert [d.action.split(" (")[0] for d in out.found] == told


def test_detach_to_the_host_is_followed_by_the_policy_that_has_it(tools: Tlc, entries: dict[str, Model]) -> None:
    """XSA-302: the zoo's policy follows to the access of the host's memory; the reference writes another context."""
    variant = named("XSA302")
    entry = entries[variant.name]
    run = variants.find(tools, BINDING, variant, entry)
    found = variants.compare(BINDING, variant, run, Hypervisor(), entry.model_values)
    assert found.found == []
    assert found.unmatched == "DetachToHost(d1): Python shows context = {<<d1, nobody>>}"
    assert {"DMA-1"} <= set(found.broken) <= set(xsa_302.PROMISES)
    worse = variants.compare(BINDING, variant, run, xsa_302.Faulty(), entry.model_values)
    assert [d.python for d in worse.found] == ["takes every step"]


def test_fault_that_only_interleaving_shows_is_left_where_the_map_says(tools: Tlc, entries: dict[str, Model]) -> None:
    """A completion that does not wait for requests: Python has none left then, and there the reference leaves the run."""
    variant = named("NoFirstDrain")
    entry = entries[variant.name]
    run = variants.find(tools, BINDING, variant, entry)
    for unmatched, told in ((variant.unmatched, []), ("refuses it", ["shows translated = {}"])):
        found = variants.compare(BINDING, replace(variant, unmatched=unmatched), run, Hypervisor(), entry.model_values)
        assert [d.python for d in found.found] == told
