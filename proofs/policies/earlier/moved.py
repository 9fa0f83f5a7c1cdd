"""What had another name, or stood elsewhere, in an earlier version: told in errors, and rewritten by `proofs.policies.port`.

A later change of a public name adds to these tables.
"""

from __future__ import annotations

from typing import NamedTuple

from pymodel import surface

__all__ = [
    "ARGUMENTS",
    "ATTRIBUTES",
    "COMMANDS",
    "DROPPED",
    "FIELDS",
    "FUNCTIONS",
    "MODULES",
    "NAMES",
    "PARTS",
    "PLATFORM_PARTS",
    "REPLACED",
    "STATEMENTS",
    "STEPS",
    "instead_of",
    "is_old",
    "new_name",
]

#: Modules that policies imported from, all of whose public names are `pymodel`'s now.
MODULES = (
    "pymodel.hardware",
    "pymodel.hypervisor",
    "pymodel.language",
    "pymodel.machine",
    "pymodel.outcomes",
    "pymodel.state",
    "pymodel.transitions",
    "pymodel.words",
)
#: Names that policies imported: records, phases, functions.
NAMES = {
    "Seat": "Reference",
    "RosterRecord": "ListedReference",
    "Tally": "ReferenceCount",
    "Twin": "MirrorLink",
    "is_unmapped": "is_unreferenced",
    "scrubbed": "scrub_frame",
    "SriovRecord": "SriovRegisters",
    "Mmu": "MmuFacts",
}
#: Parts of the state, behind a dot or named in a `put` or `replace`.
PARTS = {"seat": "reference", "roster": "reference_list", "twin": "mirror_link"}
#: Parts, operations, helpers and members, wherever they stand behind a dot.
ATTRIBUTES = PARTS | {
    "settle": "confirm_downgrade",
    "show": "publish",
    "hide": "unpublish",
    "SHOWN": "PUBLISHED",
}
#: Operations, as a policy defines them and as traces name them.
STEPS = {"settle": "confirm_downgrade", "show": "publish", "hide": "unpublish"}
#: Statements of the catalogue.
STATEMENTS = {
    "what_is_ones_own_is_not_refused": "an_entitled_request_is_granted",
    "what_is_built_of_ones_own_is_not_refused": "an_entitled_request_is_granted",
    "what_nothing_refers_to_is_taken_back": "an_unreferenced_object_can_be_released",
}
#: Operations that had other arguments: those that they had, behind the state.
ARGUMENTS = {"create_space": ("caller", "space", "root", "tag", "io", "layout", "mirror")}
#: Decisions that another one stands for, which answers something else: what to write.
REPLACED = {"accepts_tag": "next_tag(self, s, tag, io) returns the tag itself, or NO_TAG for none"}
#: Arguments that are no more: of an operation, or of a record (ghosts are written by the model).
DROPPED = {"enumerate_vf": ("group",), "replace": ("fresh",), "FrameRecord": ("fresh",)}


class Command(NamedTuple):
    """A command in the place of a `put` into a part of the hardware's: its name, and how many parts the key has."""

    name: str
    keys: int


#: Parts that are written by a command now.
COMMANDS = {"memory": Command("store_entry", 2), "context": Command("write_context", 1), "sriov": Command("write_sriov", 1)}
_NOTE, _PCIE, _FACTS = "{s}.slot_note[{key}]", "{s}.pcie[{key}]", "{s}.platform.function[{key}]"
#: Fields that moved into another record, by the part that had them: what to write, given the state's name and the key.
FIELDS = {
    "memory": {
        "may": f"{_NOTE}.max_cached_rights",
        **{name: f"{_NOTE}.{name}" for name in ("since", "handle", "job", "split", "child")},
    },
    "function": {
        **{name: f"{_PCIE}.{name}" for name in ("present", "master", "residue", "virtual", "pf", "index")},
        "width": "width_of({s}, {key})",
        "layout": "layout_of({s}, {key})",
        "group": f"{_FACTS}.group",
    },
    "sriov": {
        **{name: f"{_FACTS}.{name}" for name in ("capable", "total_vfs", "secondary", "subordinate")},
        **{name: f"{{s}}.pf[{{key}}].{name}" for name in ("phase", "cursor")},
    },
    "iommu": {"invalid_blocks": "{s}.platform.iommu.invalid_blocks"},
}
#: Parts that are of the platform now.
PLATFORM_PARTS = ("mmu", "reserved")
#: Methods that are functions now.
FUNCTIONS = {"tag_usable": "has_usable_tag"}


def new_name(name: str) -> str:
    """Return what a public name is called now."""
    return NAMES.get(name, name)


def is_old(module: str) -> bool:
    """Say whether a module is one whose public names a policy imported, and imports from `pymodel` now."""
    return any(module == old or module.startswith(f"{old}.") for old in MODULES)


def instead_of(module: str, name: str) -> str:
    """Return what to write instead of an import of a name from a module; nothing if policies never imported from it."""
    now = new_name(name)
    if not is_old(module):
        return ""
    if now not in surface.__all__:
        return "it is no policy's to use; what is, can be imported from pymodel"
    return f"write `from pymodel import {now}` (`python -m proofs.policies.port FILE` rewrites a policy)"
