"""The context of a function is made valid with its new root before its new tag is written.

The entry is wider than one store. Between the stores hardware walks the new owner's tables under the tag that stood there,
which is the old owner's: it caches the one's frames under the tag of the other.

Source: Xen Security Advisory XSA-347: entries of the device table are updated field by field while they are valid.
"""

from __future__ import annotations

from pymodel import (
    HOST,
    ContextEntry,
    ContextMode,
    FunctionPhase,
    Hypervisor,
    MachineState,
    Reason,
    Rid,
    Space,
    Vm,
    operation,
    require,
    write_context,
)


class Faulty(Hypervisor):
    """Writes root and mode, and the tag later."""

    def context_after_detach(self, s: MachineState, rid: Rid) -> ContextEntry:
        """Return the entry that stands there, turned to abort."""
        return s.context[rid].replace(mode=ContextMode.ABORT)

    def attach(self, s: MachineState, caller: Vm, rid: Rid, vm: Vm, space: Space) -> MachineState:
        """Give a clean function to a VM; the first store has the root and what makes the entry valid."""
        after = super().attach(s, caller, rid, vm, space)
        return write_context(after, rid, after.context[rid].replace(tag=s.context[rid].tag))

    @operation
    def write_tag(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """The second store has the tag."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        f = s.function[rid]
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        return write_context(s, rid, s.context[rid].replace(tag=s.space[f.space].tag))
