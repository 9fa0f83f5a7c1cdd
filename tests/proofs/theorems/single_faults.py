"""Faults that one cited statement notices: wrong records after a step, lines of the model left out, operations of a policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from proofs.search.scenarios import SCENARIOS
from proofs.search.scenarios.runs.basics import running
from proofs.search.scenarios.runs.memory import granted_to, grants, split_done
from proofs.search.scenarios.runs.parts import (
    CPU_A,
    CPU_B,
    CPU_TAG_A,
    HOST,
    IO_B,
    IO_TAG_B,
    A,
    B,
    Script,
    device,
    dma,
    fill,
    its,
    leaf,
    unmapped,
)
from proofs.search.scenarios.teardown import LIVES
from pymodel.hardware.ids import AddressWidth, Frame, Index, Level, Page, Rid, Rights, Vm
from pymodel.hardware.memory import Entry, EntryKind
from pymodel.hypervisor.accounts import drop, take
from pymodel.hypervisor.devices import FunctionPhase
from pymodel.hypervisor.grants import GrantRecord, HandleRecord, PinRecord
from pymodel.hypervisor.ids import Account, AccountKind, Grant, Handle, HolderKind, Job, Pin, Space, account, holder
from pymodel.hypervisor.jobs.ranges import JobPhase, JobRecord
from pymodel.hypervisor.tables import TablePhase
from pymodel.hypervisor.vms import Life
from pymodel.machine import Hypervisor
from tests.proofs.theorems.test_content import ENDED

__all__ = ["MEDDLED", "RECORDS", "RUNS", "TEXTS", "Meddled", "Wrong"]

MODEL = Hypervisor()
#: VM B has what VM A granted it cached by a CPU that it is not on; by its CPU; for a device; in flight alone; unmapped meanwhile.
SWITCHED_OUT: Script = [*grants(), ("switch_out", {"cpu": 1}), ("unload", {"cpu": 1})]
BY_CPU: Script = [*granted_to(CPU_B), *fill(1, 0x1E, 1)]
BY_DEVICE: Script = [*granted_to(IO_B), *device(0x10, B, IO_B), *dma(0x10, IO_TAG_B, [0x1F, 0x20, 0x21], [1])]
IN_FLIGHT: Script = [
    *BY_DEVICE,
    ("dma_translate", {"request": 2, "tag": IO_TAG_B}),
    ("iotlb_evict", {"rid": 0x10, "tag": IO_TAG_B, "page": 1}),
    ("tlb_evict", {"cpu": 0, "tag": CPU_TAG_A, "asid": 0, "va": 0}),
]
UNMAPPED: Script = [
    *IN_FLIGHT,
    *unmapped(IO_B, [1], B),
    ("invalidate_tag", {"tag": IO_TAG_B}),
    ("dma_issue", {"request": 9, "rid": 0x10, "page": 1, "write": 1}),
]
DETACHED: Script = [*BY_DEVICE[:-1], ("detach", {"caller": HOST, "rid": 0x10}), ("context_evict", {"rid": 0x10})]
#: VM A dies, and then is drained; it has two leaves.
DYING: Script = ENDED[: 1 + next(n for n, (step, _) in enumerate(ENDED) if step == "kill_vm")]
DRAINED: Script = ENDED[: 1 + next(n for n, (step, _) in enumerate(ENDED) if step == "drain_vm")]
TWO_LEAVES: Script = [*running(), *leaf(A, CPU_A, 1, 0x17), *fill(0, 0x12, 1)]
OWN: dict[str, Script] = {
    "switched out": SWITCHED_OUT,
    "by CPU": BY_CPU,
    "by device": BY_DEVICE,
    "in flight alone": IN_FLIGHT,
    "request pending": UNMAPPED,
    "detached": DETACHED,
    "killed": DYING,
    "drained": DRAINED,
    "ended": ENDED,
    "two leaves": TWO_LEAVES,
    "not yet split": split_done()[:-1],
}
RUNS: list[tuple[str, str, Script]] = [*((name, "small", script) for name, script in OWN.items()), *SCENARIOS, *LIVES]


class Wrong(NamedTuple):
    """A record that a step of a scripted run leaves otherwise, or that somebody (0: nobody) changes by an operation of his own."""

    run: tuple[str, str]
    """Its name, and the platform."""
    number: int
    part: str
    key: tuple[int, ...]
    fields: dict[str, int] | None
    """None if the step left the record as it was."""
    by: int | None = None
    """Who asks for an operation of a policy's own in the place of the step."""


