"""The theorems by their stable IDs: which statements make up each promise, what is assumed, and what is still open.

A clause that is not stated yet stands under `open`, and then the theorem as a whole is not called proved. Every statement is
a clause of some theorem, so a run from boot that breaks any of them refutes one.
"""

from __future__ import annotations

from proofs.statements import CATALOGUE, Theorem
from proofs.theorems.invariants import accounts, addresses, caches, devices, memory, ranges, sriov, tables, windows
from proofs.theorems.operations import blockers, building, effects, granting, measure, takedown
from proofs.theorems.promises import reach, steps

__all__ = ["ASSUMPTIONS"]

ASSUMPTIONS = {
    "ASM-WALK": "hardware walks tables as the format says",
    "ASM-PATH": "all DMA of a function passes its IOMMU",
    "ASM-RID": "requester ids cannot be forged below the bridge",
    "ASM-TAG": "a device tags each request with the function it acts for, whoever drives the PF",
    "ASM-FLR": "a function's reset stops issue and clears readable residue (it recalls nothing already issued)",
    "ASM-ORDER": "invalidation completion is ordered after the use of earlier translations",
    "ASM-BOOT": "the IOMMU is on before any function masters the bus",
    "ASM-FW": "no firmware, BMC or debug port does DMA",
    "ASM-TIME": "no timing or microarchitectural channels",
    "ASM-COH": "tables and scrubbed data are coherent, or cleaned before use",
    "ASM-PLATFORM": "the machine is one of which the axioms hold (proofs/theorems/invariants/platform.py), and stays what it is",
}

CPU = ("ASM-PLATFORM", "ASM-WALK", "ASM-ORDER", "ASM-TIME", "ASM-COH")
DMA = (*CPU, "ASM-PATH", "ASM-RID", "ASM-TAG", "ASM-BOOT", "ASM-FW")


def _theorem(
    ident: str,
    title: str,
    *clauses: object,
    assumes: tuple[str, ...] = CPU,
    mutants: tuple[str, ...] = (),
    open_: tuple[str, ...] = (),
    argued: tuple[str, ...] = (),
    layer: str = "system",
) -> None:
    names = tuple(c.__name__ for c in clauses)  # type: ignore[attr-defined]
    CATALOGUE.theorem(Theorem(ident, layer, title, names, assumes, (), mutants, open_, argued))


