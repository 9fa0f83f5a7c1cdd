"""part, an operation of the policy's own that nobody asks for, forgets that a page is mirrored: both halves of the link, at once.

Unsafe: the VM may now give up its own page and map another frame there, which was refused while the mirror had the old one. The
device goes on with the old frame at that address. No half is left over that names what is no longer so.

Breaks: how a VM's slots are noted is changed for that VM alone, where it maps, mirrors and releases.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, MachineState, all_of, any_of, operation


class P(Hypervisor):
    """Lets mirrors be built anew, a page at a time."""

    @operation
    def part(self, s: MachineState, table: Frame, index: Index) -> MachineState:
        """Forget the link of a slot, and the one that leads back."""
        return s.replace(
            mirror_link=s.mirror_link.reset(
                lambda t, i, link: any_of(all_of(t == table, i == index), all_of(link.table == table, link.index == index))
            )
        )
