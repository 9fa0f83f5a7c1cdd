"""fade, an operation of the policy's own that nobody asks for, clears the context of a function that a VM is giving back.

Unsafe: the host told the IOMMU to abort what the function issues; what it waits for until the function is drained is answered
otherwise. It is done only where the IOMMU blocks what has no context, so that nothing gets through.

Breaks: which context a function has is changed for its owner or by the host, and not by the hypervisor by itself.
"""

from __future__ import annotations

from pymodel import ContextEntry, ContextMode, FunctionPhase, Hypervisor, MachineState, Reason, Rid
from pymodel import all_of, operation, require, write_context


class P(Hypervisor):
    """Leaves no contexts behind."""

    @operation
    def fade(self, s: MachineState, rid: Rid) -> MachineState:
        """Clear the context once nothing is cached of it."""
        require(all_of(s.iommu.on, s.platform.iommu.invalid_blocks), Reason.WRONG_STATE)
        require(s.function[rid].phase == FunctionPhase.FLUSHED, Reason.WRONG_STATE)
        return write_context(s, rid, ContextEntry(mode=ContextMode.INVALID))
