"""What holds of every map: both ways agree, every step is known, and a map that is wrong somewhere is found out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from proofs.tla.binding import behaviours, conform, toward_tla, variants
from proofs.tla.binding.language import Binding
from proofs.tla.binding.maps import vmid_reuse
from proofs.tla.binding.recording import record
from proofs.tla.binding.replay import Machine
from proofs.tla.binding.toward_python import replay_all
from proofs.tla.engines.tlc import Tlc
from proofs.tla.manifest import Model
from pymodel.machine import Hypervisor
from pymodel.zoo.tables import xsa_480
from tests.places import SPEC

SEED = 13
#: The modules without a test file of their own.
MODULES = ("Isolation", "TagsAndTables", "Hypercalls", "InvalidationQueue")
#: Where Python takes at once what the module takes in parts.
PARTED = ("TagsAndTables", "Hypercalls", "InvalidationQueue")


def other_vm(binding: Binding) -> Binding:
    """Return a map in which `Map` is of another VM than it is told."""
    name = next(n for n in ("v", "d") if n in binding.domains)
    first, second = binding.domains[name][1]
    known = binding.action("Map")
    wrong = replace(known, steps=lambda s, a: known.steps(s, {**a, name: second if a[name] == first else first}))
    return replace(binding, actions=[wrong if a.name == "Map" else a for a in binding.actions])


@pytest.mark.parametrize("module", MODULES)
def test_both_ways_agree(tools: Tlc, entries: dict[str, Model], module: str) -> None:
    """Behaviours of the module are runs of the reference, and the other way round; the map knows every step and its start."""
    binding = conform.BINDINGS[module]
    machine, out = Machine(binding, Hypervisor()), conform.Conformance(module, SEED)
    asked = conform.Comparison(tools, binding, entries, Hypervisor(), 40, SEED)
    for part in (conform.covered, conform.started, conform.replayed, conform.recorded):
        part(asked, machine, out)
    assert out.found == []
    assert [way.behaviours for way in out.ways] == [40, 40]
    assert all(way.refusals for way in out.ways)


@pytest.mark.parametrize("module", MODULES)
def test_wrong_argument_in_a_map_is_found(tools: Tlc, module: str) -> None:
    """A map whose `Map` is of another VM parts from the module, whichever way it is asked."""
    wrong = other_vm(conform.BINDINGS[module])
    machine = Machine(wrong, Hypervisor())
    found = replay_all(machine, behaviours.generate(tools, SPEC / module, wrong, 40, wrong.steps + 1, SEED), most=1).found
    assert [d.action.split("(")[0] for d in found] == ["Map"]
    assert toward_tla.rejected(tools, SPEC / module, wrong, record(machine, 20, 12, SEED).runs) != []


@pytest.mark.parametrize("module", PARTED)
def test_parts_of_a_python_step_are_inner_steps(tools: Tlc, module: str) -> None:
    """Where Python takes at once what the module takes in parts, recorded runs need the inner steps."""
    binding = conform.BINDINGS[module]
    runs = record(Machine(binding, Hypervisor()), 20, 12, SEED).runs
    assert toward_tla.rejected(tools, SPEC / module, replace(binding, inner="FALSE"), runs) != []


@pytest.mark.parametrize(
    ("name", "left", "broken"),
    [
        ("Isolation_ReclaimReached", "ReclaimReached(f1): Python refuses it: IN_USE (reclaim)", set()),
        ("Hypercalls_XSA288", "WriteLater(c2, v1, f1): Python refuses it: NOT_OWNED (map)", {"DMA-1", "MEM-10"}),
        ("Hypercalls_XSA401HalfRepaired", "FinishRetype(c1, v1, f1): Python refuses it: NOT_FLUSHED (release)", set()),
        ("InvalidationQueue_WrongQueue", "ReleaseByAnyQueue(d2, f2): Python refuses it: NOT_FLUSHED (release)", set()),
        ("InvalidationQueue_TimeOutCompletes", "Release(d1, f1): Python refuses it: NOT_FLUSHED (release)", set()),
        ("TagsAndTables_XSA480", "FreeTableBeforeFlush(v1, f1): Python refuses it: NOT_FLUSHED (free_table)", {"MEM-1", "XLT-5"}),
        ("TagsAndTables_VmidReuse", "FreeTagWhileFlying(v1, t1): Python refuses it: NOT_FLUSHED (free_tag)", {"INV-4", "MEM-1"}),
        ("TagsAndTables_EarlierFlush", "CompleteForAll(t1): Python shows flushed = {<<TABLE, v1, f1>>}", set()),
    ],
)
def test_counterexample_is_left_where_the_map_says(
    tools: Tlc, entries: dict[str, Model], name: str, left: str, broken: set[str]
) -> None:
    """The reference leaves a faulty variant's counterexample at the fault; a policy with that fault breaks its promises."""
    binding = conform.BINDINGS[name.split("_", maxsplit=1)[0]]
    variant = next(v for v in binding.variants if v.name == name)
    run = variants.find(tools, binding, variant, entries[name])
    found = variants.compare(binding, variant, run, Hypervisor(), entries[name].model_values)
    assert (found.found, found.unmatched) == ([], left)
    assert broken <= set(found.broken)
    wrong = variants.compare(binding, replace(variant, unmatched="something else"), run, Hypervisor(), entries[name].model_values)
    assert [d.direction for d in wrong.found] == [f"counterexample of {name}"]


def test_counterexample_that_only_locks_tell_is_followed_to_the_end(tools: Tlc, entries: dict[str, Model]) -> None:
    """A lock taken without a look at it: Python has no locks and follows, as the map says; a map that says more is found out."""
    binding = conform.BINDINGS["Hypercalls"]
    variant = next(v for v in binding.variants if v.name == "Hypercalls_LockUntested")
    entry = entries[variant.name]
    run = variants.find(tools, binding, variant, entry)
    for unmatched, told in (("", []), ("refuses it", ["takes every step"])):
        found = variants.compare(binding, replace(variant, unmatched=unmatched), run, Hypervisor(), entry.model_values)
        assert [d.python for d in found.found] == told


@pytest.mark.parametrize("policy", [xsa_480, vmid_reuse], ids=["XSA-480", "VMID reuse"])
def test_runs_of_a_faulty_policy_are_no_behaviours_of_the_module(tools: Tlc, policy: Any) -> None:
    """Recorded at random from a policy that counts an invalidation when it is asked for, some runs are rejected there."""
    binding = conform.BINDINGS["TagsAndTables"]
    runs = record(Machine(binding, policy.Faulty()), 80, 14, SEED).runs
    wrong = toward_tla.rejected(tools, SPEC / "TagsAndTables", binding, runs)
    found = toward_tla.where_rejected(tools, SPEC / "TagsAndTables", binding, wrong[0], runs[wrong[0]])
    assert found.action.split("(")[0] in {"FreeTable", "FreeTag"}
