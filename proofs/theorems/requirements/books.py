"""What theorems cite although it reads bookkeeping, each with the reason why the promise cannot be told without; nothing else may.

A promise is about who owns, is granted and may do what, and about what hardware then does; how the hypervisor keeps its books is a
lemma's to say (`spec/adr/0016-lemmas.md`).
"""

from __future__ import annotations

from proofs.theorems.invariants import accounts, addresses, caches, memory, ranges, tables
from proofs.theorems.operations import blockers, effects, measure, refusals
from proofs.theorems.operations.footprints import FOOTPRINTS

__all__ = ["OF_BOOKS"]

#: The reasons, each with the statements that it is of.
OF_BOOKS: dict[str, tuple[str, ...]] = {
    "what an operation may change is told of every part, whosever it is": tuple(f.__name__ for f in FOOTPRINTS.values()),
    "a contract tells an operation in the hypervisor's own terms: which table is closed, which page is known to be blank": (
        effects.an_operation_does_what_it_says.__name__,
        refusals.an_entitled_request_is_granted.__name__,
        refusals.an_unreferenced_object_can_be_released.__name__,
    ),
    "how far a table is on its way is its phase and its cursor": (
        measure.each_taking_lowers_a_stage.__name__,
        *(statement.__name__ for statement in measure.NOTHING_RAISED),
    ),
    "what stands in the way of a taking is what its contract reads of it: what is noted of a slot, and where the slot is found": (
        memory.a_handle_knows_its_uses.__name__,
        tables.a_broken_leaf_names_its_child.__name__,
        tables.only_a_leaf_has_notes.__name__,
        ranges.a_jobs_leaf_is_in_its_window.__name__,
        addresses.a_mirrored_page_is_the_vms_own.__name__,
        addresses.a_leaf_is_where_its_walk_ends.__name__,
    ),
    "the slot of a request in flight is told by its table's record: that a walk finds it the solver does not say in time": (
        caches.a_request_in_flight_agrees_with_its_slot.__name__,
    ),
    "that a count is exact is told by numbering what it counts; take and drop alone write the numbers, whatever the policy": (
        accounts.a_reference_is_in_its_list.__name__,
        accounts.every_number_below_the_count_is_held.__name__,
        blockers.whatever_blocks_exists.__name__,
        blockers.a_groups_owner_owns_a_member_and_exists.__name__,
    ),
}
