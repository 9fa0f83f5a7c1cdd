"""Theorems of the life of VMs and objects, and of policies: LIF and POL."""

from __future__ import annotations

from proofs.theorems.invariants import accounts, addresses, devices, memory, ranges, tables
from proofs.theorems.operations import blockers, effects, measure, refusals
from proofs.theorems.operations.footprints import FOOTPRINTS
from proofs.theorems.promises import reach, walks
from proofs.theorems.requirements.declare import DMA, theorem

THEOREMS = (
    theorem(
        "LIF-1",
        "After a VM is reaped nothing names it, and what is created next under its name starts as fresh.",
        effects.a_life_goes_one_way,
        FOOTPRINTS["vm"],
        effects.an_operation_does_what_it_says,
        accounts.nothing_names_an_absent_vm,
        blockers.a_groups_owner_owns_a_member_and_exists,
        devices.a_group_without_members_is_nobodys,
        ranges.no_search_names_an_absent_vm,
        ranges.a_search_holds_its_space,
        devices.what_is_reported_of_a_function_is_its_owners,
        accounts.owned_frames_are_counted,
        accounts.owned_functions_are_counted,
        tables.a_space_has_its_root_and_tag,
        memory.a_grant_holds_its_frame,
        open_=("interrupt entries are not modelled",),
    ),
    theorem(
        "LIF-4",
        "An operation of many steps is a machine of single steps, and every prefix of it satisfies everything else here.",
        memory.the_frames_of_a_block_are_its_owners_data,
        memory.a_block_is_aligned,
        ranges.a_page_of_a_window_is_the_byte_of_its_extent,
        walks.a_window_translates_as_its_list_says,
        walks.a_split_block_translates_alike,
        effects.a_job_goes_one_way,
        FOOTPRINTS["job"],
        effects.a_search_keeps_to_what_was_asked,
        effects.an_operation_does_what_it_says,
        refusals.an_unreferenced_object_can_be_released,
        mutants=("CVE-2014-3601",),
        argued=("that each prefix satisfies everything else here, since the prover asks that of every single step",),
    ),
    theorem(
        "LIF-7",
        "Tear-down has an order: dying, drained, empty, reaped; while devices may act, tables and DMA frames stay as they are.",
        accounts.only_vms_are_alive,
        accounts.a_drained_vm_has_no_device_and_no_cpu,
        effects.a_life_goes_one_way,
        FOOTPRINTS["vm"],
        effects.an_operation_does_what_it_says,
        effects.what_is_torn_down_only_shrinks,
        effects.what_is_torn_down_maps_nothing_new,
        accounts.nothing_names_an_absent_vm,
        reach.an_iotlb_leads_only_to_what_the_owner_may,
        assumes=DMA,
        mutants=("XSA-386",),
    ),
    theorem(
        "LIF-8",
        "What a dead VM owned is reclaimed by host steps whose number a measure bounds.",
        effects.what_is_torn_down_only_shrinks,
        effects.an_operation_does_what_it_says,
        refusals.an_unreferenced_object_can_be_released,
        blockers.whatever_blocks_exists,
        accounts.every_holder_is_a_thing,
        memory.a_handle_knows_its_uses,
        tables.a_broken_leaf_names_its_child,
        tables.only_a_leaf_has_notes,
        ranges.a_jobs_leaf_is_in_its_window,
        addresses.a_mirrored_page_is_the_vms_own,
        addresses.a_leaf_is_where_its_walk_ends,
        measure.each_taking_lowers_a_stage,
        *measure.NOTHING_RAISED,
        *effects.OWED,
        argued=("that taking comes to an end, and leaves nothing, follows from these statements, as operations/measure.py says",),
    ),
    theorem(
        "LIF-9",
        "Shared objects live until the last holder drops them, and no longer; counts equal holders.",
        memory.a_handle_holds_its_grant,
        memory.a_grant_holds_its_frame,
        accounts.every_number_below_the_count_is_held,
        open_=("rings, domains shared between VMs and PASID spaces are not modelled",),
    ),
    theorem(
        "POL-1",
        "Any policy whose decisions satisfy their contracts preserves everything above.",
        layer="policy",
    ),
    theorem(
        "POL-2",
        "Each decision of the policy at hand satisfies its contract.",
        layer="policy",
    ),
)
