"""What holds of every platform: axioms, and no invariants, since no step changes what a machine is (ASM-PLATFORM)."""

from __future__ import annotations

from proofs.statements import Area, axiom
from pymodel.hardware.ids import Layout, Level, Page, Rid, bus_of, is_width, page_base
from pymodel.hardware.platform import is_reserved
from pymodel.language.truth import all_of, any_of, implies
from pymodel.language.words import choose
from pymodel.machine import MachineState

AREA = Area("platform", promise=False)


@axiom
def a_function_drives_24_to_64_bits(s: MachineState, d: Rid) -> bool:
    """Each function drives 24 to 64 address bits."""
    return is_width(s.platform.function[d].width)


@axiom
def a_pf_is_behind_its_bridge(s: MachineState, d: Rid) -> bool:
    """A function that is capable of SR-IOV is one that may be there, on a bus behind the bridge above it."""
    facts, bus = s.platform.function[d], bus_of(d)
    return implies(facts.capable, all_of(facts.exists, facts.secondary <= bus, bus <= facts.subordinate))


@axiom
def a_slot_around_a_reserved_page_is_reserved(s: MachineState, layout: Layout, level: Level, page: Page) -> bool:
    """A slot is reserved if it covers one that is: the interrupt window, or what firmware declares."""
    above = choose(level == Level.PAGE, Level.BLOCK, Level.HUGE)
    around = is_reserved(s, layout, above, page_base(page, above))
    return implies(is_reserved(s, layout, level, page), any_of(level == Level.HUGE, around))
