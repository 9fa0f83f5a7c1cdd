"""relax, an operation of the policy's own that nobody asks for, notes of a job that its device drives all address bits.

Unsafe: the VM said that its device drives 32. Extents that end above 4 GiB are taken over from then on, and the device, which cuts
the addresses short, reaches what is mapped below. The window lies below what the job says that the device reaches, as it always
did.

Breaks: what a job was begun with stays, or is changed by whoever looks after the VM that its name says.
"""

from __future__ import annotations

from pymodel import AddressWidth, Hypervisor, Job, MachineState, operation


class P(Hypervisor):
    """Takes devices for better than they are."""

    @operation
    def relax(self, s: MachineState, job: Job) -> MachineState:
        """No device has so few bits any more."""
        return s.put("job", job, s.job[job].replace(width=AddressWidth(64)))
