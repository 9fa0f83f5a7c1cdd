"""XSA-288: a frame is mapped for a device without a look at what the frame has become.

A guest's tables must not be writable by its own device. The entry for the device was written some time after the check
that the frame is plain memory, with no lock across the two, and in between the guest could turn the frame into a table.
In the model that is a mapping into an I/O address space that asks whose the frame is, and no longer what it is for.

Source: Xen Security Advisory XSA-288; xen-project/xen, commit 384a6ddf3dc5.
"""

from __future__ import annotations

from pymodel import (
    READ,
    Frame,
    FrameKind,
    Hypervisor,
    Level,
    MachineState,
    Page,
    Reason,
    Rights,
    SlotNote,
    Space,
    Vm,
    all_of,
    any_of,
    leaf,
    require,
    require_alive,
)

ID = "XSA-288"
TITLE = "A table is mapped writable for a device of its own guest"
PROMISES: tuple[str, ...] = ("DMA-1", "MEM-10", "MEM-3")


class Faulty(Hypervisor):
    """Does not look at the kind of a frame again when it is mapped for devices."""

    def map(
        self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, frame: Frame, rights: Rights
    ) -> MachineState:
        """Map a page, or an assembled block, of whatever the VM owns for its devices, and of its memory for its CPUs."""
        p = s.space[space]
        require_alive(s, caller, p.vm)
        f = s.frame[frame]
        own = all_of(f.owner == p.vm, any_of(f.kind == FrameKind.DATA, p.io))
        published = all_of(f.kind == FrameKind.PUBLISHED, level == Level.PAGE, rights.within(READ))
        require(any_of(own, published), Reason.NOT_OWNED)
        require(any_of(level == Level.PAGE, self.is_whole(s, level, frame, p.vm)), Reason.NOT_OWNED)
        return self.put_leaf(s, space, page, level, leaf(frame, rights), SlotNote(max_cached_rights=rights))


class Fixed(Hypervisor):
    """Looks at owner and kind in the step that maps."""

    def map(
        self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, frame: Frame, rights: Rights
    ) -> MachineState:
        """Map a page, or an assembled block, of the VM's own memory, or a published page."""
        p = s.space[space]
        require_alive(s, caller, p.vm)
        f = s.frame[frame]
        own = all_of(f.owner == p.vm, f.kind == FrameKind.DATA)
        published = all_of(f.kind == FrameKind.PUBLISHED, level == Level.PAGE, rights.within(READ))
        require(any_of(own, published), Reason.NOT_OWNED)
        require(any_of(level == Level.PAGE, self.is_whole(s, level, frame, p.vm)), Reason.NOT_OWNED)
        return self.put_leaf(s, space, page, level, leaf(frame, rights), SlotNote(max_cached_rights=rights))
