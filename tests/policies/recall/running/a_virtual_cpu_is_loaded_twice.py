"""A virtual CPU is loaded on one CPU while another one has it loaded, as long as that one does not run it.

The first CPU has switched out and not saved the registers yet. The second loads the virtual CPU; then the first goes on and runs
it as well. It runs on two CPUs at once, with one of them not noted.

Source: mechanism: a virtual CPU moves to another CPU before its registers were saved on the first.
"""

from __future__ import annotations

from pymodel import Cpu, Hypervisor, Life, MachineState, Reason, Vcpu, all_of, load_cpu, negate, require


class Faulty(Hypervisor):
    """Asks whether a virtual CPU runs, not whether it is loaded."""

    def load(self, s: MachineState, cpu: Cpu, vcpu: Vcpu) -> MachineState:
        """Third step: the first-stage registers of the incoming virtual CPU, while the second stage is off."""
        c, u = s.cpu[cpu], s.vcpu[vcpu]
        require(all_of(negate(c.stage2), c.vcpu == 0), Reason.IN_USE)
        require(all_of(u.exists, vcpu != 0), Reason.WRONG_STATE)
        require(negate(all_of(u.loaded, s.cpu[u.cpu].stage2)), Reason.IN_USE)
        require(s.vm[u.vm].life == Life.LIVE, Reason.WRONG_STATE)
        return load_cpu(s, cpu, vcpu).put("vcpu", vcpu, u.replace(loaded=True, cpu=cpu))
