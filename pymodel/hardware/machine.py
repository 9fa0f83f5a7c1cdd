"""Chapter 5: the state of the machine, every record and map of it.

Memory holds what frames hold. Each of a frame's 512 eight-byte slots is kept as an `Entry`, the way a table walker reads
it; a guest's or a device's write may put any entry there, so a frame that is no longer a table yields any translation at
all to a walker that still believes in it. A root table stands for every level above 1 GiB, and has as many slots as the
input size of stage 2 asks for: 2^34 at most.

An entry that was removed stays in its slot as `STALE` until an invalidation that covers it has completed, with the rights
that caches may still hold (`may`) and the first ticket whose invalidation would count (`since`). Hardware ignores it;
real tables have room for this in the bits that an invalid entry leaves to software.

Everything that refers to something holds a seat on its account (`pymodel.hypervisor.accounts`), so that "nothing refers to
it" is a counter that reads zero.

Fields called ghosts are written by steps and read by no step; they carry history to the theorems.

Not modelled: byte offsets below eight bytes (they pass through translation unchanged), memory types, encryption.

Read next: `pymodel.hardware.caches`.
"""

from __future__ import annotations

from pymodel.hardware.ids import (
    NO_RIGHTS,
    NOBODY,
    Account,
    AddressWidth,
    Asid,
    Bus,
    Count,
    Cpu,
    Frame,
    Grant,
    Group,
    Handle,
    Holder,
    Index,
    Job,
    Layout,
    Level,
    Page,
    Pin,
    Request,
    Rid,
    Rights,
    Space,
    Tag,
    Ticket,
    Vcpu,
    Vf,
    VirtualPage,
    Vm,
)
from pymodel.language.outcomes import FaultKind
from pymodel.language.state import Map, Record, State
from pymodel.language.words import Choice, Member

__all__ = [
    "Block",
    "BlockPhase",
    "Cached",
    "ContextEntry",
    "ContextMode",
    "CpuRecord",
    "Entry",
    "EntryKind",
    "Extent",
    "FaultRecord",
    "FrameKind",
    "FrameRecord",
    "FunctionPhase",
    "FunctionRecord",
    "GrantRecord",
    "GroupRecord",
    "HandleRecord",
    "Invalidation",
    "Iommu",
    "JobPhase",
    "JobRecord",
    "LastRun",
    "Life",
    "MachineState",
    "PinRecord",
    "Pointer",
    "Queue",
    "RequestPhase",
    "RequestRecord",
    "Reserved",
    "RosterRecord",
    "Scope",
    "Seat",
    "SpaceRecord",
    "SriovPhase",
    "SriovRecord",
    "Syndrome",
    "TablePhase",
    "TableRecord",
    "TagPhase",
    "TagRecord",
    "Tally",
    "Twin",
    "VcpuRecord",
    "VfRecord",
    "VmRecord",
]


class FrameKind(Choice):
    """What a frame is for."""

    ABSENT = Member()
    """No memory there."""
    FREE = Member()
    DATA = Member()
    """A VM's memory."""
    RETYPING = Member()
    """A VM's memory on its way to become a table: nothing new may map it."""
    POOL = Member()
    """A blank page in its VM's pool for tables."""
    TABLE = Member()
    """A table of one of its VM's address spaces."""
    HYPERVISOR = Member()
    """The hypervisor's own."""
    SHOWN = Member()
    """The hypervisor's own, shown to VMs on purpose, read-only."""


class FrameRecord(Record):
    """A frame: its owner, its kind, whether its content is known to be zero, and the ghost of MEM-5."""

    owner: Vm = NOBODY
    kind: FrameKind = FrameKind.ABSENT
    clean: bool = False
    fresh: bool = False
    """Ghost: the owner changed, and the new owner's side has not written since."""


class TablePhase(Choice):
    """Where a table frame is in its life."""

    NONE = Member()
    BUILDING = Member()
    """Being filled with the pieces of a block that is being split; not linked yet."""
    LINKED = Member()
    CLOSING = Member()
    """Being scanned for emptiness; takes no new entry."""
    RETIRED = Member()
    """Unlinked, waiting until no walk cache can point to it."""


