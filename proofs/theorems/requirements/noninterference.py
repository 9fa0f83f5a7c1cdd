"""Theorems of what VMs learn of each other: NI."""

from __future__ import annotations

from proofs.theorems.invariants import memory
from proofs.theorems.operations import answers, effects
from proofs.theorems.operations.footprints import FOOTPRINTS
from proofs.theorems.promises import content, reach
from proofs.theorems.requirements.declare import DMA, theorem

THEOREMS = (
    theorem(
        "NI-1",
        "What somebody asks for changes only what is the caller's, nobody's or passed on by the table of authority; "
        "the answer tells nothing that the caller does not see.",
        answers.an_answer_tells_only_what_the_caller_sees,
        content.a_vms_data_is_written_by_who_may,
        *FOOTPRINTS.values(),
    ),
    theorem(
        "NI-3",
        "What a grant connects is exactly the granted frame with the granted rights, for as long as the grant lasts.",
        reach.a_vm_reaches_only_what_it_owns_or_is_granted,
        reach.an_iotlb_leads_only_to_what_the_owner_may,
        reach.dma_reaches_only_what_the_owner_may,
        reach.no_mapping_outlives_its_grant,
        reach.a_handle_has_one_use_of_each_kind,
        reach.a_cpu_goes_through_a_handles_use_by_cpus,
        reach.a_device_goes_through_a_handles_use_by_devices,
        memory.a_handle_holds_its_grant,
        memory.what_others_use_was_agreed_to,
        memory.a_grant_holds_its_frame,
        effects.an_operation_does_what_it_says,
        FOOTPRINTS["grant"],
        FOOTPRINTS["handle"],
        assumes=DMA,
        mutants=("XSA-224",),
    ),
)
