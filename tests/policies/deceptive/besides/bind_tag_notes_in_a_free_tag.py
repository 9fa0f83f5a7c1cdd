"""bind_tag also writes into the next tag, while that is free, which address space got one.

Unsafe: what a VM had is told in the record of a tag that is nobody's, and goes on naming the VM when that was reaped; whoever takes
a tag's address space from its record, whatever its phase, flushes or looks after another VM's.

Breaks: a free tag stands for no address space. Its contract lets bind_tag change a free tag, and does not know which one.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Space, Tag, TagPhase, TagRecord, Vm


class P(Hypervisor):
    """Binds tags."""

    def bind_tag(self, s: MachineState, caller: Vm, space: Space, tag: Tag) -> MachineState:
        """Bind a tag, and note it in the next one."""
        after = super().bind_tag(s, caller, space, tag)
        if after.tag[tag + 1].phase == TagPhase.FREE:
            return after.put("tag", tag + 1, TagRecord(space=space))
        return after