#: Each statement, with the record that is wrong.
RECORDS: dict[str, Wrong] = {
    "a_block_is_aligned": Wrong(("spaces left", "small"), 33, "block", (2, 551), {"phase": 1}, 0),
    "a_blocker_is_a_page_that_is_not_free": Wrong(("windows", "small"), 88, "blocker", (196610, 0), {"page": 2}),
    "a_broken_leaf_names_its_child": Wrong(("splitting", "small"), 1432, "slot_note", (17, 1), {"child": 0}, 3),
    "a_cached_context_blocks_or_was_the_owners": Wrong(("caches forget", "small"), 112, "context_cache", (16,), {"cached": 1}),
    "a_context_blocks_or_is_the_owners": Wrong(("torn down", "small"), 128, "context", (16,), {"mode": 3}, 2),
    "a_cpu_and_its_virtual_cpu_name_each_other": Wrong(("caches forget", "small"), 112, "vcpu", (1,), {"loaded": 0}, 3),
    "a_cpu_runs_in_its_vms_space": Wrong(("caches forget", "small"), 117, "vm", (3,), {"has_space": 0}, 3),
    "a_cpu_uses_its_virtual_cpus_translations": Wrong(("in flight", "small"), 88, "tlb", (0, 1, 0, 0), {"vcpu": 0}),
    "a_fault_is_reported_as_it_was": Wrong(("mirrored", "small"), 121, "syndrome", (0,), {"page": 0}),
    "a_flush_of_a_function_is_owed_from_now": Wrong(("virtual functions", "small"), 105, "function", (65535,), {"since": 1}, 2),
    "a_flush_of_a_slot_note_is_owed_from_now": Wrong(("stale", "small"), 113, "slot_note", (30, 0), {"since": 3}),
    "a_flush_of_a_table_is_owed_from_now": Wrong(("torn down", "small"), 117, "table", (573,), {"since": 1}, 2),
    "a_flush_of_a_tag_is_owed_from_now": Wrong(("frames change", "small"), 118, "tag", (65537,), {"since": 1}, 3),
    "a_frame_has_the_owner_of_its_kind": Wrong(("grants", "small"), 98, "frame", (642,), {"owner": 1}, 2),
    "a_frame_in_use_is_memory": Wrong(("torn down", "small"), 128, "frame", (1048575,), {"kind": 1}, 2),
    "a_fresh_frame_is_zero": Wrong(("mirrored", "small"), 117, "frame", (16,), {"fresh": 1}, 3),
    "a_grant_holds_its_frame": Wrong(("prepared", "large"), 26, "grant", (196609,), {"receiver": 0}, 3),
    "a_group_has_one_owner": Wrong(("virtual functions", "small"), 108, "group", (6,), {"owner": 0}),
    "a_handle_has_one_use_of_each_kind": Wrong(("grants", "small"), 99, "handle", (262145,), None),
    "a_handle_holds_its_grant": Wrong(("mirrored", "small"), 122, "handle", (0,), {"live": 1}, 3),
    "a_handle_knows_its_uses": Wrong(("in flight alone", "small"), 112, "handle", (262145,), {"cpu_use": 1}, 4),
    "a_job_goes_one_way": Wrong(("undoing", "small"), 82, "job", (196609,), {"phase": 4}, 3),
    "a_job_keeps_its_window": Wrong(("undoing", "small"), 85, "job", (196609,), {"width": 60}, 3),
    "a_jobs_leaf_is_in_its_window": Wrong(("undone, and begun again", "small"), 116, "slot_note", (21, 49), {"job": 196609}),
    "a_leaf_is_a_reference_to_its_frame": Wrong(
        ("spaces left", "small"), 52, "memory", (18, 5), {"kind": 1, "frame": 23, "rights": 3}, 3
    ),
    "a_leaf_is_where_its_walk_ends": Wrong(("mirrored", "small"), 117, "table", (21,), {"prefix": 512}, 3),
    "a_life_goes_one_way": Wrong(("edge of 32 bits", "large"), 40, "vm", (3,), {"life": 1}, 2),
    "a_link_leads_one_level_down": Wrong(("spaces left", "small"), 52, "memory", (16, 2), {"kind": 2, "frame": 23}, 3),
    "a_mirrored_page_is_the_vms_own": Wrong(("mappings change", "small"), 112, "mirror_link", (0, 0), {"held": 1}),
    "a_new_owner_finds_zero": Wrong(("prepared", "large"), 6, "frame", (19,), {"fresh": 0}),
    "a_pf_is_no_vf": Wrong(("torn down", "small"), 128, "pcie", (65024,), {"present": 0}, 2),
    "a_pf_keeps_to_its_registers": Wrong(("VFs undone", "small"), 3, "pf", (65024,), {"phase": 2}),
    "a_pin_holds_its_frame": Wrong(("caches forget", "small"), 116, "pin", (1,), {"live": 1}, 0),
    "a_published_page_is_blank": Wrong(("torn down", "small"), 128, "frame", (1,), {"kind": 7}, 0),
    "a_reference_is_in_its_list": Wrong(("torn down", "small"), 123, "count", (70368744177686,), {"n": 0}),
    "a_request_in_flight_agrees_with_its_slot": Wrong(("edge of 32 bits", "large"), 53, "request", (0,), {"table": 0}),
    "a_search_found_what_it_saw_free": Wrong(("windows", "small"), 86, "search", (196609,), {"phase": 1}),
    "a_search_keeps_to_what_was_asked": Wrong(("windows", "small"), 83, "search", (196609,), {"total": 3, "top": 4093}, 3),
    "a_search_knows_its_last_start": Wrong(("windows", "small"), 91, "search", (196611,), {"top": 1}, 3),
    "a_space_has_its_root_and_tag": Wrong(("reaped, and named again", "small"), 31, "space", (0,), {"live": 1}, 0),
    "a_tag_stands_for_one_space": Wrong(("hypervisor's own", "small"), 27, "tag", (1,), {"phase": 1}, 3),
    "a_ticket_is_done_only_after_its_issue": Wrong(("switched out", "small"), 31, "invalidation", (99,), {"done": 1}),
    "a_vf_answers_to_its_requester_id": Wrong(("interleaved VFs", "large"), 8, "pcie", (258,), {"virtual": 0, "present": 0}, 2),
    "a_virtual_cpu_is_its_vms": Wrong(("reaped, and named again", "small"), 43, "vcpu", (1,), {"loaded": 1}, 2),
    "a_virtual_function_is_one_of_its_pfs": Wrong(("torn down", "small"), 128, "pcie", (16,), {"virtual": 1}, 2),
    "a_vm_runs_in_its_own_space": Wrong(("spaces gone", "small"), 67, "vm", (3,), {"has_space": 1}),
    "a_walk_goes_on_as_from_the_root": Wrong(("in flight", "small"), 102, "walk", (65537, 19), {"level": 0}),
    "a_walk_marks_only_its_table": Wrong(("mirrored", "small"), 119, "memory", (18, 0), {"dirty": 0}),
    "a_window_lies_below_the_devices_reach": Wrong(("undoing", "small"), 82, "job", (196609,), {"width": 20}, 3),
    "an_attached_function_holds_its_space": Wrong(("mirrored", "small"), 117, "space", (196614,), {"layout": 1}, 3),
    "an_iotlb_leads_only_to_what_the_owner_may": Wrong(("by device", "small"), 109, "grant", (196609,), {"rights": 0}, 3),
    "an_operation_does_what_it_says": Wrong(("frames change", "small"), 108, "frame", (26,), {"kind": 3}),
    "an_owned_function_is_on_its_way": Wrong(("undone", "small"), 95, "function", (0,), {"phase": 1}, 2),
    "an_owned_vf_has_vf_enable": Wrong(("virtual functions", "small"), 112, "pf", (65024,), {"phase": 4}, 2),
    "dma_reaches_only_what_the_owner_may": Wrong(("in flight alone", "small"), 112, "grant", (196609,), {"rights": 0}, 3),
    "each_taking_lowers_a_stage": Wrong(("spaces left", "small"), 52, "table", (16,), {"cursor": 0}),
    "every_number_below_the_count_is_held": Wrong(("torn down", "small"), 123, "count", (70368744177686,), {"n": 2}),
    "every_start_given_up_has_a_blocker": Wrong(("windows", "small"), 88, "blocker", (196610, 0), None),
    "no_cached_context_outlives_its_flush": Wrong(("flushed", "small"), 113, "context_cache", (16,), None),
    "no_iotlb_entry_outlives_its_flush": Wrong(("in flight", "small"), 107, "iotlb", (16, 65537, 1), {"rights": 4}),
    "no_link_is_at_the_lowest_level": Wrong(("mirrored", "small"), 117, "memory", (18, 5), {"kind": 2, "frame": 23}, 3),
    "no_other_start_has_a_blocker": Wrong(("windows", "small"), 91, "search", (196609,), {"nth": 0}, 3),
    "no_request_outlives_its_flush": Wrong(("request pending", "small"), 115, "invalidation", (6,), {"done": 1}),
    "no_tlb_entry_outlives_its_flush": Wrong(("stale", "small"), 113, "slot_note", (30, 0), {"since": 0}),
    "no_walk_pointer_outlives_its_tag": Wrong(("torn down", "small"), 124, "tag", (65537,), {"since": 0}),
    "nothing_is_cached_before_the_iommu_is_on": Wrong(("switched out", "small"), 0, "function", (16,), {"phase": 2}, 2),
    "nothing_names_an_absent_vm": Wrong(("torn down", "small"), 128, "vm", (3,), {"life": 5}, 2),
    "only_a_leaf_has_notes": Wrong(("in flight", "small"), 92, "slot_note", (622, 1), {"max_cached_rights": 1}, 3),
    "only_vms_are_alive": Wrong(("mirrored", "small"), 113, "vm", (2,), {"life": 3}, 2),
    "owned_frames_are_counted": Wrong(("undoing", "small"), 87, "frame", (37,), {"owner": 2, "kind": 2, "fresh": 1}, 2),
    "registers_change_only_while_vf_enable_is_clear": Wrong(("virtual functions", "small"), 112, "sriov", (65024,), {"ari": 1}, 2),
    "the_cursor_counts_what_is_behind_it": Wrong(("edge of 32 bits", "large"), 41, "job", (196609,), {"extent": 0}),
    "the_cursor_is_inside_its_extent": Wrong(("undone, and begun again", "small"), 115, "job", (196611,), {"extent": 1}),
    "the_extents_add_up": Wrong(("undoing", "small"), 88, "extent", (196610, 2), {"before": 0}),
    "the_frames_of_a_block_are_its_owners_data": Wrong(("frames change", "small"), 119, "frame", (512,), {"kind": 3}, 3),
    "what_a_cache_holds_is_not_reused": Wrong(("switched out", "small"), 104, "grant", (196609,), {"rights": 0}, 3),
    "what_a_cpu_has_cached_a_walk_finds": Wrong(("two leaves", "small"), 98, "tlb", (0, 1, 0, 1), {"index": 0}),
    "what_a_device_has_cached_a_walk_finds": Wrong(("edge of 32 bits", "large"), 54, "iotlb", (256, 65537, 1048575), {"page": 0}),
    "what_is_no_write_leaves_memory_alone": Wrong(("caches forget", "small"), 109, "memory", (28, 0), {"rights": 1}),
    "what_is_reported_of_a_function_is_its_owners": Wrong(("torn down", "small"), 128, "fault", (16,), {"valid": 1, "owner": 4}, 2),
    "what_is_torn_down_maps_nothing_new": Wrong(("ended", "small"), 53, "memory", (18, 0), {"kind": 1}, 2),
    "what_others_use_was_agreed_to": Wrong(("frames change", "small"), 118, "grant", (196609,), {"offered": 1}, 3),
}

