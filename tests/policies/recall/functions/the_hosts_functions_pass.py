"""A function that is given to the host gets a context that lets its requests pass.

The host is trusted, and its devices with it: their requests pass without translation. A device that the host owns can then read
and write the memory of every VM and of the hypervisor, though the host itself cannot.

Source: mechanism: an option for speed that leaves the devices of the host untranslated, whoever is in control of them.
"""

from __future__ import annotations

from pymodel import HOST, ContextMode, Hypervisor, MachineState, Rid, Space, Vm, write_context


class Faulty(Hypervisor):
    """Does not translate for the host."""

    def attach(self, s: MachineState, caller: Vm, rid: Rid, vm: Vm, space: Space) -> MachineState:
        """The host gives a clean function to a VM; its own ones pass."""
        after = super().attach(s, caller, rid, vm, space)
        if vm == HOST:
            return write_context(after, rid, after.context[rid].replace(mode=ContextMode.BYPASS))
        return after