class TableRecord(Record):
    """What the hypervisor knows of a table frame; `prefix` is its first input page."""

    phase: TablePhase = TablePhase.NONE
    space: Space = Space(0)
    level: Level = Level.PAGE
    prefix: Page = Page(0)
    parent: Frame = Frame(0)
    slot: Index = Index(0)
    cursor: Index = Index(0)
    scanned: bool = False
    since: Ticket = Ticket(0)


class EntryKind(Choice):
    """What stands in a slot of a table."""

    NONE = Member()
    LEAF = Member()
    LINK = Member()
    STALE = Member()
    """Removed, and a cache may still hold it."""


class Entry(Record):
    """A slot of a table; hardware uses `kind`, `frame`, `rights` and sets two bits, the rest is the hypervisor's."""

    kind: EntryKind = EntryKind.NONE
    frame: Frame = Frame(0)
    rights: Rights = NO_RIGHTS
    may: Rights = NO_RIGHTS
    """The most that a cache may still hold."""
    since: Ticket = Ticket(0)
    """Only an invalidation with this ticket or a later one counts for what was removed last."""
    handle: Handle = Handle(0)
    """The handle of the grant that this leaf goes through; 0 for none."""
    job: Job = Job(0)
    """The range operation that owns this leaf; 0 for none."""
    accessed: bool = False
    dirty: bool = False
    split: bool = False
    """Removed in order to be split; `child` is the table being built in its place."""
    child: Frame = Frame(0)


class BlockPhase(Choice):
    """Whether an aligned block of frames is held together so that a large leaf may map it."""

    NONE = Member()
    ASSEMBLING = Member()
    WHOLE = Member()


class Block(Record):
    """An aligned block; all its frames below `cursor` (all of them when WHOLE) are data of `owner`."""

    phase: BlockPhase = BlockPhase.NONE
    owner: Vm = NOBODY
    cursor: Frame = Frame(0)


class Tally(Record):
    """How many holders an account has."""

    n: Count = Count(0)


class RosterRecord(Record):
    """Who sits at one number of an account (ghost: read only to keep itself in order)."""

    holder: Holder = Holder(0)


class Seat(Record):
    """Where a holder sits (ghost but for `taken`)."""

    taken: bool = False
    account: Account = Account(0)
    index: Count = Count(0)


class SpaceRecord(Record):
    """A second-stage address space."""

    live: bool = False
    vm: Vm = NOBODY
    root: Frame = Frame(0)
    io: bool = False
    tagged: bool = False
    tag: Tag = Tag(0)
    layout: Layout = Layout(0)
    """The reserved pages of the functions that may be attached: nothing is mapped there for a device."""
    mirror: bool = False
    """A device's address space in guest-address mode: a page of it is a page of the VM's own, at the same address."""


class Twin(Record):
    """Where a page of a VM's own address space is mirrored, and where the mirror's page is from: each names the other's slot."""

    held: bool = False
    table: Frame = Frame(0)
    index: Index = Index(0)


class TagPhase(Choice):
    """Whether caches may hold anything under a tag."""

    FREE = Member()
    BOUND = Member()
    RETIRING = Member()


class TagRecord(Record):
    """A VMID or a domain id, and the address space it stands for."""

    phase: TagPhase = TagPhase.FREE
    space: Space = Space(0)
    since: Ticket = Ticket(0)


class Cached(Record):
    """A cached translation; `table` and `index` (ghosts) name the slot it was read from, `vcpu` who was running."""

    valid: bool = False
    page: Page = Page(0)
    frame: Frame = Frame(0)
    rights: Rights = NO_RIGHTS
    table: Frame = Frame(0)
    index: Index = Index(0)
    vcpu: Vcpu = Vcpu(0)


class Pointer(Record):
    """A walk cache's pointer to a table frame: the level and first page it is taken for."""

    valid: bool = False
    level: Level = Level.PAGE
    prefix: Page = Page(0)