#: Each statement, with a step, and what is left out of what that runs: the mutant's key, and the text.
TEXTS: dict[str, tuple[str, str, str]] = {
    "a_drained_vm_has_no_device_and_no_cpu": (
        "drain_vm",
        "vms.py:Vms.drain_vm#guard3",
        "require(is_unused(s, account(AccountKind.FUNCTIONS, vm)), Reason.IN_USE)",
    ),
    "a_search_holds_its_space": (
        "search_begin",
        "windows.py:Windows.search_begin#conjunct2",
        "p.io",
    ),
    "a_search_knows_the_devices_last_page": (
        "search_begin",
        "windows.py:Windows.search_begin#guard5",
        "require(all_of(width >= 24, width <= 64), Reason.OUT_OF_RANGE)",
    ),
    "a_vf_is_a_stride_behind_the_one_before": (
        "enumerate_vf",
        "sriov.py:Sriov.enumerate_vf#guard3",
        "require(negate(base.add_overflows(step)), Reason.OUT_OF_RANGE)",
    ),
    "an_extent_lies_below_the_total": (
        "job_extent",
        "ranges.py:Ranges.job_extent#guard7",
        "require(pages - 1 <= (1 << 44) - 1, Reason.OUT_OF_RANGE)",
    ),
    "only_a_live_vm_is_run": (
        "load",
        "vms.py:Vms.load#guard4",
        "require(s.vm[u.vm].life == Life.LIVE, Reason.WRONG_STATE)",
    ),
    "requester_ids_are_inside_the_bus_range": (
        "enumerate_vf",
        "sriov.py:Sriov.enumerate_vf#guard5",
        "require(self.is_addressable(r, pf, rid), Reason.OUT_OF_RANGE)",
    ),
    "only_the_rightful_caller_succeeds": (
        "bind_tag",
        "tables.py:Tables.bind_tag#guard2",
        "require_exists(s, space.vm)",
    ),
}


