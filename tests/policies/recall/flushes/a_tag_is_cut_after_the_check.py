"""The tag that an address space gets is cut to eight bits after it was found free.

Hardware of some kind has 8-bit tags. The number proposed is looked up as it is, and cut on its way to the register. Tag 0x101
is free and becomes tag 1, which stands for another VM's address space: the two VMs use each other's cached translations.

Source: mechanism: a check and a use of different widths, as with VMIDs of 8 and 16 bits.
"""

from __future__ import annotations

from pymodel import NO_TAG, Hypervisor, MachineState, Tag, TagPhase, all_of, choose


class Faulty(Hypervisor):
    """Checks the number proposed, and gives its low byte."""

    def next_tag(self, s: MachineState, tag: Tag, io: bool) -> Tag:
        """Return the tag that is proposed, as this hardware has it, if it is free."""
        free = all_of(s.tag[tag].phase == TagPhase.FREE, tag.is_io == io)
        base = choose(io, Tag(0x10000), Tag(0))
        return choose(free, base | tag.bits(7, 0, Tag), NO_TAG)


class Twin(Hypervisor):
    """Cuts the number first, and checks what it gives."""

    def next_tag(self, s: MachineState, tag: Tag, io: bool) -> Tag:
        """Return the tag that is proposed, as this hardware has it, if that one is free."""
        given = choose(io, Tag(0x10000), Tag(0)) | tag.bits(7, 0, Tag)
        return choose(s.tag[given].phase == TagPhase.FREE, given, NO_TAG)
