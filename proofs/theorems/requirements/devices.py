"""Theorems of DMA and the IOMMU's contexts: DMA and CTX."""

from __future__ import annotations

from proofs.theorems.invariants import addresses, caches, devices, ranges, windows
from proofs.theorems.operations import effects
from proofs.theorems.operations.footprints import FOOTPRINTS
from proofs.theorems.promises import reach, steps, walks
from proofs.theorems.requirements.declare import DMA, theorem

THEOREMS = (
    theorem(
        "DMA-1",
        "Any DMA of a function reaches a frame only if the function's owner owns it or is granted it, with no more rights.",
        reach.dma_reaches_only_what_the_owner_may,
        reach.an_iotlb_leads_only_to_what_the_owner_may,
        assumes=DMA,
        mutants=("XSA-302", "LNX-LAZY-FLUSH", "XSA-346", "XSA-386"),
    ),
    theorem(
        "DMA-2",
        "In guest-address mode a device reaches at g the frame that its VM reaches at g.",
        addresses.a_device_reaches_what_its_vm_reaches,
        assumes=DMA,
    ),
    theorem(
        "DMA-3",
        "A list of any length of extents mapped at one contiguous window translates each page to exactly that of its extent.",
        ranges.the_extents_add_up,
        ranges.an_extent_lies_below_the_total,
        ranges.the_cursor_is_inside_its_extent,
        ranges.the_cursor_counts_what_is_behind_it,
        ranges.a_page_of_a_window_has_its_extent,
        ranges.a_page_of_a_window_is_the_byte_of_its_extent,
        walks.a_window_translates_as_its_list_says,
        ranges.a_window_maps_no_frame_twice,
        assumes=DMA,
        open_=("bouncing of buffers that are no whole pages is not modelled",),
    ),
    theorem(
        "DMA-4",
        "A device with w address bits (24 to 64) gets windows below 2^w, clear of reserved ranges, "
        "without wrap; frames are anywhere.",
        ranges.a_window_lies_below_the_devices_reach,
        effects.an_operation_does_what_it_says,
        effects.a_job_keeps_its_window,
        walks.a_device_has_nothing_cached_where_reserved,
        addresses.a_request_keeps_clear_of_what_is_reserved,
        assumes=DMA,
    ),
    theorem(
        "DMA-5",
        "A search for a window fails only if each window that there is had a page that was not free, when the search came by.",
        windows.a_search_knows_the_devices_last_page,
        windows.a_search_knows_its_last_start,
        windows.a_search_found_what_it_saw_free,
        windows.every_start_given_up_has_a_blocker,
        windows.no_other_start_has_a_blocker,
        effects.a_blocker_is_a_page_that_is_not_free,
        FOOTPRINTS["blocker"],
        effects.a_search_keeps_to_what_was_asked,
        effects.an_operation_does_what_it_says,
        assumes=DMA,
    ),
    theorem(
        "DMA-7",
        "Unknown, unassigned, quarantined and absent requesters reach nothing.",
        reach.an_unassigned_requester_reaches_nothing,
        devices.a_context_blocks_or_is_the_owners,
        devices.a_cached_context_blocks_or_was_the_owners,
        caches.an_iotlb_entry_is_the_owners,
        assumes=DMA,
        mutants=("JH-a8ec2d32",),
    ),
    theorem(
        "DMA-11",
        "DMA that software starts and DMA that the device starts meet the same check: every request is one transition.",
        steps.every_request_meets_one_check,
        reach.dma_reaches_only_what_the_owner_may,
        assumes=DMA,
    ),
    theorem(
        "CTX-1",
        "Each requester id has one context, which blocks or names its owner's address space; bypass is never given to a guest's.",
        devices.a_context_blocks_or_is_the_owners,
        devices.a_cached_context_blocks_or_was_the_owners,
        devices.nothing_is_cached_before_the_iommu_is_on,
        assumes=DMA,
        mutants=("XSA-302", "JH-a8ec2d32"),
        open_=("first-stage structures behind a context are not modelled",),
    ),
    theorem(
        "CTX-2",
        "The requester id of a function resolves to its owner's address space or to abort.",
        devices.a_context_blocks_or_is_the_owners,
        devices.an_attached_function_holds_its_space,
        caches.an_iotlb_entry_is_the_owners,
        assumes=DMA,
        open_=("aliases of a function are not modelled",),
    ),
    theorem(
        "CTX-6",
        "A fault handler's service gives the device nothing that its owner lacks.",
        effects.an_operation_does_what_it_says,
        reach.an_iotlb_leads_only_to_what_the_owner_may,
        assumes=DMA,
        open_=("stall and restart are not modelled",),
    ),
)
