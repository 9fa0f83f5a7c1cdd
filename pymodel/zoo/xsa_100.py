"""Frames that the hypervisor itself had used go back to the free ones as they are.

The next owner of such a frame reads what the hypervisor left there.

Source: Xen advisory XSA-100 (2014).
"""

from __future__ import annotations

from pymodel.hardware.ids import Frame
from pymodel.hardware.machine import FrameKind, MachineState
from pymodel.hypervisor import Hypervisor
from pymodel.words import all_of, negate

__all__ = ["ID", "PROMISES", "TITLE", "Fault", "Twin"]

ID = "XSA-100"
TITLE = "The hypervisor's own frames are freed without a scrub"
PROMISES = ("MEM-5",)


class Fault(Hypervisor):
    """Scrubs what a guest gives back, and nothing else."""

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        """Leave the hypervisor's own frames alone."""
        f = s.frame[frame]
        return all_of(f.kind != FrameKind.HYPERVISOR, negate(f.clean))


class Twin(Hypervisor):
    """Scrubs whatever is not known to be zero."""

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        """Ask only what is known of the content."""
        return negate(s.frame[frame].clean)