class CpuRecord(Record):
    """A physical CPU's registers: first stage loaded for `vcpu`, second stage on with a tag and a root."""

    vcpu: Vcpu = Vcpu(0)
    stage2: bool = False
    tag: Tag = Tag(0)
    root: Frame = Frame(0)


class Syndrome(Record):
    """What a CPU reports of a fault in its second stage: the page that was asked for, the level of the entry, what was wrong."""

    valid: bool = False
    kind: FaultKind = FaultKind.TRANSLATION
    level: Level = Level.PAGE
    page: Page = Page(0)


class FaultRecord(Record):
    """What the IOMMU reports of the last request of a function that faulted, and whose request it was."""

    valid: bool = False
    kind: FaultKind = FaultKind.TRANSLATION
    page: Page = Page(0)
    write: bool = False
    owner: Vm = NOBODY


class LastRun(Record):
    """The virtual CPU whose first-stage translations a CPU may hold under a tag."""

    vcpu: Vcpu = Vcpu(0)


class VcpuRecord(Record):
    """A virtual CPU: its VM, and the physical CPU that has it loaded."""

    exists: bool = False
    vm: Vm = NOBODY
    loaded: bool = False
    cpu: Cpu = Cpu(0)


class Life(Choice):
    """The life of a VM."""

    ABSENT = Member()
    CREATED = Member()
    LIVE = Member()
    DYING = Member()
    DRAINED = Member()
    EMPTY = Member()


class VmRecord(Record):
    """A VM."""

    life: Life = Life.ABSENT
    space: Space = Space(0)
    """The address space of its CPUs, once there is one."""
    has_space: bool = False


class FunctionPhase(Choice):
    """Where a PCIe function is on its way from one owner to the next."""

    IDLE = Member()
    """Nobody's; may have requests of its own making in flight."""
    RESET = Member()
    """Reset; what it issued before may still be in flight."""
    CLEAN = Member()
    """Nobody's, reset and drained: ready to be given."""
    ATTACHED = Member()
    DETACHING = Member()
    """Its context says abort; caches may still hold the old one."""
    FLUSHED = Member()
    """Caches hold nothing for it; it must still be reset and drained."""


class FunctionRecord(Record):
    """A PCIe function, physical or virtual."""

    present: bool = False
    owner: Vm = NOBODY
    phase: FunctionPhase = FunctionPhase.IDLE
    space: Space = Space(0)
    since: Ticket = Ticket(0)
    master: bool = False
    """Bus mastering: whether it may issue requests."""
    width: AddressWidth = AddressWidth(64)
    layout: Layout = Layout(0)
    """The layout of its reserved pages, as the platform has it."""
    group: Group = Group(0)
    residue: Vm = NOBODY
    """Whose data the function's own registers and memory may hold."""
    virtual: bool = False
    """It is a VF of SR-IOV; the next two fields then say whose, and which of its VFs."""
    pf: Rid = Rid(0)
    index: Vf = Vf(0)


class GroupRecord(Record):
    """An isolation group: who owns its functions, while anybody does."""

    owner: Vm = NOBODY


class ContextMode(Choice):
    """What an IOMMU does with a function's requests."""

    UNWRITTEN = Member()
    """As the table was left at power-on or by boot's fill."""
    INVALID = Member()
    """The entry's valid bit is clear; what that means is a property of the IOMMU."""
    ABORT = Member()
    BYPASS = Member()
    STAGE2 = Member()


class ContextEntry(Record):
    """A context entry, as memory holds it or (with `cached`) as the context cache does."""

    cached: bool = False
    mode: ContextMode = ContextMode.UNWRITTEN
    tag: Tag = Tag(0)
    root: Frame = Frame(0)


class Iommu(Record):
    """The IOMMU's global state."""

    on: bool = False
    invalid_blocks: bool = False
    """Whether an invalid entry blocks (VT-d) or lets requests through untranslated (AMD-Vi)."""
    fill: ContextMode = ContextMode.INVALID
    """What every entry holds that nobody has written."""


class Mmu(Record):
    """What the second stage is set up for, the same for CPUs and devices; no step changes it."""

    root_last: Index = Index(0)
    """The last slot of a root: no input address lies beyond it (VTCR_EL2.T0SZ; AGAW of VT-d; 3 where they have 32 bits)."""


