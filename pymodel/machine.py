"""Chapter 19: the machine: a policy's hypervisor, the hardware, the guests and the devices, all taking steps.

`steps(policy)` lists every kind of step. `Platform` is a concrete machine at power-on; the theorems speak of every machine
that satisfies `pymodel.boot`.
"""

from __future__ import annotations

from pymodel.hardware.caches import Caches
from pymodel.hardware.cpu import Guests
from pymodel.hardware.iommu import Devices
from pymodel.hypervisor import Hypervisor
from pymodel.language.steps import Transition, steps_of

__all__ = ["Hardware", "steps"]


class Hardware(Caches, Guests, Devices):
    """Everything that is not the hypervisor; a policy cannot change it."""


def steps(policy: Hypervisor) -> list[Transition]:
    """Return every kind of step of the machine under a policy."""
    return [*steps_of(policy), *steps_of(Hardware())]
