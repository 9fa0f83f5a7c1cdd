"""What the reference does in a known run is taken once; what a policy does otherwise is taken, and followed, anew."""

from __future__ import annotations

from typing import Any

import pytest

from proofs.policies import load
from proofs.search.concrete import same
from proofs.search.places import Place
from proofs.search.scenarios import SCENARIOS
from proofs.search.scenarios.runs.parts import LONG
from proofs.search.walker import Walker, walker_of
from pymodel.hardware.ids import Vm
from pymodel.hypervisor.vms import Life
from pymodel.machine import Hypervisor, MachineState
from tests.places import POLICIES


class Hasty(Hypervisor):
    """Has a VM run as soon as it is there."""

    def create_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """Make a VM, and start it."""
        after = super().create_vm(s, caller, vm)
        return after.put("vm", vm, after.vm[vm].replace(life=Life.LIVE))


LAZY = str(POLICIES / "lazy.py")
PARTED = f"{POLICIES / 'recall' / 'frames' / 'a_retyping_is_checked_early.py'}::Faulty"


def walker_for(spec: str) -> Walker:
    """Return a walker of a policy that looks at nothing."""
    return walker_of(Hasty() if spec == "hasty" else load(spec).instance(), set(), 0)


def followed(walker: Walker, by: Any) -> list[Place]:
    """Return where each step of some short scenarios leads, taken in one way or the other."""
    out = []
    for _, platform, script in [story for story in SCENARIOS if len(story[2]) < LONG][::5]:
        place = walker.power_on(platform)
        for name, args in script:
            place = by(place, name, args) or place
            out.append(place)
    return out


@pytest.mark.parametrize("spec", ["reference", LAZY, "hasty"])
def test_a_trail_leads_where_the_steps_lead(spec: str) -> None:
    """Whatever the policy, and whether or not others have taken the runs before: state, path and counts are the same."""
    known, plain = walker_for(spec), walker_for(spec)
    followed(walker_for("reference"), walker_for("reference").known_step)
    for one, other in zip(followed(known, known.known_step), followed(plain, plain.take), strict=True):
        assert same(one.state, other.state)
        assert one.path == other.path
        assert one.before is None or other.before is None or same(one.before, other.before)
    counts = [(w.found.tried, w.found.steps, w.found.successes) for w in (known, plain)]
    assert counts[0] == counts[1]


def test_a_trail_ends_where_a_policy_does_something_else() -> None:
    """What it leads to is not the reference's, though each step behind it is."""
    walker = walker_for("hasty")
    left = [place for place in followed(walker, walker.known_step) if place.trail is None]
    assert left
    assert any(place.path[-1][0] not in walker.touched for place in left)


def test_a_second_walker_takes_the_policys_own_steps_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as each leads where the reference's leads; behind one that does not, all are taken."""
    first = walker_for(LAZY)
    followed(first, first.known_step)
    taken: list[str] = []
    second = walker_for(LAZY)
    real = Walker.take

    def take(self: Walker, place: Place, name: str, args: dict[str, int]) -> Place | None:
        taken.append("" if place.trail is None else name)
        return real(self, place, name, args)

    monkeypatch.setattr(Walker, "take", take)
    places = followed(second, second.known_step)
    assert len(taken) * 2 < len(places)
    assert set(taken) - {""} <= second.touched


def test_a_policy_with_parts_of_its_own_has_no_trail() -> None:
    """Its states are not the reference's."""
    assert walker_for(PARTED).power_on("small").trail is None
    assert walker_for(LAZY).power_on("small").trail is not None