def mappings(frame: int) -> Account:
    """Return the account of what refers to a frame."""
    return account(AccountKind.MAPPINGS, Frame(frame), Level.PAGE)


def pins_anothers(s: Any) -> Any:
    """Pin a frame of VM B's under a name of VM A's."""
    pin = Pin(its(A, 9))
    after = s.put("pin", pin, PinRecord(live=True, frame=Frame(0x22)))
    return take(after, mappings(0x22), holder(HolderKind.PIN, pin))


def grants_anothers(s: Any) -> Any:
    """Grant VM A a frame of VM B's under a name of VM A's."""
    grant = Grant(its(A, 9))
    record = GrantRecord(active=True, granter=Vm(B), receiver=Vm(A), frame=Frame(0x22), rights=Rights(3))
    after = take(s.put("grant", grant, record), mappings(0x22), holder(HolderKind.GRANT, grant))
    return take(after, account(AccountKind.GRANTS, Vm(A)), holder(HolderKind.RECEIVED, grant))


def handles_its_own_grant(s: Any) -> Any:
    """Take a handle of VM A's on what VM A granted VM B."""
    handle = Handle(its(A, 9))
    after = s.put("handle", handle, HandleRecord(live=True, grant=Grant(its(A, 1))))
    return take(after, account(AccountKind.HANDLES, Grant(its(A, 1))), holder(HolderKind.HANDLE, handle))


