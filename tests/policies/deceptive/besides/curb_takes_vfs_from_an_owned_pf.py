"""curb, an operation of the policy's own that nobody asks for, begins to take a physical function's VFs away.

Unsafe: the physical function may be a live VM's. Its VFs are removed as they come free and none can be given away any more, though
the host did not say so; each step of that is one that the host might have asked for, and nothing is left half done.

Breaks: what a VM's function is in the middle of is changed by its owner or the host, and the hypervisor does nothing to it by
itself.
"""

from __future__ import annotations

from pymodel import HOST, Hypervisor, MachineState, Rid, operation


class P(Hypervisor):
    """Keeps the number of functions small."""

    @operation
    def curb(self, s: MachineState, pf: Rid) -> MachineState:
        """Take VFs away again."""
        return self.disable_vfs(s, HOST, pf)