class RequestPhase(Choice):
    """Where a DMA request is."""

    NONE = Member()
    ISSUED = Member()
    TRANSLATED = Member()


class RequestRecord(Record):
    """A DMA request in flight; `owner` (ghost) is whose request it was when it was issued."""

    phase: RequestPhase = RequestPhase.NONE
    rid: Rid = Rid(0)
    owner: Vm = NOBODY
    page: Page = Page(0)
    write: bool = False
    untranslated: bool = False
    """It passed without translation."""
    frame: Frame = Frame(0)
    tag: Tag = Tag(0)
    table: Frame = Frame(0)
    index: Index = Index(0)


class Scope(Choice):
    """What an invalidation covers."""

    PAGES = Member()
    """An aligned power of two of pages under a tag: leaves only, not walk caches."""
    TAG = Member()
    """Everything under a tag."""
    FUNCTION = Member()
    """Everything of one function: its context and its translations."""


class Invalidation(Record):
    """An invalidation request."""

    done: bool = False
    scope: Scope = Scope.PAGES
    tag: Tag = Tag(0)
    page: Page = Page(0)
    mask: Page = Page(0)
    """PAGES: the low page bits that are ignored, 2^k - 1."""
    rid: Rid = Rid(0)


class Queue(Record):
    """The invalidation queue: the ticket that the next request will get."""

    next: Ticket = Ticket(1)


class GrantRecord(Record):
    """A grant of one frame."""

    active: bool = False
    granter: Vm = NOBODY
    receiver: Vm = NOBODY
    frame: Frame = Frame(0)
    rights: Rights = NO_RIGHTS


class HandleRecord(Record):
    """A receiver's use of a grant, with one CPU mapping and one device mapping at most."""

    live: bool = False
    grant: Grant = Grant(0)
    cpu_use: bool = False
    cpu_table: Frame = Frame(0)
    cpu_index: Index = Index(0)
    device_use: bool = False
    device_table: Frame = Frame(0)
    device_index: Index = Index(0)


class PinRecord(Record):
    """A software reference to a frame."""

    live: bool = False
    frame: Frame = Frame(0)


class JobPhase(Choice):
    """Where a range operation is."""

    NONE = Member()
    LISTING = Member()
    """Its list of extents is being taken over."""
    MAPPING = Member()
    UNDOING = Member()
    """A step failed or the window is being removed: pages below the cursor are taken away, last first."""
    DONE = Member()


class JobRecord(Record):
    """A scatter list on its way into one contiguous window of an address space."""

    phase: JobPhase = JobPhase.NONE
    vm: Vm = NOBODY
    space: Space = Space(0)
    start: Page = Page(0)
    rights: Rights = NO_RIGHTS
    width: AddressWidth = AddressWidth(64)
    extents: Count = Count(0)
    total: Page = Page(0)
    """Pages in the whole list."""
    cursor: Page = Page(0)
    """Pages mapped so far."""
    extent: Count = Count(0)
    """The extent that the next page comes from."""
    within: Page = Page(0)
    """How many pages of that extent are mapped."""


class Extent(Record):
    """One extent of a scatter list, as it was taken over; `before` is the sum of the extents in front of it."""

    frame: Frame = Frame(0)
    pages: Page = Page(0)
    before: Page = Page(0)


class Placed(Record):
    """Ghost: the slot that holds one page of a window, and the extent it came from."""

    table: Frame = Frame(0)
    index: Index = Index(0)
    extent: Count = Count(0)
    within: Page = Page(0)


class SearchPhase(Choice):
    """Where a search for a free window is."""

    NONE = Member()
    LOOKING = Member()
    FOUND = Member()
    FAILED = Member()


class SearchRecord(Record):
    """A search for a free window of an address space."""

    phase: SearchPhase = SearchPhase.NONE
    vm: Vm = NOBODY
    space: Space = Space(0)
    total: Page = Page(0)
    """Pages of the window."""
    level: Level = Level.PAGE
    """What its start is aligned to."""
    width: AddressWidth = AddressWidth(64)
    last: Page = Page(0)
    """The last page that a device of that width can put on the bus."""
    top: Page = Page(0)
    """The number of the last start whose window ends at or below that page."""
    nth: Page = Page(0)
    """The start that is looked at: the nth multiple of the level's size."""
    checked: Page = Page(0)
    """Pages of the window at that start that were seen free."""


