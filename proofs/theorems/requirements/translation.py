"""Theorems of address translation by CPUs: XLT."""

from __future__ import annotations

from proofs.theorems.invariants import accounts, caches, devices, tables
from proofs.theorems.operations import effects
from proofs.theorems.promises import content, reach, steps, walks
from proofs.theorems.requirements.declare import theorem

THEOREMS = (
    theorem(
        "XLT-1",
        "Virtual to physical is stage 2 after stage 1, with no more rights than either gives, whatever stage 1 the guest writes.",
        steps.a_fill_combines_both_stages,
        effects.an_operation_does_what_it_says,
        walks.what_a_cpu_has_cached_a_walk_finds,
        caches.no_tlb_entry_outlives_its_flush,
        reach.a_vm_reaches_only_what_it_owns_or_is_granted,
        open_=("the bit formats of stage 1 and stage 2 are the tables layer's",),
    ),
    theorem(
        "XLT-2",
        "A fault makes no data access and says where and why; a walk sets bits in its own tables alone.",
        content.what_is_no_write_leaves_memory_alone,
        steps.a_fault_is_reported_as_it_was,
        steps.a_walk_marks_only_its_table,
        walks.a_walk_goes_on_in_a_table_of_its_vm,
        walks.a_walk_goes_on_as_from_the_root,
        open_=("faults of the first stage, which is the guest's, are not reported: they are not modelled",),
    ),
    theorem(
        "XLT-4",
        "After a context switch a CPU uses translations of the incoming virtual CPU alone; reuse of a VMID needs an invalidation.",
        reach.a_cpu_uses_its_virtual_cpus_translations,
        devices.a_cpu_runs_in_its_vms_space,
        caches.no_tlb_entry_outlives_its_flush,
    ),
    theorem(
        "XLT-5",
        "A block and its split pages translate alike; a leaf is never read as a table.",
        walks.a_split_block_translates_alike,
        walks.a_walk_goes_on_in_a_table_of_its_vm,
        walks.a_walk_goes_on_as_from_the_root,
        walks.a_link_leads_one_level_down,
        steps.a_range_loses_no_page_outside_it,
        mutants=("PKVM-IA-104", "JH-7cffb9b7"),
    ),
    theorem(
        "XLT-7",
        "A physical CPU runs at most one virtual CPU, a virtual CPU runs on at most one; registers, tables and tags move together.",
        devices.a_cpu_and_its_virtual_cpu_name_each_other,
        devices.a_virtual_cpu_is_its_vms,
        devices.a_cpu_runs_in_its_vms_space,
        tables.a_vm_runs_in_its_own_space,
        effects.only_a_live_vm_is_run,
        accounts.a_drained_vm_has_no_device_and_no_cpu,
    ),
)
