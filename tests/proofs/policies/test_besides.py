"""Policies that do what they should and something else besides, or not what was asked: what finds each of them.

Forty of them were written when footprints began, from the model and the page of the language alone. Each is decided for the one
obligation that it fails.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from proofs.engine.induction import Induction, Limits
from proofs.engine.query import FIRST
from proofs.engine.solvers.solver import forget
from proofs.policies import load
from proofs.policies.policy_statements import statements_of
from proofs.theorems import CATALOGUE
from proofs.theorems.operations.authority import AUTHORITY, freely, hypervisors, never
from proofs.theorems.operations.footprints import FOOTPRINTS
from pymodel.machine import steps
from tests.places import POLICIES
from tests.tiers import sampled

FOLDER = POLICIES / "deceptive" / "besides"
ANSWER = "an_answer_tells_only_what_the_caller_sees"
#: Each policy, with the step and the statement about it that is not proved.
FOUND: dict[str, tuple[str, str]] = {
    "again_looks_once_more": ("again", "changes_in_search_are_rightful"),
    "age_writes_a_free_frame": ("age", "what_is_nobodys_is_only_scrubbed"),
    "allocate_forgets_clean": ("allocate", "changes_in_frame_are_rightful"),
    "assemble_on_never_arrives": ("assemble_on", "an_operation_does_what_it_says"),
    "attach_answers_by_a_secret": ("attach", ANSWER),
    "bequeath_shares_the_dead": ("bequeath", "what_a_dead_vm_owns_is_granted_to_nobody"),
    "bind_tag_ends_the_mirror": ("bind_tag", "changes_in_space_are_rightful"),
    "bind_tag_notes_in_a_free_tag": ("bind_tag", "a_tag_stands_for_one_space"),
    "blame_blocks_anothers_start": ("blame", "changes_in_blocker_are_rightful"),
    "cancel_retype_closes_a_table": ("cancel_retype", "changes_in_table_are_rightful"),
    "checksum_reads": ("checksum", ANSWER),
    "correct_list_of_anothers_job": ("correct_list", "changes_in_extent_are_rightful"),
    "curb_takes_vfs_from_an_owned_pf": ("curb", "changes_in_pf_are_rightful"),
    "detach_since_never": ("detach", "a_flush_of_a_function_is_owed_from_now"),
    "donate_looks_at_the_neighbour": ("donate", ANSWER),
    "drain_function_waits_for_few": ("drain_function", "a_request_belongs_to_who_issued_it"),
    "drain_leaves_the_fault": ("drain_function", "what_is_reported_of_a_function_is_its_owners"),
    "dust_wipes_one_slot": ("dust", "scrubbing_is_zero_over_the_whole_frame"),
    "fade_clears_a_context": ("fade", "changes_in_context_are_rightful"),
    "finish_detach_never_for_some": ("finish_detach", "an_unreferenced_object_can_be_released"),
    "finish_retype_keeps_a_slot": ("finish_retype", "a_clean_frame_is_zero"),
    "free_table_keeps_what_it_held": ("free_table", "a_table_is_written_as_a_table"),
    "grant_widened": ("take_handle", "changes_in_grant_are_rightful"),
    "heartbeat_takes_a_handle": ("heartbeat", "changes_in_handle_are_rightful"),
    "heartbeat_tells_what_is_mapped": ("heartbeat", ANSWER),
    "hint_huge_locks_frames": ("hint_huge", "changes_in_block_are_rightful"),
    "hush_stops_a_device": ("hush", "changes_in_pcie_are_rightful"),
    "job_begin_revives_the_old_list": ("job_begin", "changes_in_job_are_rightful"),
    "job_in_anothers_space": ("job_begin", "a_job_is_its_vms"),
    "job_map_places_for_the_next": ("job_map", "changes_in_placed_are_rightful"),
    "job_start_widens": ("job_start", "changes_in_job_are_rightful"),
    "keep_puts_off_a_tag": ("keep", "changes_in_tag_are_rightful"),
    "let_go_with_a_note": ("let_go", "the_hypervisor_alone_writes_its_frames"),
    "map_marks_by_a_secret": ("map", "changes_in_memory_are_rightful"),
    "part_forgets_a_mirror": ("part", "changes_in_mirror_link_are_rightful"),
    "pin_moves_a_vcpu": ("pin", "changes_in_vcpu_are_rightful"),
    "pin_note_tells": ("pin", ANSWER),
    "pin_under_anothers_name": ("pin", "a_pin_is_its_vms"),
    "plain_ends_a_mirror": ("plain", "changes_in_space_are_rightful"),
    "prepare_accepts": ("prepare", "changes_in_grant_are_rightful"),
    "protect_clears_dirty": ("protect", "changes_in_memory_are_rightful"),
    "quiesce_blocks_a_live_vms_device": ("quiesce", "changes_in_context_are_rightful"),
    "reclaim_before_drained": ("reclaim", "only_the_rightful_caller_succeeds"),
    "reclaim_tells_by_a_note": ("reclaim", ANSWER),
    "reclaim_wipes_the_first_slot": ("reclaim", "scrubbing_is_zero_over_the_whole_frame"),
    "recycle_keeps_the_page": ("recycle", "a_vms_data_is_written_by_who_may"),
    "refuses_for_policy": ("kill_vm", "an_entitled_request_is_granted"),
    "relax_widens_the_device": ("relax", "changes_in_job_are_rightful"),
    "release_moves_the_handle": ("release", "changes_in_handle_are_rightful"),
    "report_noise_locks_out": ("map", "an_entitled_request_is_granted"),
    "rescan_starts_over": ("rescan", "changes_in_table_are_rightful"),
    "reset_brings_the_vf_up_instead": ("reset_function", "an_operation_does_what_it_says"),
    "retire_tag_is_never_free": ("retire_tag", "a_flush_of_a_tag_is_owed_from_now"),
    "retract_notes_in_a_page": ("retract", "nobody_writes_what_is_published"),
    "retype_copies": ("begin_retype", "changes_in_memory_are_rightful"),
    "scrub_takes_a_live_frame": ("scrub", "only_the_frame_named_changes_hands"),
    "search_step_hands_the_search_on": ("search_step", "changes_in_search_are_rightful"),
    "seize_keeps_a_dead_vms_memory": ("seize", "what_a_dead_vm_leaves_is_blank_or_nobodys"),
    "set_ari_raises_num_vfs": ("set_ari", "changes_in_sriov_are_rightful"),
    "set_aside_leaves_a_mark": ("set_aside", "a_vms_data_is_written_by_who_may"),
    "set_master_claims_the_group": ("set_master", "changes_in_group_are_rightful"),
    "set_master_enters_the_vf_again": ("set_master", "changes_in_vf_are_rightful"),
    "set_master_of_the_dying": ("set_master", "only_the_rightful_caller_succeeds"),
    "set_master_puts_off_the_neighbour": ("set_master", "changes_in_function_are_rightful"),
    "set_num_vfs_turns_ari_on": ("set_num_vfs", "changes_in_sriov_are_rightful"),
    "share_agrees_for_the_vm": ("share", "changes_in_grant_are_rightful"),
    "share_answers_by_a_secret": ("share", "an_entitled_request_is_granted"),
    "share_of_the_drained": ("share", "only_the_rightful_caller_succeeds"),
    "sniff_follows_a_secret": ("sniff", ANSWER),
    "start_vm_chooses_the_space": ("start_vm", "changes_in_vm_are_rightful"),
    "sweep_pins_ends_anothers": ("sweep_pins", "changes_in_pin_are_rightful"),
    "take_handle_does_not_wait": ("take_handle", "what_others_use_was_agreed_to"),
    "take_handle_grants": ("take_handle", "changes_in_grant_are_rightful"),
    "take_handle_tells": ("take_handle", "changes_in_handle_are_rightful"),
    "transfer_elsewhere": ("transfer", "an_operation_does_what_it_says"),
    "transfer_of_the_dead": ("transfer", "a_new_owner_finds_zero"),
    "tune_queues_sets_num_vfs": ("tune_queues", "changes_in_sriov_are_rightful"),
    "unmap_of_the_dying": ("unmap", "changes_in_slot_note_are_rightful"),
    "unmap_says_done": ("unmap_range", "an_operation_does_what_it_says"),
    "unmap_waits_for_ever": ("unmap", "a_flush_of_a_slot_note_is_owed_from_now"),
    "unpin_kills": ("unpin", "changes_in_vm_are_rightful"),
    "unpin_reason_tells": ("unpin", ANSWER),
    "use_again_cancels_a_retype": ("use_again", "changes_in_frame_are_rightful"),
    "wake_masters_an_idle_function": ("wake", "changes_in_pcie_are_rightful"),
    "whisper_by_the_queue": ("whisper", ANSWER),
    "widen_goes_on_for_the_dead": ("widen", "what_a_dead_vm_owns_is_granted_to_nobody"),
    "wipe_scrubs_data": ("wipe", "changes_in_memory_are_rightful"),
    "wish_vfs_reaches_the_pf": ("set_ari", "changes_in_sriov_are_rightful"),
    "yes_and_nothing_done": ("kill_vm", "an_operation_does_what_it_says"),
}
#: Sound: a decision asked between two states is this policy's own, and is as the reference's.
SOUND = {"decision_between_states": "reclaim"}
PROVED = {"proved", "framed"}
#: Of what is in memory: the class above the last is sound, and the last breaks one promise and no other.
ALONE = (
    "age_writes_a_free_frame",
    "dust_wipes_one_slot",
    "free_table_keeps_what_it_held",
    "let_go_with_a_note",
    "reclaim_wipes_the_first_slot",
    "recycle_keeps_the_page",
    "retract_notes_in_a_page",
    "seize_keeps_a_dead_vms_memory",
    "set_aside_leaves_a_mark",
    "widen_goes_on_for_the_dead",
)
#: For each part of the state whose rule names somebody, a policy that nothing in a contract forbids: the rule alone finds it.
RULED: dict[str, str] = {
    "vm": "EndsAnother",
    "vcpu": "MovesVcpu",
    "frame": "use_again_cancels_a_retype",
    "block": "hint_huge_locks_frames",
    "memory": "wipe_scrubs_data",
    "pin": "sweep_pins_ends_anothers",
    "grant": "RaisesGrant",
    "handle": "heartbeat_takes_a_handle",
    "space": "plain_ends_a_mirror",
    "tag": "keep_puts_off_a_tag",
    "table": "rescan_starts_over",
    "slot_note": "unmap_of_the_dying",
    "mirror_link": "part_forgets_a_mirror",
    "job": "relax_widens_the_device",
    "extent": "correct_list_of_anothers_job",
    "placed": "job_map_places_for_the_next",
    "search": "again_looks_once_more",
    "blocker": "blame_blocks_anothers_start",
    "function": "set_master_puts_off_the_neighbour",
    "group": "set_master_claims_the_group",
    "context": "fade_clears_a_context",
    "pcie": "hush_stops_a_device",
    "sriov": "tune_queues_sets_num_vfs",
    "pf": "curb_takes_vfs_from_an_owned_pf",
    "vf": "set_master_enters_the_vf_again",
    "fault": "ClearsNeighbours",
}
#: Those of `tests/policies/wider.py`, with the step.
WIDER = {"EndsAnother": "unpin", "MovesVcpu": "pin", "RaisesGrant": "take_handle", "ClearsNeighbours": "set_master"}
#: Of these nothing else that is promised fails: if the rule let anybody, the policy would be proved.
RULE_ALONE = ("pin", "extent", "function", "pf", "blocker")


def verdicts(name: str, step: str, wanted: set[str], above: int = 0) -> dict[str, str]:
    """Return what little effort says of a step of a policy, or of one above it, about some statements, or about all promises."""
    written = (FOLDER / f"{name}.py").read_text(encoding="utf-8").splitlines()
    cls = [line for line in written if line.startswith("class ")][-1 - above]
    return decided(f"{FOLDER / name}.py::{cls.split()[1].partition('(')[0]}", step, wanted)


#: What a policy breaks besides, of those of which else one promise fails alone.
ALSO = {"seize_keeps_a_dead_vms_memory": {"a_frame_is_blank_between_hypervisor_and_vm"}}


def decided(spec: str, step: str, wanted: set[str]) -> dict[str, str]:
    """Return what little effort says of a step of a policy, about some statements, or about all promises."""
    forget()  # what other tests left must not steer the solver
    policy: Any = load(spec).instance()
    invariants, about, assumed = statements_of(policy)
    decide = Induction(policy, invariants, [st for st, _ in assumed], Limits(), about)
    transition = next(t for t in steps(policy) if t.name == step)
    run = decide.explored(transition)
    assert not run.why
    asked = [st for st in (*invariants, *about) if (st.name in wanted if wanted else st.name not in CATALOGUE.lemmas)]
    return {st.name: str(decide.decided_of(run, st, FIRST).verdict) for st in asked}


def test_each_policy_is_here_once() -> None:
    """What is kept is tried, and of what was written first at least forty are there."""
    kept = {path.stem for path in FOLDER.glob("*.py")}
    assert kept == FOUND.keys() | SOUND.keys()
    assert len(kept) >= 40


@pytest.mark.parametrize("name", sampled((name for name in FOUND if name not in RULED.values()), 8))
def test_what_is_done_besides_is_not_proved(name: str) -> None:
    """The statement named is not proved of it; of the reference it is, which the proofs show. Rules have a test of their own."""
    step, statement = FOUND[name]
    (found,) = verdicts(name, step, {statement}).values()
    assert found in ("cti", "unknown")


@pytest.mark.parametrize("name", SOUND)
def test_the_sound_one_is_proved(name: str) -> None:
    """No statement about the step that asks its decision fails."""
    assert set(verdicts(name, SOUND[name], set()).values()) <= PROVED


@pytest.mark.parametrize("name", sampled(ALONE))
def test_the_twin_is_proved_and_one_promise_fails(name: str) -> None:
    """Nothing promised of the sound class fails, and of the other the one that is named: without it, the policy would be proved."""
    step, statement = FOUND[name]
    failing = ({st for st, found in verdicts(name, step, set(), n).items() if found not in PROVED} for n in (1, 0))
    assert list(failing) == [set(), {statement} | ALSO.get(name, set())]


def of_rule(part: str, wanted: set[str]) -> set[str]:
    """Return what is not proved of the policy that a part's rule finds: of some statements, or of all promises."""
    name = RULED[part]
    if name in WIDER:
        found = decided(f"{POLICIES / 'wider.py'}::{name}", WIDER[name], wanted)
    else:
        found = verdicts(name, FOUND[name][0], wanted)
    return {st for st, verdict in found.items() if verdict not in PROVED}


