"""Three operations answer yes and do nothing: pin (of an even number), kill_vm (of VM 0x4D2), set_master (off).

Unsafe: a frame that was pinned is reclaimed and given away while its user still goes through the pin (CVE-2014-3601's kind), one VM
cannot be ended, and a device that was told to stop goes on.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState, Pin, Rid, Vm


class P(Hypervisor):
    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        after = super().pin(s, caller, pin, frame)
        return s if (pin & 1) == 0 else after

    def kill_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        after = super().kill_vm(s, caller, vm)
        return s if vm == 0x4D2 else after

    def set_master(self, s: MachineState, caller: Vm, rid: Rid, on: bool) -> MachineState:
        after = super().set_master(s, caller, rid, on)
        return after if on else s
