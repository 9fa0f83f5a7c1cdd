"""The machine: a policy's hypervisor, the hardware, the guests and the devices, all taking steps.

`MachineState` joins the fragments that the chapters declare, `Hypervisor` their operations: it is the verified reference. A policy
is a subclass of it that overrides decisions (`pymodel.hypervisor.decisions`) or whole operations, and may add state of its own:
`class Mine(MachineState)` with further maps, and `State = Mine`. `@invariant` adds a statement of its own, `@assume(reason)` an
assumption. `steps(policy)` lists every kind of step.

Read next: `pymodel.platforms`.
"""

from __future__ import annotations

from pymodel.hardware.caches import Caches, CacheState
from pymodel.hardware.cpu import CpuState, Guests
from pymodel.hardware.invalidation import Invalidations, InvalidationState
from pymodel.hardware.iommu import Devices, IommuState
from pymodel.hardware.memory import MemoryState
from pymodel.hardware.pcie import PcieState
from pymodel.hardware.platform import PlatformState
from pymodel.hypervisor.accounts import AccountState
from pymodel.hypervisor.devices import DeviceOperations, DeviceState
from pymodel.hypervisor.grants import Grants, GrantState
from pymodel.hypervisor.jobs.ranges import Ranges, RangeState
from pymodel.hypervisor.jobs.windows import SearchState, Windows
from pymodel.hypervisor.leaves import LeafState, Leaves
from pymodel.hypervisor.memory import FrameState, Memory
from pymodel.hypervisor.spaces import SpaceState
from pymodel.hypervisor.sriov import Sriov, SriovState
from pymodel.hypervisor.tables import Tables, TableState
from pymodel.hypervisor.vms import Vms, VmState
from pymodel.language.steps import Transition, steps_of

__all__ = ["Hardware", "Hypervisor", "MachineState", "steps"]


class HardwareState(PlatformState, MemoryState, CpuState, PcieState, IommuState, CacheState, InvalidationState):
    """What the platform is, and what hardware holds."""


class HypervisorState(
    AccountState,
    SpaceState,
    VmState,
    FrameState,
    GrantState,
    TableState,
    LeafState,
    DeviceState,
    SriovState,
    RangeState,
    SearchState,
):
    """What the hypervisor knows."""


class MachineState(HardwareState, HypervisorState):
    """The whole machine."""


class Hypervisor(Windows, Ranges, Sriov, DeviceOperations, Leaves, Tables, Grants, Memory, Vms):
    """The reference hypervisor."""

    State = MachineState


class Hardware(Caches, Invalidations, Guests, Devices):
    """Everything that is not the hypervisor; a policy cannot change it."""


def steps(policy: Hypervisor) -> list[Transition]:
    """Return every kind of step of the machine under a policy."""
    return [*steps_of(policy), *steps_of(Hardware())]