def begins_for_another(s: Any) -> Any:
    """Begin a job in an address space of VM B's under a name of VM A's."""
    job = Job(its(A, 9))
    record = JobRecord(phase=JobPhase.LISTING, vm=Vm(B), space=Space(IO_B), width=AddressWidth(32), rights=Rights(3))
    return take(s.put("job", job, record), account(AccountKind.JOBS, Space(IO_B)), holder(HolderKind.JOB, job))


def searches_for_another(s: Any) -> Any:
    """Search an address space of VM B's under a name of VM A's."""
    job, theirs = Job(its(A, 9)), Job(its(B, 9))
    begun = MODEL.search_begin(s, Vm(B), theirs, Space(IO_B), Page(4), Level.PAGE, AddressWidth(32))
    after = s.put("search", job, begun.search[theirs])
    return take(after, account(AccountKind.JOBS, Space(IO_B)), holder(HolderKind.SEARCH, job))


def gives_to_the_drained(s: Any) -> Any:
    """Give a frame to VM A as if it were live."""
    record = s.vm[Vm(A)]
    after = MODEL.donate(s.put("vm", Vm(A), record.replace(life=Life.LIVE)), Vm(HOST), Vm(A), Frame(0x25))
    return after.put("vm", Vm(A), record)


def maps(s: Any, index: int, frame: int) -> Any:
    """Put a leaf into the lowest table of VM B."""
    where = Frame(0x1E), Index(index)
    after = s._with(memory=s.memory.set(where, Entry(kind=EntryKind.LEAF, frame=Frame(frame), rights=Rights(3))))
    return take(after, mappings(frame), holder(HolderKind.LEAF, *where))


