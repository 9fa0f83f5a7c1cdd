"""Theorems of SR-IOV's functions: VF."""

from __future__ import annotations

from proofs.theorems.invariants import accounts, caches, devices, sriov
from proofs.theorems.operations import effects
from proofs.theorems.promises import reach
from proofs.theorems.requirements.declare import DMA, theorem

THEOREMS = (
    theorem(
        "VF-1",
        "For every accepted offset, stride and number of VFs all requester ids are pairwise different and in the bus range.",
        sriov.requester_ids_are_pairwise_different,
        sriov.requester_ids_are_inside_the_bus_range,
        sriov.a_vf_answers_to_its_requester_id,
        sriov.a_virtual_function_is_one_of_its_pfs,
        sriov.a_vf_is_a_stride_behind_the_one_before,
        sriov.a_pf_keeps_to_its_registers,
        sriov.a_pf_is_no_vf,
        effects.an_operation_does_what_it_says,
        sriov.registers_change_only_while_vf_enable_is_clear,
        assumes=("ASM-PLATFORM", "ASM-RID"),
    ),
    theorem(
        "VF-4",
        "One function, one owner; functions given to different VMs satisfy DMA-1 pairwise.",
        accounts.owned_functions_are_counted,
        devices.a_group_has_one_owner,
        devices.an_owned_function_is_on_its_way,
        reach.dma_reaches_only_what_the_owner_may,
        assumes=DMA,
        open_=("noninterference of VFs (NI) is not stated yet",),
    ),
    theorem(
        "VF-5",
        "No request issued under the old owner executes under the new context, and nothing of the old owner's is left to read.",
        caches.a_request_belongs_to_who_issued_it,
        devices.an_owned_function_is_on_its_way,
        devices.what_is_reported_of_a_function_is_its_owners,
        devices.no_cached_context_outlives_its_flush,
        sriov.an_idle_vf_has_no_request,
        sriov.an_owned_vf_has_vf_enable,
        assumes=(*DMA, "ASM-FLR"),
        mutants=("XSA-302", "XSA-442"),
    ),
)
