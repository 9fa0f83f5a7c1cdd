"""The names of the hypervisor: address spaces, grants, pins, jobs, and the accounts of what refers to a thing.

A name says whose the thing is: its upper half is the VM that it belongs to, who may choose the lower half as it likes. So no VM
can take, or feel, a name of another, and who may ask is told from the name before anything is looked up.

Read next: `pymodel.hypervisor.accounts`.
"""

from __future__ import annotations

from pymodel.hardware.ids import Frame, Index, Level, Vm
from pymodel.language.words import Choice, Member, Word, concat


class Name(Word, width=32):
    """The name of a thing that belongs to a VM: the VM in the upper 16 bits, the VM's own number for it in the lower ones."""

    __slots__ = ()

    @property
    def vm(self) -> Vm:
        """Return the VM that the thing belongs to."""
        return self.bits(31, 16, Vm)


class Space(Name, width=32):
    """A second-stage address space: a VM's stage 2, or an IOMMU domain."""

    __slots__ = ()


class Grant(Name, width=32):
    """A grant of one frame from its owner, who names it, to one receiver."""

    __slots__ = ()


class Handle(Name, width=32):
    """A receiver's use of a grant, named by the receiver; 0 names none."""

    __slots__ = ()


class Pin(Name, width=32):
    """A software reference to a frame, named by the frame's owner."""

    __slots__ = ()


class Job(Name, width=32):
    """A range operation under way, or a search for a window; 0 names none."""

    __slots__ = ()


class Count(Word, width=64):
    """How many."""

    __slots__ = ()


class AccountKind(Choice):
    """What an account counts."""

    NONE = Member()
    MAPPINGS = Member()
    """What refers to a frame or block: leaves, pins, grants."""
    FRAMES = Member()
    """The frames that a VM owns."""
    FUNCTIONS = Member()
    """The functions that a VM owns."""
    SPACES = Member()
    """The address spaces of a VM."""
    VCPUS = Member()
    """The virtual CPUs of a VM."""
    GRANTS = Member()
    """The grants that name a VM as receiver."""
    HANDLES = Member()
    """The handles on a grant."""
    CONTEXTS = Member()
    """The functions attached to an address space, and the CPUs that run in it."""
    TABLES = Member()
    """The tables of an address space, apart from its root."""
    GROUP = Member()
    """The functions of an isolation group that are owned."""
    JOBS = Member()
    """The range operations of an address space, and the searches in it."""


class Account(Word, width=4 + 2 + Frame.width):
    """A thing whose holders are counted: its kind, the level of a block, its number."""

    __slots__ = ()


class HolderKind(Choice):
    """Who holds a reference that an account counts."""

    NONE = Member()
    LEAF = Member()
    FRAME = Member()
    PIN = Member()
    GRANT = Member()
    RECEIVED = Member()
    HANDLE = Member()
    FUNCTION = Member()
    MEMBER = Member()
    CONTEXT = Member()
    CPU = Member()
    TABLE = Member()
    SPACE = Member()
    VCPU = Member()
    JOB = Member()
    SEARCH = Member()


class Holder(Word, width=4 + Frame.width + Index.width):
    """Something that refers to a thing: its kind and its name."""

    __slots__ = ()


def account(kind: AccountKind, number: Word, level: Level | None = None) -> Account:
    """Return the account of that kind for the thing with that number."""
    return concat(Account, kind, Level.PAGE if level is None else level, number.to(Frame))


def holder(kind: HolderKind, number: Word, index: Index | None = None) -> Holder:
    """Return the holder of that kind with that number."""
    return concat(Holder, kind, number.to(Frame), Index(0) if index is None else index)


def kind_of(who: Holder) -> HolderKind:
    """Return the kind of a holder."""
    return who.bits(Holder.width - 1, Frame.width + Index.width, HolderKind)


def number_of(who: Holder) -> Frame:
    """Return the number of a holder."""
    return who.bits(Frame.width + Index.width - 1, Index.width, Frame)