def test_each_rule_that_names_somebody_has_a_policy() -> None:
    """A rule that is dropped, or says that a part is the hypervisor's, is noticed; what is anybody's names nobody."""
    named = {part for part, rule in AUTHORITY.items() if rule.named is not hypervisors}
    assert RULED.keys() == named
    mine = {part: name for part, name in RULED.items() if name not in WIDER}
    assert all(FOUND[name][1] == FOOTPRINTS[part].__name__ for part, name in mine.items())
    assert all(AUTHORITY[part].anybody is never for part in named)


@pytest.mark.parametrize("part", sampled(RULED))
def test_a_rule_that_lets_anybody_is_noticed(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The footprint of the part is not proved of the policy, and is as soon as the rule lets everybody change everything."""
    statement = FOOTPRINTS[part].__name__
    assert of_rule(part, {statement}) == {statement}
    monkeypatch.setitem(AUTHORITY, part, replace(AUTHORITY[part], anybody=freely))
    assert of_rule(part, {statement}) == set()


@pytest.mark.parametrize("part", sampled(RULE_ALONE))
def test_a_rule_is_all_that_keeps_a_policy_from_being_proved(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else that is promised fails; so nothing does, as soon as the rule lets everybody change everything."""
    assert of_rule(part, set()) == {FOOTPRINTS[part].__name__}
    monkeypatch.setitem(AUTHORITY, part, replace(AUTHORITY[part], anybody=freely))
    assert of_rule(part, set()) == set()