class Blocker(Record):
    """Ghost: the page for which a search gave up a start."""

    noted: bool = False
    page: Page = Page(0)


class Reserved(Record):
    """Whether some page of a slot of that level is reserved: the interrupt window's, or firmware's own. The platform's."""

    reserved: bool = False


class SriovPhase(Choice):
    """Whether a PF has VFs; VF Enable is set from `ENABLED` until the last VF is gone."""

    OFF = Member()
    """VF Enable is clear; NumVFs and the ARI bit may be written, and offset and stride change with them."""
    ENUMERATING = Member()
    """Requester ids are worked out and entered, one VF a step; none can be given away yet."""
    ENABLED = Member()
    REMOVING = Member()
    """VFs are taken away, last one first; VF Enable is cleared with VF 0."""


class SriovRecord(Record):
    """The SR-IOV capability of a physical function, and where its hypervisor is in bringing VFs up or down."""

    capable: bool = False
    secondary: Bus = Bus(0)
    """The first and the last bus behind the bridge above the function; as the platform has them."""
    subordinate: Bus = Bus(0)
    total_vfs: Vf = Vf(0)
    phase: SriovPhase = SriovPhase.OFF
    ari: bool = False
    """ARI Capable Hierarchy: function numbers have eight bits, and there is no device number."""
    num_vfs: Vf = Vf(0)
    offset: Rid = Rid(0)
    """First VF Offset: from the PF's requester id to that of VF 0."""
    stride: Rid = Rid(0)
    """VF Stride: from one VF's requester id to the next."""
    cursor: Vf = Vf(0)
    """VFs entered so far."""


class VfRecord(Record):
    """The requester id of a PF's VF with that number; used below the PF's cursor."""

    rid: Rid = Rid(0)


class MachineState(State):
    """The whole machine."""

    frame: Map[Frame, FrameRecord]
    table: Map[Frame, TableRecord]
    memory: Map[tuple[Frame, Index], Entry]
    twin: Map[tuple[Frame, Index], Twin]
    block: Map[tuple[Level, Frame], Block]
    count: Map[Account, Tally]
    roster: Map[tuple[Account, Count], RosterRecord]
    seat: Map[Holder, Seat]
    space: Map[Space, SpaceRecord]
    tag: Map[Tag, TagRecord]
    tlb: Map[tuple[Cpu, Tag, Asid, VirtualPage], Cached]
    iotlb: Map[tuple[Rid, Tag, Page], Cached]
    walk: Map[tuple[Tag, Frame], Pointer]
    cpu: Map[Cpu, CpuRecord]
    syndrome: Map[Cpu, Syndrome]
    last: Map[tuple[Cpu, Tag], LastRun]
    vcpu: Map[Vcpu, VcpuRecord]
    vm: Map[Vm, VmRecord]
    function: Map[Rid, FunctionRecord]
    group: Map[Group, GroupRecord]
    context: Map[Rid, ContextEntry]
    context_cache: Map[Rid, ContextEntry]
    iommu: Iommu
    mmu: Mmu
    request: Map[Request, RequestRecord]
    fault: Map[Rid, FaultRecord]
    invalidation: Map[Ticket, Invalidation]
    queue: Queue
    grant: Map[Grant, GrantRecord]
    handle: Map[Handle, HandleRecord]
    pin: Map[Pin, PinRecord]
    job: Map[Job, JobRecord]
    extent: Map[tuple[Job, Count], Extent]
    placed: Map[tuple[Job, Page], Placed]
    search: Map[Job, SearchRecord]
    blocker: Map[tuple[Job, Page], Blocker]
    reserved: Map[tuple[Layout, Level, Page], Reserved]
    sriov: Map[Rid, SriovRecord]
    vf: Map[tuple[Rid, Vf], VfRecord]