_theorem(
    "MEM-1",
    "A CPU translation of a VM reaches a frame only if the VM owns it or an active grant names the VM, with no more rights.",
    reach.a_vm_reaches_only_what_it_owns_or_is_granted,
    mutants=("XSA-247",),
)
_theorem(
    "MEM-2",
    "A frame has one owner; two VMs reach one frame only under a grant that both know of.",
    reach.a_vm_reaches_only_what_it_owns_or_is_granted,
    reach.no_mapping_outlives_its_grant,
    accounts.owned_frames_are_counted,
    tables.a_large_leaf_maps_its_vms_block,
    open_=("merged equal pages (read-only, copied on write) are not modelled",),
)
_theorem(
    "MEM-3",
    "No table or hypervisor frame is writable by a VM or a device, nor readable except a page shown on purpose.",
    reach.a_frame_reached_is_memory_of_a_vm,
    reach.dma_never_lands_in_a_table_or_the_hypervisor,
    assumes=DMA,
    mutants=("XSA-288", "XSA-480"),
    open_=("interrupt tables and posted descriptors are not modelled",),
)
_theorem(
    "MEM-4",
    "Donate, share, unshare, transfer and reclaim change exactly the frames named; a refused one changes nothing.",
    steps.only_the_frame_named_changes_hands,
    steps.only_guests_and_devices_write_a_vms_data,
)
_theorem(
    "MEM-5",
    "From a change of owner until the new owner's side first writes a frame, its content is zero.",
    memory.a_clean_frame_is_zero,
    memory.blank_frames_are_clean,
    steps.a_new_owner_finds_zero,
    mutants=("XSA-100",),
)
_theorem(
    "MEM-6",
    "A pinned or mapped frame is not reclaimed; the count of references equals the live references, without bound.",
    memory.a_pin_holds_its_frame,
    tables.a_leaf_holds_its_frame,
    memory.a_grant_holds_its_frame,
    accounts.a_holder_sits_where_it_says,
    accounts.every_number_below_the_count_is_held,
    mutants=("CVE-2014-3601",),
)
_theorem(
    "MEM-7",
    "Once a grant is revoked there is no mapping and no cached translation through it.",
    reach.no_mapping_outlives_its_grant,
    reach.a_handle_has_one_use_of_each_kind,
    reach.what_a_cache_holds_is_not_reused,
    mutants=("XSA-224",),
)
_theorem(
    "MEM-8",
    "Isolation is not bought by refusing: refused implies a fact about ownership and quota.",
    granting.what_is_ones_own_is_not_refused,
    building.what_is_built_of_ones_own_is_not_refused,
    takedown.what_nothing_refers_to_is_taken_back,
    takedown.a_range_is_undone_from_wherever_it_stopped,
    effects.what_is_done_is_done,
)
_theorem(
    "MEM-9",
    "Accounting is exact: the count equals the number owned, never overflows, and is zero if and only if nothing is owned.",
    accounts.a_holder_sits_where_it_says,
    accounts.every_number_below_the_count_is_held,
    accounts.owned_frames_are_counted,
    accounts.owned_functions_are_counted,
    memory.a_grant_holds_its_frame,
    tables.other_tables_are_counted,
    tables.a_space_has_its_root_and_tag,
    devices.a_virtual_cpu_is_its_vms,
    open_=("interrupt vectors and remap entries are not modelled",),
)
_theorem(
    "MEM-10",
    "Frames are typed: free if and only if without owner; tables link only tables of the next level; no leaf maps a table.",
    memory.a_frame_has_the_owner_of_its_kind,
    tables.a_link_names_its_table,
    tables.a_table_hangs_where_it_says,
    tables.a_table_belongs_to_a_live_space,
    reach.no_table_is_mapped,
    mutants=("XSA-288", "PKVM-IA-104"),
)
_theorem(
    "MEM-11",
    "What the hypervisor shows on purpose is declared, read-only, and holds no VM's data.",
    reach.no_table_is_mapped,
    memory.blank_frames_are_clean,
    memory.a_clean_frame_is_zero,
    open_=("a clock that the hypervisor goes on writing is not modelled",),
)
_theorem(
    "MEM-12",
    "Hypervisor ranges, guest RAM, device windows and reserved regions are pairwise disjoint and stay so.",
    memory.a_frame_has_the_owner_of_its_kind,
    memory.a_frame_in_use_is_memory,
    addresses.no_leaf_is_at_a_reserved_page,
    open_=("device windows in the physical address space (BARs) are not modelled",),
)
_theorem(
    "AUT-1",
    "Each operation succeeds only for the callers that its rule names; any other caller is refused and changes nothing.",
    steps.only_the_rightful_caller_succeeds,
    effects.only_a_live_vm_asks,
)
_theorem(
    "AUT-2",
    "Authority over a frame or a function passes only by an operation that names giver and receiver, and was the giver's.",
    steps.a_frame_changes_hands_only_by_its_owner_or_the_host,
    steps.a_function_changes_hands_only_by_the_host,
)
_theorem(
    "XLT-1",
    "Virtual to physical is stage 2 after stage 1, with no more rights than either gives, whatever stage 1 the guest writes.",
    effects.a_page_is_mapped_as_asked,
    caches.a_tlb_entry_agrees_with_its_slot,
    reach.a_vm_reaches_only_what_it_owns_or_is_granted,
    open_=("the bit formats of stage 1 and stage 2 are the tables layer's",),
)
_theorem(
    "XLT-2",
    "A fault makes no data access and says where and why; a walk sets bits in its own tables alone.",
    steps.a_fault_changes_nothing,
    steps.a_fault_is_reported_as_it_was,
    steps.a_walk_marks_only_its_table,
    open_=("faults of the first stage, which is the guest's, are not reported: they are not modelled",),
)
_theorem(
    "XLT-4",
    "After a context switch a CPU uses translations of the incoming virtual CPU alone; reuse of a VMID needs an invalidation.",
    devices.a_tlb_holds_one_virtual_cpus_entries,
    devices.a_cpu_runs_in_its_vms_space,
    caches.no_tlb_entry_outlives_its_flush,
)
_theorem(
    "XLT-5",
    "A block and its split pages translate alike; a leaf is never read as a table.",
    memory.a_block_is_aligned,
    tables.a_table_being_built_holds_the_pieces,
    tables.a_broken_leaf_names_its_child,
    caches.a_walk_pointer_names_a_table,
    reach.a_walk_cache_points_to_a_table,
    effects.a_split_block_translates_alike,
    steps.a_range_loses_no_page_outside_it,
    mutants=("PKVM-IA-104", "JH-7cffb9b7"),
)
_theorem(
    "XLT-7",
    "A physical CPU runs at most one virtual CPU, a virtual CPU runs on at most one; registers, tables and tags move together.",
    devices.a_cpu_and_its_virtual_cpu_name_each_other,
    devices.a_virtual_cpu_is_its_vms,
    devices.a_cpu_runs_in_its_vms_space,
    tables.a_vm_runs_in_its_own_space,
    effects.only_a_live_vm_is_run,
    accounts.a_drained_vm_has_no_device_and_no_cpu,
)
_theorem(
    "DMA-1",
    "Any DMA of a function reaches a frame only if the function's owner owns it or is granted it, with no more rights.",
    reach.dma_reaches_only_what_the_owner_may,
    reach.an_iotlb_leads_only_to_what_the_owner_may,
    assumes=DMA,
    mutants=("XSA-302", "LNX-LAZY-FLUSH", "XSA-346", "XSA-386"),
)
_theorem(
    "DMA-2",
    "In guest-address mode a device reaches at g the frame that its VM reaches at g.",
    addresses.a_mirrored_page_is_the_vms_own,
    addresses.a_mirror_has_no_other_page,
    addresses.a_leaf_is_where_its_walk_ends,
    addresses.a_device_reaches_what_its_vm_reaches,
    assumes=DMA,
)
_theorem(
    "DMA-3",
    "A list of any length of extents mapped at one contiguous window translates each page to exactly that of its extent.",
    ranges.the_extents_add_up,
    ranges.an_extent_lies_below_the_total,
    ranges.the_cursor_is_inside_its_extent,
    ranges.the_cursor_counts_what_is_behind_it,
    ranges.a_page_of_a_window_has_its_slot,
    ranges.a_page_of_a_window_has_its_extent,
    ranges.a_page_of_a_window_is_the_byte_of_its_extent,
    ranges.a_jobs_leaf_is_in_its_window,
    ranges.a_window_maps_no_frame_twice,
    assumes=DMA,
    open_=("bouncing of buffers that are no whole pages is not modelled",),
)
_theorem(
    "DMA-4",
    "A device with w address bits (24 to 64) gets windows below 2^w, clear of reserved ranges, without wrap; frames are anywhere.",
    ranges.a_window_lies_below_the_devices_reach,
    effects.a_job_is_for_the_window_asked_for,
    effects.a_job_keeps_its_window,
    addresses.no_leaf_is_at_a_reserved_page,
    addresses.a_request_keeps_clear_of_what_is_reserved,
    assumes=DMA,
)
_theorem(
    "DMA-5",
    "A search for a window fails only if each window that there is had a page that was not free, when the search came by.",
    windows.a_search_knows_the_devices_last_page,
    windows.a_search_knows_its_last_start,
    windows.a_search_found_what_it_saw_free,
    windows.every_start_given_up_has_a_blocker,
    windows.no_other_start_has_a_blocker,
    windows.a_blocker_is_a_page_that_is_not_free,
    windows.a_search_keeps_to_what_was_asked,
    windows.a_search_goes_on,
    assumes=DMA,
)
_theorem(
    "DMA-7",
    "Unknown, unassigned, quarantined and absent requesters reach nothing.",
    reach.an_unassigned_requester_reaches_nothing,
    devices.a_context_blocks_or_is_the_owners,
    assumes=DMA,
    mutants=("JH-a8ec2d32",),
)
_theorem(
    "DMA-11",
    "DMA that software starts and DMA that the device starts meet the same check: every request is one transition.",
    reach.dma_reaches_only_what_the_owner_may,
    assumes=DMA,
)
_theorem(
    "CTX-1",
    "Each requester id has one context, which blocks or names its owner's address space; bypass is never given to a guest's.",
    devices.a_context_blocks_or_is_the_owners,
    devices.a_cached_context_blocks_or_was_the_owners,
    devices.nothing_is_cached_before_the_iommu_is_on,
    assumes=DMA,
    mutants=("XSA-302", "JH-a8ec2d32"),
    open_=("first-stage structures behind a context are not modelled",),
)
_theorem(
    "CTX-2",
    "The requester id of a function resolves to its owner's address space or to abort.",
    devices.a_context_blocks_or_is_the_owners,
    devices.an_attached_function_holds_its_space,
    caches.an_iotlb_entry_is_the_owners,
    assumes=DMA,
    open_=("aliases of a function are not modelled",),
)
_theorem(
    "CTX-6",
    "A fault handler's service gives the device nothing that its owner lacks.",
    steps.a_served_fault_is_of_an_attached_function,
    effects.a_page_is_mapped_as_asked,
    reach.an_iotlb_leads_only_to_what_the_owner_may,
    tables.a_leaf_has_authority,
    assumes=DMA,
    open_=("stall and restart are not modelled",),
)
_theorem(
    "INV-1",
    "A cached translation agrees with its table, or an invalidation is owed, and until that completes the frame stays as it is.",
    caches.a_tlb_entry_agrees_with_its_slot,
    caches.an_iotlb_entry_agrees_with_its_slot,
    caches.a_request_in_flight_agrees_with_its_slot,
    reach.what_a_cache_holds_is_not_reused,
    reach.an_iotlb_leads_only_to_what_the_owner_may,
    assumes=DMA,
    mutants=("LNX-LAZY-FLUSH", "XSA-346"),
)
_theorem(
    "INV-2",
    "Unmap, invalidate, complete, free: nothing outlives a completed invalidation that was issued after the change.",
    caches.a_ticket_is_done_only_after_its_issue,
    caches.no_tlb_entry_outlives_its_flush,
    caches.no_iotlb_entry_outlives_its_flush,
    caches.no_request_outlives_its_flush,
    caches.no_walk_pointer_outlives_its_flush,
    assumes=DMA,
    mutants=("XSA-480", "LNX-LAZY-FLUSH"),
)
_theorem(
    "INV-3",
    "Under any batching of flushes a frame is reused only after a flush that covers it completed.",
    tables.a_leaf_holds_its_frame,
    reach.what_a_cache_holds_is_not_reused,
    reach.an_iotlb_leads_only_to_what_the_owner_may,
    assumes=DMA,
    mutants=("LNX-LAZY-FLUSH", "XSA-346"),
)
_theorem(
    "INV-4",
    "A VMID or domain id passes to a new owner only with nothing cached under it.",
    tables.a_tag_stands_for_one_space,
    tables.a_space_in_use_has_a_bound_tag,
    caches.a_tlb_entry_agrees_with_its_slot,
    caches.an_iotlb_entry_agrees_with_its_slot,
    caches.a_walk_pointer_names_a_table,
    assumes=DMA,
    open_=("PASIDs are not modelled",),
)
_theorem(
    "INV-7",
    "Live contexts that carry one tag name one root.",
    devices.a_context_blocks_or_is_the_owners,
    tables.a_tag_stands_for_one_space,
    tables.a_space_has_its_root_and_tag,
    assumes=DMA,
    open_=("depth and attributes of a context are not modelled",),
)
_theorem(
    "VF-1",
    "For every accepted offset, stride and number of VFs all requester ids are pairwise different and in the bus range.",
    sriov.requester_ids_are_pairwise_different,
    sriov.requester_ids_are_inside_the_bus_range,
    sriov.a_vf_answers_to_its_requester_id,
    sriov.a_virtual_function_is_one_of_its_pfs,
    sriov.a_vf_is_a_stride_behind_the_one_before,
    sriov.a_pf_keeps_to_its_registers,
    sriov.a_pf_is_no_vf,
    sriov.a_reset_pf_has_vf_enable_clear,
    sriov.registers_change_only_while_vf_enable_is_clear,
    assumes=("ASM-PLATFORM", "ASM-RID"),
)
_theorem(
    "VF-4",
    "One function, one owner; functions given to different VMs satisfy DMA-1 pairwise.",
    accounts.owned_functions_are_counted,
    devices.a_group_has_one_owner,
    devices.an_owned_function_is_on_its_way,
    reach.dma_reaches_only_what_the_owner_may,
    assumes=DMA,
    open_=("noninterference of VFs (NI) is not stated yet",),
)
_theorem(
    "VF-5",
    "No request issued under the old owner executes under the new context, and nothing of the old owner's is left to read.",
    caches.a_request_belongs_to_who_issued_it,
    devices.an_owned_function_is_on_its_way,
    devices.no_cached_context_outlives_its_flush,
    sriov.an_idle_vf_has_no_request,
    sriov.an_owned_vf_has_vf_enable,
    assumes=(*DMA, "ASM-FLR"),
    mutants=("XSA-302", "XSA-442"),
)
_theorem(
    "LIF-1",
    "After a VM is reaped nothing names it, and what is created next under its name starts as fresh.",
    effects.a_life_goes_one_way,
    accounts.nothing_names_an_absent_vm,
    accounts.owned_frames_are_counted,
    accounts.owned_functions_are_counted,
    tables.a_space_has_its_root_and_tag,
    memory.a_grant_holds_its_frame,
    open_=("interrupt entries are not modelled",),
)
_theorem(
    "LIF-4",
    "An operation of many steps is a machine of single steps, and every prefix of it satisfies everything else here.",
    tables.a_table_being_built_holds_the_pieces,
    memory.the_frames_of_a_block_are_its_owners_data,
    tables.slots_in_use_are_in_range,
    ranges.a_page_of_a_window_is_the_byte_of_its_extent,
    effects.a_job_goes_one_way,
    takedown.a_range_is_undone_from_wherever_it_stopped,
    mutants=("CVE-2014-3601",),
)
_theorem(
    "LIF-7",
    "Tear-down has an order: dying, drained, empty, reaped; while devices may act, tables and DMA frames stay as they are.",
    accounts.only_vms_are_alive,
    accounts.a_drained_vm_has_no_device_and_no_cpu,
    effects.a_life_goes_one_way,
    effects.what_is_torn_down_only_shrinks,
    effects.what_is_torn_down_maps_nothing_new,
    accounts.nothing_names_an_absent_vm,
    reach.an_iotlb_leads_only_to_what_the_owner_may,
    assumes=DMA,
    mutants=("XSA-386",),
)
_theorem(
    "LIF-8",
    "What a dead VM owned is reclaimed by host steps whose number a measure bounds.",
    effects.what_is_torn_down_only_shrinks,
    effects.a_taking_lowers_the_measure,
    takedown.what_nothing_refers_to_is_taken_back,
    takedown.a_range_is_undone_from_wherever_it_stopped,
    blockers.what_is_in_the_way_is_there,
    accounts.a_seat_names_a_thing,
    memory.a_handle_knows_its_uses,
    tables.a_broken_leaf_names_its_child,
    ranges.a_jobs_leaf_is_in_its_window,
    addresses.a_mirrored_page_is_the_vms_own,
    addresses.a_leaf_is_where_its_walk_ends,
    measure.each_taking_lowers_a_stage,
    *measure.NOTHING_RAISED,
    argued=("that taking comes to an end, and leaves nothing, follows from these statements, as operations/measure.py says",),
)
_theorem(
    "LIF-9",
    "Shared objects live until the last holder drops them, and no longer; counts equal holders.",
    memory.a_handle_holds_its_grant,
    memory.a_handle_knows_its_uses,
    memory.a_grant_holds_its_frame,
    accounts.every_number_below_the_count_is_held,
    open_=("rings, domains shared between VMs and PASID spaces are not modelled",),
)
_theorem(
    "POL-1",
    "Any policy whose decisions satisfy their contracts preserves everything above.",
    layer="policy",
)
_theorem(
    "POL-2",
    "Each decision of the policy at hand satisfies its contract.",
    layer="policy",
)
