"""report_noise, an operation of the policy's own, lets any live VM put any other on a list, and who is on it maps nothing more.

Unsafe: one guest stops all others, the host as well: their `map` is refused with EXHAUSTED, for good, since nothing takes a name off.
The operation changes the policy's own part alone, and a quota excuses the refusals.

Breaks: nobody acts on another VM without its authority, also not by the policy's own notes; a quota is not set by a rival.
"""

from pymodel import Frame, Hypervisor, Level, Life, MachineState, Map, Page, Reason, Record, Rights, Space, Vm
from pymodel import negate, operation, require


class Noise(Record):
    """Whether somebody complained of a VM."""

    noisy: bool = False


class Noises(MachineState):
    """The machine, and the complaints."""

    noise: Map[Vm, Noise]


class P(Hypervisor):
    """Keeps noisy VMs in check."""

    State = Noises

    @operation
    def report_noise(self, s: Noises, caller: Vm, vm: Vm) -> Noises:
        """Complain of a VM."""
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        return s.put("noise", vm, Noise(noisy=True))

    def map(self, s: Noises, caller: Vm, space: Space, page: Page, level: Level, frame: Frame, rights: Rights) -> Noises:
        """Map, for quiet VMs."""
        require(negate(s.noise[s.space[space].vm].noisy), Reason.EXHAUSTED)
        return super().map(s, caller, space, page, level, frame, rights)
