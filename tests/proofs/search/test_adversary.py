"""The adversary does what it did in some run, or whatever fits together; it ends nothing, and tries nothing twice in vain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proofs.search.adversary import Adversary, grows, joined
from proofs.search.places import Place, Step
from proofs.search.scenarios import SCENARIOS
from proofs.search.scenarios.runs.parts import LONG, Script
from proofs.search.walker import Walker, walker_of
from pymodel.hardware.ids import Frame, Index, Page, Tag
from pymodel.machine import Hypervisor

FILL, LEAF = "iotlb_fill", "map"


def filling() -> Iterator[tuple[str, Script, Step]]:
    """Yield the short stories in which a device translates a page: the steps before, and the mapping of that page."""
    for _, platform, script in SCENARIOS:
        at = next((n for n, (name, _) in enumerate(script) if name == FILL), None) if len(script) < LONG else None
        if at is not None:
            page = script[at][1]["page"]
            mapped = [step for step in script[:at] if step[0] == LEAF and step[1]["page"] == page]
            if mapped:
                yield platform, script[:at], mapped[-1]


def taken(walker: Walker, platform: str, script: Script) -> Place:
    """Return where the hypervisor's steps of a story lead, without those of hardware, guests and devices."""
    place = walker.power_on(platform)
    for name, args in script:
        if walker.transitions[name].actor == "hypervisor" or name == "boot":
            place = walker.take(place, name, args) or place
    return place


def test_the_adversary_walks_to_what_a_step_was_about() -> None:
    """No run that it knows has the walk: the root, each table and the page follow from the records of the machine."""
    platform, script, leaf = next(filling())
    walker = walker_of(Hypervisor(), set(), 0)
    place = taken(walker, platform, script)
    assert not place.state.iotlb.points
    ends = list(Adversary(walker).free(place, leaf))
    steps = ends[-1].path[len(place.path) :]
    assert leaf[1]["page"] in [args["page"] for name, args in steps if name == FILL]
    assert all(walker.transitions[name].actor != "hypervisor" for name, _ in steps)


def test_an_eager_adversary_does_what_it_did() -> None:
    """It takes steps of the deeds alone, and what was in vain there is not tried again."""
    platform, script, _ = next(filling())
    walker = walker_of(Hypervisor(), set(), 0)
    place = taken(walker, platform, script)
    adversary = Adversary(walker)
    deeds = adversary.deeds([step for step in script if walker.transitions[step[0]].actor != "hypervisor"])
    after = adversary.eager(place, deeds)
    assert len(after.path) > len(place.path)
    assert all(args in deeds[name] for name, args in after.path[len(place.path) :])
    assert adversary.eager(place, deeds).path == after.path


def test_what_was_in_vain_is_not_tried_again() -> None:
    """As long as nothing that the step reads has changed."""
    walker = walker_of(Hypervisor(), set(), 0)
    place, adversary = walker.power_on("small"), Adversary(walker)
    evict = walker.transitions["context_evict"]
    tried = [walker.found.tried]
    for _ in range(2):
        assert adversary.added(place, evict, {"rid": 1}) is None
        tried.append(walker.found.tried)
    assert tried[1] == tried[0] + 1 == tried[2]


def typed_keys(part: Any) -> list[Any]:
    """Return the keys of a map's records, as words."""
    return [tuple(kind.of(n) for kind, n in zip(part.shape.keys, raw, strict=True)) for raw in part.points]


def test_what_is_put_back_to_its_default_is_gone() -> None:
    """An entry that is evicted adds nothing, although the map has a record at its key."""
    platform, script, leaf = next(filling())
    walker = walker_of(Hypervisor(), set(), 0)
    place = taken(walker, platform, script)
    full = list(Adversary(walker).free(place, leaf))[-1].state
    key = next(key for key in typed_keys(full.iotlb))
    empty = full._with(iotlb=full.iotlb.set(key, full.iotlb[key].default()))
    assert grows(place.state, full)
    assert not grows(full, empty)
    assert grows(empty, full)


def test_records_are_joined_by_what_they_share() -> None:
    """A link in a table is followed under the tag under which the table is known; what leaves nothing open comes first."""
    rows: list[dict[type, int]] = [{Tag: 1, Frame: 10}, {Tag: 2, Frame: 20}, {Frame: 10, Index: 5}, {Frame: 30, Index: 6}]
    found = joined({}, [Tag, Frame, Index], rows)
    assert {Tag: 1, Frame: 10, Index: 5} in found
    assert {Tag: 2, Frame: 20, Index: 5} not in found
    whole = [len(one) == 3 for one in found]
    assert whole == sorted(whole, reverse=True)
    assert joined({Page: 7}, [Page], rows) == [{Page: 7}]
