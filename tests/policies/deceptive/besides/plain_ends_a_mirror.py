"""plain, an operation of the policy's own that nobody asks for, turns a mirror that has no tables yet into a plain address space.

Unsafe: a VM has its device translated in guest-address mode, and mirrors nothing there any more: each attempt is refused. It maps
page by page instead, and what its device reaches at an address is no longer what its CPUs do.

Breaks: what an address space is, is settled when it is created, by whoever looks after its VM.
"""

from __future__ import annotations

from pymodel import AccountKind, Hypervisor, MachineState, Reason, Space, account, is_unused, operation, require


class P(Hypervisor):
    """Sees to it that no mirror lies idle."""

    @operation
    def plain(self, s: MachineState, space: Space) -> MachineState:
        """Make it plain while it has no tables."""
        require(s.space[space].live, Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.TABLES, space)), Reason.IN_USE)
        return s.put("space", space, s.space[space].replace(mirror=False))
