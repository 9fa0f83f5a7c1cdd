"""Devices and the IOMMU in front of them.

A function with bus mastering on issues any request at any time, whether a driver asked for it or not. The request waits,
is translated (through whatever the IOTLB holds for the function, or past the IOMMU where its context lets it pass), waits
again, and is delivered. It carries whose it was when it was issued.

An IOTLB entry records function and tag, and hardware may use it for that function whatever tag its context now names.

Hypervisors act on the IOMMU by four commands: `turn_iommu_on`, `write_context`, `wait_for_requests` and
`clear_fault`.

Not modelled: the order of requests, completions, atomics, ATS and PASID.

Read next: `pymodel.hardware.caches`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pymodel.hardware.access import FaultKind, Writer
from pymodel.hardware.ids import NOBODY, READ, WRITE, AddressWidth, Frame, Index, Page, Request, Rid, Rights, Tag, Vm
from pymodel.hardware.memory import Entry, EntryKind, store
from pymodel.hardware.pcie import width_of
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import GHOST, HARDWARE, Map, Record, State
from pymodel.language.steps import device, hardware, writes
from pymodel.language.truth import all_of, any_of
from pymodel.language.words import Choice, Member, choose

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = [
    "ContextEntry",
    "ContextMode",
    "Devices",
    "FaultRecord",
    "Iommu",
    "IommuState",
    "RequestPhase",
    "RequestRecord",
    "clear_fault",
    "context_of",
    "context_used",
    "drives",
    "last_page",
    "turn_iommu_on",
    "wait_for_requests",
    "write_context",
]


class ContextMode(Choice):
    """What an IOMMU does with a function's requests."""

    UNWRITTEN = Member()
    """As the table was left at power-on or by boot's fill."""
    INVALID = Member()
    """The entry's valid bit is clear; what that means is a property of the IOMMU."""
    ABORT = Member()
    BYPASS = Member()
    STAGE2 = Member()


class ContextEntry(Record, whose=HARDWARE, by="write_context"):
    """A context entry, as memory holds it or (with `cached`) as the context cache does."""

    cached: bool = False
    mode: ContextMode = ContextMode.UNWRITTEN
    tag: Tag = Tag(0)
    root: Frame = Frame(0)


class Iommu(Record, whose=HARDWARE, by="turn_iommu_on"):
    """The IOMMU's global state."""

    on: bool = False
    fill: ContextMode = ContextMode.INVALID
    """What every entry holds that nobody has written."""


class RequestPhase(Choice):
    """Where a DMA request is."""

    NONE = Member()
    ISSUED = Member()
    TRANSLATED = Member()


class RequestRecord(Record, whose=HARDWARE, by="wait_for_requests"):
    """A DMA request in flight; the ghosts tell whose it was when it was issued, and the slot that it was translated by."""

    phase: RequestPhase = RequestPhase.NONE
    rid: Rid = Rid(0)
    owner: Annotated[Vm, GHOST] = NOBODY
    page: Page = Page(0)
    write: bool = False
    untranslated: bool = False
    """It passed without translation."""
    frame: Frame = Frame(0)
    tag: Tag = Tag(0)
    table: Annotated[Frame, GHOST] = Frame(0)
    index: Annotated[Index, GHOST] = Index(0)


class FaultRecord(Record, whose=HARDWARE, by="clear_fault"):
    """What the IOMMU reports of the last request of a function that faulted; the ghost tells whose request it was."""

    valid: bool = False
    kind: FaultKind = FaultKind.TRANSLATION
    page: Page = Page(0)
    write: bool = False
    owner: Annotated[Vm, GHOST] = NOBODY


class IommuState(State):
    """Contexts, requests in flight and reported faults."""

    context: Map[Rid, ContextEntry]
    iommu: Iommu
    request: Map[Request, RequestRecord]
    fault: Map[Rid, FaultRecord]


def turn_iommu_on(s: MachineState, fill: ContextMode) -> MachineState:
    """Command: fill the context table with one kind of entry, then turn the IOMMU on."""
    return s._with(iommu=s.iommu.replace(fill=fill, on=True))


def write_context(s: MachineState, rid: Rid, entry: ContextEntry) -> MachineState:
    """Command: write a function's context entry."""
    return s._with(context=s.context.set(rid, entry))


def wait_for_requests(s: MachineState, rid: Rid) -> MachineState:
    """Command: wait until nothing that a function issued is under way.

    The model drops those requests; a run in which they are delivered first is another run, with each delivery as a step in front.

    Source: PCIE 7.5.3.5
    """

    def of_function(_key: object, r: RequestRecord) -> bool:
        return r.rid == rid

    return s._with(request=s.request.reset(of_function))


def clear_fault(s: MachineState, rid: Rid) -> MachineState:
    """Command: clear what the IOMMU reports of the last request of a function that faulted."""
    return s._with(fault=s.fault.set(rid, FaultRecord.default()))


def drives(width: AddressWidth, page: Page) -> bool:
    """Say whether a device with that many address bits can put a page number on the bus: page < 2^(width - 12)."""
    return (page >> (width - 12).to(Page)) == 0


