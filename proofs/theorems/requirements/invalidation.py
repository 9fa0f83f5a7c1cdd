"""Theorems of invalidation: INV."""

from __future__ import annotations

from proofs.theorems.invariants import caches, devices, tables
from proofs.theorems.operations import effects
from proofs.theorems.promises import reach, walks
from proofs.theorems.requirements.declare import DMA, theorem

THEOREMS = (
    theorem(
        "INV-1",
        "A cached translation agrees with its table, or an invalidation is owed, "
        "and until that completes the frame stays as it is.",
        walks.what_a_cpu_has_cached_a_walk_finds,
        walks.what_a_device_has_cached_a_walk_finds,
        caches.a_request_in_flight_agrees_with_its_slot,
        caches.no_tlb_entry_outlives_its_flush,
        caches.no_iotlb_entry_outlives_its_flush,
        caches.no_request_outlives_its_flush,
        reach.what_a_cache_holds_is_not_reused,
        reach.an_iotlb_leads_only_to_what_the_owner_may,
        assumes=DMA,
        mutants=("LNX-LAZY-FLUSH", "XSA-346"),
    ),
    theorem(
        "INV-2",
        "Unmap, invalidate, complete, free: nothing outlives a completed invalidation that was issued after the change.",
        caches.a_ticket_is_done_only_after_its_issue,
        caches.no_tlb_entry_outlives_its_flush,
        caches.no_iotlb_entry_outlives_its_flush,
        caches.no_request_outlives_its_flush,
        caches.no_walk_pointer_outlives_its_tag,
        walks.a_walk_goes_on_in_a_table_of_its_vm,
        walks.a_walk_goes_on_as_from_the_root,
        *effects.OWED,
        assumes=DMA,
        mutants=("XSA-480", "LNX-LAZY-FLUSH"),
    ),
    theorem(
        "INV-3",
        "Under any batching of flushes a frame is reused only after a flush that covers it completed.",
        tables.a_leaf_is_a_reference_to_its_frame,
        reach.what_a_cache_holds_is_not_reused,
        reach.an_iotlb_leads_only_to_what_the_owner_may,
        assumes=DMA,
        mutants=("LNX-LAZY-FLUSH", "XSA-346"),
    ),
    theorem(
        "INV-4",
        "A VMID or domain id passes to a new owner only with nothing cached under it.",
        tables.a_tag_stands_for_one_space,
        tables.a_space_in_use_has_a_bound_tag,
        walks.what_a_cpu_has_cached_a_walk_finds,
        walks.what_a_device_has_cached_a_walk_finds,
        walks.a_walk_goes_on_in_a_table_of_its_vm,
        walks.a_walk_goes_on_as_from_the_root,
        caches.no_walk_pointer_outlives_its_tag,
        assumes=DMA,
        open_=("PASIDs are not modelled",),
    ),
    theorem(
        "INV-7",
        "Live contexts that carry one tag name one root.",
        devices.a_context_blocks_or_is_the_owners,
        tables.a_tag_stands_for_one_space,
        tables.a_space_has_its_root_and_tag,
        assumes=DMA,
        open_=("depth and attributes of a context are not modelled",),
    ),
)
