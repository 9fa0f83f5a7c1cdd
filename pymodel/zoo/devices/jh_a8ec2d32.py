"""JH-a8ec2d32: a device that no configuration names passes the IOMMU untranslated.

On one kind of IOMMU an entry whose valid bit is clear does not block: it means that there is nothing to translate. Boot
left the table at zero and wrote blocking entries only for the devices that it knew, so an unlisted device that already
mastered the bus could reach every frame. The repair looks at what an invalid entry means on this machine.

Source: siemens/jailhouse, commits a8ec2d32 and b4abf578 (in hardware, CVE-2023-20584 is a cousin).
"""

from __future__ import annotations

from pymodel import ContextMode, Hypervisor, MachineState, choose

ID = "JH-a8ec2d32"
TITLE = "Devices that nobody listed pass an IOMMU whose invalid entries do not block"
PROMISES: tuple[str, ...] = ("CTX-1", "DMA-1", "DMA-7", "MEM-3")


class Faulty(Hypervisor):
    """Leaves every entry invalid and takes that for blocked."""

    def boot_fill(self, s: MachineState) -> ContextMode:
        """Return what a zeroed table says."""
        del s
        return ContextMode.INVALID


class Fixed(Hypervisor):
    """Leaves entries invalid only where that blocks."""

    def boot_fill(self, s: MachineState) -> ContextMode:
        """Return what a zeroed table says where that blocks, and an explicit abort elsewhere."""
        return choose(s.platform.iommu.invalid_blocks, ContextMode.INVALID, ContextMode.ABORT)