def last_page(width: AddressWidth) -> Page:
    """Return the last page that a device with that many address bits can put on the bus: 2^(width - 12) - 1."""
    return (Page(1) << (width - 12).to(Page)) - 1


def context_of(s: MachineState, rid: Rid) -> ContextEntry:
    """Return a function's context entry as memory holds it."""
    entry = s.context[rid]
    return entry.replace(mode=choose(entry.mode == ContextMode.UNWRITTEN, s.iommu.fill, entry.mode))


def context_used(s: MachineState, rid: Rid, from_cache: bool) -> ContextEntry:
    """Return the context that hardware acts on: the cached one, if it has one and likes to, or the one in memory.

    ASM-BOOT: not before the IOMMU is on.
    """
    require(s.iommu.on, Reason.WRONG_STATE)
    if from_cache:
        cached = s.context_cache[rid]
        require(cached.cached, Reason.NOT_MAPPED)
        return cached
    return context_of(s, rid)


def translation(s: MachineState, r: RequestRecord, tag: Tag) -> RequestRecord:
    """Return a request after translation through the IOTLB entry of that tag, or refuse."""
    entry = s.iotlb[r.rid, tag, r.page]
    require(entry.valid, Reason.NOT_MAPPED)
    require(entry.rights.allows(choose(r.write, WRITE, READ)), Reason.RIGHTS)
    return r.replace(
        phase=RequestPhase.TRANSLATED,
        frame=entry.frame,
        tag=tag,
        table=entry.table,
        index=entry.index,
        untranslated=False,
    )


def issuer(s: MachineState, request: Request) -> Writer:
    """Return who writes by a request: the VM that owned the function when it issued it."""
    r = s.request[request]
    return Writer(r.owner, r.table, r.index)


class Devices:
    """What devices do, and what becomes of their requests."""

    @device
    def dma_issue(self, s: MachineState, request: Request, rid: Rid, page: Page, write: bool) -> MachineState:
        """A function issues a request; ASM-BOOT: not before the IOMMU is on."""
        r = s.pcie[rid]
        require(s.iommu.on, Reason.WRONG_STATE)
        require(r.present, Reason.WRONG_STATE)
        require(r.master, Reason.NOT_ALLOWED)
        require(drives(width_of(s, rid), page), Reason.OUT_OF_RANGE)
        require(s.request[request].phase == RequestPhase.NONE, Reason.OCCUPIED)
        issued = RequestRecord(phase=RequestPhase.ISSUED, rid=rid, owner=s.function[rid].owner, page=page, write=write)
        return s._with(request=s.request.set(request, issued))

    @hardware
    def dma_translate(self, s: MachineState, request: Request, tag: Tag) -> MachineState:
        """The IOMMU translates a waiting request through an IOTLB entry that it holds for the function."""
        r = s.request[request]
        require(r.phase == RequestPhase.ISSUED, Reason.WRONG_STATE)
        return s._with(request=s.request.set(request, translation(s, r, tag)))

    @hardware
    def dma_pass(self, s: MachineState, request: Request, from_cache: bool) -> MachineState:
        """The IOMMU lets a waiting request pass untranslated, because the function's context says so."""
        r = s.request[request]
        require(r.phase == RequestPhase.ISSUED, Reason.WRONG_STATE)
        mode = context_used(s, r.rid, from_cache).mode
        let_through = all_of(mode == ContextMode.INVALID, s.platform.iommu.invalid_blocks == False)
        require(any_of(mode == ContextMode.BYPASS, let_through), Reason.NOT_ALLOWED)
        passed = r.replace(phase=RequestPhase.TRANSLATED, untranslated=True, frame=r.page.to(Frame))
        return s._with(request=s.request.set(request, passed))

    @hardware
    def dma_fault(self, s: MachineState, request: Request) -> MachineState:
        """A waiting request faults and is dropped; the IOMMU records whose it was, where it went and why."""
        require(s.iommu.on, Reason.WRONG_STATE)
        r = s.request[request]
        require(r.phase == RequestPhase.ISSUED, Reason.WRONG_STATE)
        blocked = context_of(s, r.rid).mode != ContextMode.STAGE2
        kind = choose(blocked, FaultKind.BLOCKED, FaultKind.TRANSLATION)
        record = FaultRecord(valid=True, kind=kind, page=r.page, write=r.write, owner=r.owner)
        return s._with(request=s.request.set(request, RequestRecord.default()), fault=s.fault.set(r.rid, record))

    @hardware
    @writes(issuer)
    def dma_deliver(
        self, s: MachineState, request: Request, index: Index, kind: EntryKind, target: Frame, rights: Rights
    ) -> MachineState:
        """A translated request takes effect: a write puts anything there, a read changes nothing."""
        r = s.request[request]
        require(r.phase == RequestPhase.TRANSLATED, Reason.WRONG_STATE)
        require(index <= 511, Reason.OUT_OF_RANGE)
        after = s._with(request=s.request.set(request, RequestRecord.default()))
        if r.write:
            return store(after, r.frame, index, Entry(kind=kind, frame=target, rights=rights))
        return after
