"""set_master: the host may turn on bus mastering of a function whose VM is dying.

Unsafe: the VM was killed, perhaps because of that very device, and had turned it off; the host starts it again, and it writes into
the memory of a VM that nobody looks after. Who manages a VM that does not run may ask, so the caller passes.

Breaks: only a function's live owner starts it; a dying VM takes on nothing new, and tear-down stops devices and starts none.
"""

from __future__ import annotations

from pymodel import HOST, FunctionPhase, Hypervisor, Life, MachineState, Rid, Vm, all_of, set_bus_master


class P(Hypervisor):
    """Lets the host finish what devices were doing."""

    def set_master(self, s: MachineState, caller: Vm, rid: Rid, on: bool) -> MachineState:
        """Turn it on or off, for the owner or after it."""
        f = s.function[rid]
        if all_of(caller == HOST, f.phase == FunctionPhase.ATTACHED, s.vm[f.owner].life == Life.DYING):
            return set_bus_master(s, rid, on)
        return super().set_master(s, caller, rid, on)
