"""The numbers of hardware, each a type of its own.

Widths are the hardware's own: a 56-bit physical address in 4 KiB frames, a 64-bit input address, a 16-bit requester id.
A second-stage input page is one type whether a CPU calls it a guest physical page or a device calls it an I/O page: both
are inputs of a second-stage address space. A first-stage input is a `VirtualPage`.

A tag is what a cache keeps in place of the address space: the VMID of a CPU's TLB, the domain id of an IOTLB. Its top bit
tells the two number spaces apart, so that one rule can speak of both.

Read next: `pymodel.hardware.access`.
"""

from __future__ import annotations

from pymodel.language.truth import all_of
from pymodel.language.words import Choice, Member, Word, choose


class Vm(Word, width=16):
    """Whoever may own things: a VM, the host (itself a VM that always runs), the hypervisor, or nobody."""

    __slots__ = ()


NOBODY = Vm(0)
HYPERVISOR = Vm(1)
HOST = Vm(2)


class Frame(Word, width=44):
    """A physical frame number: 4 KiB frames of a 56-bit physical address."""

    __slots__ = ()


class Page(Word, width=52):
    """An input page number of a second-stage address space (guest physical or I/O), 4 KiB pages of 64 bits."""

    __slots__ = ()


class VirtualPage(Word, width=52):
    """An input page number of a guest's own first stage."""

    __slots__ = ()


class Index(Word, width=34):
    """A slot of a table: 9 bits in a lower table, 34 in a root (which stands for all levels above 1 GiB)."""

    __slots__ = ()


class Tag(Word, width=17):
    """A VMID (top bit 0) or an IOMMU domain id (top bit 1)."""

    __slots__ = ()

    @property
    def is_io(self) -> bool:
        """Say whether this is a domain id."""
        return self >= 1 << 16


#: No tag: VMID 0 is given to no address space.
NO_TAG = Tag(0)


class Asid(Word, width=16):
    """The guest's own tag for a first-stage address space."""

    __slots__ = ()


class Cpu(Word, width=16):
    """A physical CPU."""

    __slots__ = ()


class Vcpu(Word, width=16):
    """A virtual CPU; 0 names none."""

    __slots__ = ()


class Rid(Word, width=16):
    """A PCIe requester id: bus, device and function."""

    __slots__ = ()


class Bus(Word, width=8):
    """A PCIe bus number, the upper half of a requester id."""

    __slots__ = ()


class Vf(Word, width=16):
    """The number of a virtual function within its physical function, from 0; also how many there are."""

    __slots__ = ()


class Layout(Word, width=16):
    """A layout of the input pages that are reserved for a function: the interrupt window, and what firmware declares for it."""

    __slots__ = ()


class Group(Word, width=16):
    """An isolation group of functions that can reach one another below the IOMMU."""

    __slots__ = ()


class Request(Word, width=32):
    """A DMA request in flight."""

    __slots__ = ()


class Ticket(Word, width=64):
    """The number of an invalidation request, in the order of issue; never reused."""

    __slots__ = ()


class AddressWidth(Word, width=7):
    """How many address bits a device drives: 24 to 64."""

    __slots__ = ()


class Rights(Word, width=4):
    """A set of rights: read, write, execute as user, execute as supervisor."""

    __slots__ = ()

    def within(self, other: Rights) -> bool:
        """Say whether every right here is also there."""
        return (self & ~other) == 0

    def allows(self, wanted: Rights) -> bool:
        """Say whether all the rights wanted are here."""
        return wanted.within(self)


NO_RIGHTS = Rights(0)
READ = Rights(1)
WRITE = Rights(2)
READ_WRITE = Rights(3)
ALL_RIGHTS = Rights(15)


class Level(Choice):
    """The size of a leaf: a page, a 2 MiB block, a 1 GiB block; of a table: what one of its slots covers."""

    PAGE = Member()
    BLOCK = Member()
    HUGE = Member()


def level_mask(level: Level) -> Page:
    """Return the page-number bits below a slot of that level."""
    return choose(level == Level.PAGE, Page(0), choose(level == Level.BLOCK, Page(0x1FF), Page(0x3FFFF)))


def page_base(page: Page, level: Level) -> Page:
    """Return the first page of the slot of that level around a page."""
    return page & ~level_mask(level)


def frame_base(frame: Frame, level: Level) -> Frame:
    """Return the first frame of the aligned block of that level around a frame."""
    return frame & ~level_mask(level).to(Frame)


def frame_at(base: Frame, page: Page, level: Level) -> Frame:
    """Return the frame that a leaf of that level at `base` gives for a page inside it."""
    return base | (page & level_mask(level)).to(Frame)


def page_index(page: Page, level: Level) -> Index:
    """Return the slot for a page in a table of that level: 9 bits, or all the rest at the root's level."""
    low = page.bits(8, 0, Index)
    middle = page.bits(17, 9, Index)
    return choose(level == Level.PAGE, low, choose(level == Level.BLOCK, middle, page.bits(51, 18, Index)))


def slot_page(prefix: Page, index: Index, level: Level) -> Page:
    """Return the first page that a slot covers, in a table of that level whose own first page is `prefix`."""
    low = index.to(Page)
    return prefix | choose(level == Level.PAGE, low, choose(level == Level.BLOCK, low << 9, low << 18))


def slots(level: Level) -> Index:
    """Return the number of the last slot that a table of that level can have."""
    return choose(level == Level.HUGE, Index.last(), Index(511))


def bus_of(rid: Rid) -> Bus:
    """Return the bus number of a requester id."""
    return rid.bits(15, 8, Bus)


def is_vm(vm: Vm) -> bool:
    """Say whether a name is that of the host or of a VM."""
    return vm >= HOST


def is_width(width: AddressWidth) -> bool:
    """Say whether a device may have that many address bits."""
    return all_of(width >= 24, width <= 64)
