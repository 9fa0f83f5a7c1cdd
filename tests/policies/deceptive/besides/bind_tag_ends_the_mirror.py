"""bind_tag turns a mirror that has no tables yet into an address space like any other.

Unsafe: a VM has its device translated in guest-address mode; after the tag was changed once, any page may be mapped at any address
there, and none can be mirrored: the device reaches at g something else than the VM does. `map` no longer refuses it.

Breaks: what an address space is (a mirror, for devices, clear of a layout) is settled when it is created; bind_tag gives a tag.
"""

from __future__ import annotations

from pymodel import AccountKind, Hypervisor, MachineState, Space, Tag, Vm, account, is_unused


class P(Hypervisor):
    """Binds tags."""

    def bind_tag(self, s: MachineState, caller: Vm, space: Space, tag: Tag) -> MachineState:
        """Give a tag to the space, and make it a plain one."""
        after = super().bind_tag(s, caller, space, tag)
        if is_unused(s, account(AccountKind.TABLES, space)):
            return after.put("space", space, after.space[space].replace(mirror=False))
        return after
