"""Theorems of memory and authority: MEM and AUT."""

from __future__ import annotations

from proofs.theorems.invariants import accounts, addresses, devices, memory, tables
from proofs.theorems.operations import effects, refusals
from proofs.theorems.operations.footprints import FOOTPRINTS
from proofs.theorems.promises import reach, steps, walks
from proofs.theorems.requirements.declare import DMA, theorem

THEOREMS = (
    theorem(
        "MEM-1",
        "A CPU translation of a VM reaches a frame only if the VM owns it or an active grant names the VM, with no more rights.",
        reach.a_vm_reaches_only_what_it_owns_or_is_granted,
        mutants=("XSA-247",),
    ),
    theorem(
        "MEM-2",
        "A frame has one owner; two VMs reach one frame only under a grant that both know of.",
        reach.a_vm_reaches_only_what_it_owns_or_is_granted,
        reach.no_mapping_outlives_its_grant,
        accounts.owned_frames_are_counted,
        open_=("merged equal pages (read-only, copied on write) are not modelled",),
    ),
    theorem(
        "MEM-3",
        "No table or hypervisor frame is writable by a VM or a device, nor readable except a published page.",
        reach.a_frame_reached_is_memory_of_a_vm,
        reach.dma_never_lands_in_a_table_or_the_hypervisor,
        assumes=DMA,
        mutants=("XSA-288", "XSA-480"),
        open_=("interrupt tables and posted descriptors are not modelled",),
    ),
    theorem(
        "MEM-4",
        "Donate, share, unshare, transfer and reclaim change exactly the frames named; a refused one changes nothing.",
        steps.only_the_frame_named_changes_hands,
        steps.only_guests_and_devices_write_a_vms_data,
        FOOTPRINTS["frame"],
        FOOTPRINTS["memory"],
        FOOTPRINTS["grant"],
    ),
    theorem(
        "MEM-5",
        "From a change of owner until the new owner's side first writes a frame, its content is zero.",
        memory.a_fresh_frame_is_zero,
        steps.a_new_owner_finds_zero,
        mutants=("XSA-100",),
    ),
    theorem(
        "MEM-6",
        "A pinned or mapped frame is not reclaimed; the count of references equals the live references, without bound.",
        memory.a_pin_holds_its_frame,
        tables.a_leaf_is_a_reference_to_its_frame,
        memory.a_grant_holds_its_frame,
        accounts.a_reference_is_in_its_list,
        accounts.every_number_below_the_count_is_held,
        mutants=("CVE-2014-3601",),
    ),
    theorem(
        "MEM-7",
        "Once a grant is revoked there is no mapping and no cached translation through it.",
        reach.no_mapping_outlives_its_grant,
        reach.a_handle_has_one_use_of_each_kind,
        reach.a_cpu_goes_through_a_handles_use_by_cpus,
        reach.a_device_goes_through_a_handles_use_by_devices,
        reach.what_a_cache_holds_is_not_reused,
        mutants=("XSA-224",),
    ),
    theorem(
        "MEM-8",
        "Isolation is not bought by refusing: refused implies a fact about ownership and quota.",
        refusals.an_entitled_request_is_granted,
        refusals.an_unreferenced_object_can_be_released,
        effects.an_operation_does_what_it_says,
    ),
    theorem(
        "MEM-9",
        "Accounting is exact: the count equals the number owned, never overflows, and is zero if and only if nothing is owned.",
        accounts.a_reference_is_in_its_list,
        accounts.every_number_below_the_count_is_held,
        accounts.owned_frames_are_counted,
        accounts.owned_functions_are_counted,
        memory.a_grant_holds_its_frame,
        tables.a_space_has_its_root_and_tag,
        devices.a_virtual_cpu_is_its_vms,
        open_=("interrupt vectors and remap entries are not modelled",),
    ),
    theorem(
        "MEM-10",
        "Frames are typed: free if and only if without owner; tables link only tables of the next level; no leaf maps a table.",
        memory.a_frame_has_the_owner_of_its_kind,
        walks.a_link_leads_one_level_down,
        walks.no_link_is_at_the_lowest_level,
        reach.no_table_is_mapped,
        mutants=("XSA-288", "PKVM-IA-104"),
    ),
    theorem(
        "MEM-11",
        "What the hypervisor publishes is declared, read-only, and holds no VM's data.",
        reach.no_table_is_mapped,
        memory.a_published_page_is_blank,
        open_=("a clock that the hypervisor goes on writing is not modelled",),
    ),
    theorem(
        "MEM-12",
        "Hypervisor ranges, guest RAM, device windows and reserved regions are pairwise disjoint and stay so.",
        memory.a_frame_has_the_owner_of_its_kind,
        memory.a_frame_in_use_is_memory,
        steps.a_frame_is_free_between_hypervisor_and_vm,
        walks.a_device_has_nothing_cached_where_reserved,
        addresses.a_request_keeps_clear_of_what_is_reserved,
        open_=("device windows in the physical address space (BARs) are not modelled",),
    ),
    theorem(
        "AUT-1",
        "Each operation succeeds only for the callers that its rule names, and changes only what its contract names; "
        "any other caller is refused and changes nothing.",
        steps.only_the_rightful_caller_succeeds,
        effects.only_a_live_vm_asks,
        *FOOTPRINTS.values(),
    ),
    theorem(
        "AUT-2",
        "Authority over a frame or a function passes only by an operation that names giver and receiver, and was the giver's.",
        steps.a_frame_changes_hands_only_by_its_owner_or_the_host,
        steps.a_function_changes_hands_only_by_the_host,
    ),
)
