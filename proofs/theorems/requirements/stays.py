"""Why a statement stays that no fault breaks alone, and of which it is not known yet whether one does.

Of every other cited statement a test has a fault that it alone notices (`tests/proofs/theorems/test_killed.py`): without it the
fault would be proved. Of footprints `tests/proofs/policies/test_besides.py` has them.
"""

from __future__ import annotations

from proofs.theorems.operations.measure import NOTHING_RAISED

__all__ = ["FOLLOWS", "NOT_SHOWN", "SHARED"]

#: What follows from others in every state, so that a fault which breaks it breaks one of those too. It stays since a reviewer reads
#: it as the promise, or since it is the half of a promise that each step is seen to keep.
FOLLOWS: dict[str, tuple[str, ...]] = {
    "a_vm_reaches_only_what_it_owns_or_is_granted": ("what_a_cache_holds_is_not_reused", "a_cpu_runs_in_its_vms_space"),
    "dma_never_lands_in_a_table_or_the_hypervisor": ("dma_reaches_only_what_the_owner_may", "a_grant_holds_its_frame"),
    "an_unassigned_requester_reaches_nothing": ("a_request_in_flight_agrees_with_its_slot",),
    "requester_ids_are_pairwise_different": ("a_vf_answers_to_its_requester_id", "a_pf_keeps_to_its_registers", "a_pf_is_no_vf"),
    "no_search_names_an_absent_vm": (
        "a_search_holds_its_space",
        "a_space_has_its_root_and_tag",
        "a_reference_is_in_its_list",
        "nothing_names_an_absent_vm",
    ),
    "a_page_of_a_window_has_its_extent": ("a_window_translates_as_its_list_says",),
    "a_page_of_a_window_is_the_byte_of_its_extent": ("a_window_translates_as_its_list_says",),
    "every_holder_is_a_thing": ("whatever_blocks_exists", "a_reference_is_in_its_list"),
    "a_groups_owner_owns_a_member_and_exists": (
        "whatever_blocks_exists",
        "a_group_has_one_owner",
        "a_group_without_members_is_nobodys",
        "every_number_below_the_count_is_held",
        "owned_functions_are_counted",
        "nothing_names_an_absent_vm",
        "a_reference_is_in_its_list",
    ),
}

#: What the same fault always breaks as well, each with the reason why it stays. No solver has seen these reasons.
SHARED: dict[str, tuple[str, ...]] = {
    "a_walk_goes_on_as_from_the_root says so too, among other things; this says it of a pointer alone, whatever is in its table": (
        "a_walk_goes_on_in_a_table_of_its_vm",
    ),
    "a frame that changes hands otherwise breaks its footprint, or both of these by hardware; they name giver and receiver": (
        "only_the_frame_named_changes_hands",
        "a_frame_changes_hands_only_by_its_owner_or_the_host",
    ),
    "a function that changes hands otherwise breaks its footprint, or its accounts where hardware did it; this names the giver": (
        "a_function_changes_hands_only_by_the_host",
    ),
    "a group with an owner and no member breaks that its owner owns one, too; this is the half that each step is seen to keep": (
        "a_group_without_members_is_nobodys",
    ),
    "a leaf outside the range breaks the footprint of memory too, whose keys are slots; this names pages": (
        "a_range_loses_no_page_outside_it",
    ),
}

#: Of these no fault is known that they alone notice, and no reason why there is none. The list may become shorter, and not longer.
NOT_SHOWN: tuple[str, ...] = (
    "a_device_has_nothing_cached_where_reserved",
    "a_device_reaches_what_its_vm_reaches",
    "a_frame_reached_is_memory_of_a_vm",
    "a_request_keeps_clear_of_what_is_reserved",
    "a_space_in_use_has_a_bound_tag",
    "a_space_is_its_vms",
    "a_window_maps_no_frame_twice",
    "a_window_translates_as_its_list_says",
    "an_idle_vf_has_no_request",
    "owned_functions_are_counted",
    "whatever_blocks_exists",
    *(statement.__name__ for statement in NOTHING_RAISED),
)
