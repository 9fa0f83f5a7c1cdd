"""may_attach, the policy's decision, says yes or no by a bit of what the VM that is to have the function holds in memory.

Unsafe: the host asks to attach a function and reads a bit of a guest's memory in the answer; with functions of several numbers it
reads several frames. The decision's contract is `whatever it likes`, and POLICY excuses each refusal.

Breaks: no one, the host neither, learns what is in a VM's memory but through a grant; a decision is no answer about memory.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, MachineState, Rid, Space, Vm, any_of


class P(Hypervisor):
    """Gives functions to VMs that look ready."""

    def may_attach(self, s: MachineState, rid: Rid, vm: Vm, space: Space) -> bool:
        """Say whether the VM looks ready."""
        mailbox = rid.to(Frame)
        return any_of(s.frame[mailbox].owner != vm, (s.memory[mailbox, Index(0)].frame & 1) == 0)