def maps_another_by_a_handle(s: Any) -> Any:
    """Map a frame of VM B's own, and note of the leaf that it goes through the handle on another."""
    handle, where = Handle(its(B, 1)), (Frame(0x1E), Index(5))
    used = s.handle[handle].replace(cpu_use=True, cpu_table=where[0], cpu_index=where[1])
    after = maps(s, 5, 0x22).put("handle", handle, used)
    return after.put("slot_note", where, s.slot_note[where].replace(handle=handle, max_cached_rights=Rights(3)))


def takes_cpus_for_devices(s: Any) -> Any:
    """Note a handle's use by CPUs as one by devices, and its table as one of an address space for those."""
    handle = Handle(its(B, 1))
    h = s.handle[handle]
    used = h.replace(cpu_use=False, device_use=True, device_table=h.cpu_table, device_index=h.cpu_index)
    noted = s.table[h.cpu_table].replace(space=Space(IO_B), phase=TablePhase.RETIRED)
    return s.put("handle", handle, used).put("table", h.cpu_table, noted)


def takes_devices_for_cpus(s: Any) -> Any:
    """Note a handle's use by devices as one by CPUs, and its table as one of an address space for those."""
    handle = Handle(its(B, 1))
    h = s.handle[handle]
    used = h.replace(device_use=False, cpu_use=True, cpu_table=h.device_table, cpu_index=h.device_index)
    noted = s.table[h.device_table].replace(space=Space(CPU_B), phase=TablePhase.RETIRED)
    return s.put("handle", handle, used).put("table", h.device_table, noted)


def does_not_wait(s: Any) -> Any:
    """Take a function for detached while translations are cached for it."""
    rid = Rid(0x10)
    after = s.put("function", rid, s.function[rid].replace(phase=FunctionPhase.FLUSHED))
    return drop(after, holder(HolderKind.CONTEXT, rid))


def splits_with_fewer_rights(s: Any) -> Any:
    """Put a table in the place of a leaf, one of whose pieces may only be read."""
    after = MODEL.finish_split(s, Vm(A), Frame(0x18), s.queue.next - 1)
    where = Frame(0x18), Index(7)
    return after._with(memory=after.memory.set(where, after.memory[where].replace(rights=Rights(1))))


class Meddled(NamedTuple):
    """An operation of a policy's own where a run ends: who asks for it, and what it does."""

    run: tuple[str, str]
    by: int
    change: Callable[[Any], Any]


#: Each statement, with the operation that it alone notices.
MEDDLED: dict[str, Meddled] = {
    "a_pin_is_its_vms": Meddled(("grants", "small"), A, pins_anothers),
    "a_grant_is_its_vms": Meddled(("grants", "small"), A, grants_anothers),
    "a_handle_is_its_vms": Meddled(("grants", "small"), A, handles_its_own_grant),
    "a_job_is_its_vms": Meddled(("grants", "small"), A, begins_for_another),
    "a_search_is_its_vms": Meddled(("grants", "small"), A, searches_for_another),
    "what_is_torn_down_only_shrinks": Meddled(("drained", "small"), HOST, gives_to_the_drained),
    "only_a_live_vm_asks": Meddled(("killed", "small"), A, lambda s: s),
    "no_table_is_mapped": Meddled(("grants", "small"), B, lambda s: maps(s, 5, 0x1E)),
    "no_mapping_outlives_its_grant": Meddled(("granted to a device", "small"), B, maps_another_by_a_handle),
    "a_cpu_goes_through_a_handles_use_by_cpus": Meddled(("by CPU", "small"), B, takes_cpus_for_devices),
    "a_device_goes_through_a_handles_use_by_devices": Meddled(("by device", "small"), B, takes_devices_for_cpus),
    "an_iotlb_entry_is_the_owners": Meddled(("detached", "small"), HOST, does_not_wait),
    "a_split_block_translates_alike": Meddled(("not yet split", "small"), A, splits_with_fewer_rights),
}
