"""Address spaces and tags: what they are.

An address space is a second-stage translation: of a VM's CPUs, or of devices. A tag is what caches keep in its place: a VMID or a
domain id. A tag is bound to one space at a time, and free again only when caches hold nothing under it.

Read next: `pymodel.hypervisor.decisions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.ids import NOBODY, Frame, Layout, Tag, Ticket, Vm
from pymodel.hypervisor.ids import Space
from pymodel.language.state import AUTHORITY, Map, Record, State
from pymodel.language.truth import all_of
from pymodel.language.words import Choice, Member

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["SpaceRecord", "SpaceState", "TagPhase", "TagRecord", "has_usable_tag"]


class SpaceRecord(Record, whose=AUTHORITY):
    """A second-stage address space."""

    live: bool = False
    vm: Vm = NOBODY
    root: Frame = Frame(0)
    io: bool = False
    tagged: bool = False
    tag: Tag = Tag(0)
    layout: Layout = Layout(0)
    """The reserved pages of the functions that may be attached: nothing is mapped there for a device."""
    mirror: bool = False
    """A device's address space in guest-address mode: a page of it is a page of the VM's own, at the same address."""


class TagPhase(Choice):
    """Whether caches may hold anything under a tag."""

    FREE = Member()
    BOUND = Member()
    RETIRING = Member()


class TagRecord(Record, whose=AUTHORITY):
    """A VMID or a domain id, and the address space it stands for."""

    phase: TagPhase = TagPhase.FREE
    space: Space = Space(0)
    since: Ticket = Ticket(0)


class SpaceState(State):
    """Every address space and every tag."""

    space: Map[Space, SpaceRecord]
    tag: Map[Tag, TagRecord]


def has_usable_tag(s: MachineState, space: Space) -> bool:
    """Say whether an address space has a tag that is not on its way out."""
    p = s.space[space]
    return all_of(p.live, p.tagged, s.tag[p.tag].phase == TagPhase.BOUND)
