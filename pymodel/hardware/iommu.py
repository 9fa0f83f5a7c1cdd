"""Chapter 8: devices and the IOMMU in front of them.

A function with bus mastering on issues any request at any time, whether a driver asked for it or not. The request waits,
is translated (through whatever the IOTLB holds for the function, or past the IOMMU where its context lets it pass), waits
again, and is delivered. It carries whose it was when it was issued.

An IOTLB entry records function and tag, and hardware may use it for that function whatever tag its context now names.

Not modelled: the order of requests, completions, atomics, ATS and PASID.

Read next: `pymodel.hardware.pcie`.
"""

from __future__ import annotations

from pymodel.hardware.caches import context_of, context_used
from pymodel.hardware.cpu import store
from pymodel.hardware.ids import READ, WRITE, AddressWidth, Frame, Index, Page, Request, Rid, Rights, Tag
from pymodel.hardware.machine import ContextMode, EntryKind, FaultRecord, MachineState, RequestPhase, RequestRecord
from pymodel.language.outcomes import FaultKind, Reason, require
from pymodel.language.steps import device, hardware
from pymodel.language.truth import all_of, any_of
from pymodel.language.words import choose

__all__ = ["Devices", "drives", "last_page"]


def drives(width: AddressWidth, page: Page) -> bool:
    """Say whether a device with that many address bits can put a page number on the bus: page < 2^(width - 12)."""
    return (page >> (width - 12).to(Page)) == 0


def last_page(width: AddressWidth) -> Page:
    """Return the last page that a device with that many address bits can put on the bus: 2^(width - 12) - 1."""
    return (Page(1) << (width - 12).to(Page)) - 1


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


class Devices:
    """What devices do, and what becomes of their requests."""

    @device
    def dma_issue(self, s: MachineState, request: Request, rid: Rid, page: Page, write: bool) -> MachineState:
        """A function issues a request; ASM-BOOT: not before the IOMMU is on."""
        f = s.function[rid]
        require(s.iommu.on, Reason.WRONG_STATE)
        require(f.present, Reason.WRONG_STATE)
        require(f.master, Reason.NOT_ALLOWED)
        require(drives(f.width, page), Reason.OUT_OF_RANGE)
        require(s.request[request].phase == RequestPhase.NONE, Reason.OCCUPIED)
        issued = RequestRecord(phase=RequestPhase.ISSUED, rid=rid, owner=f.owner, page=page, write=write)
        return s.put("request", request, issued)

    @hardware
    def dma_translate(self, s: MachineState, request: Request, tag: Tag) -> MachineState:
        """The IOMMU translates a waiting request through an IOTLB entry that it holds for the function."""
        r = s.request[request]
        require(r.phase == RequestPhase.ISSUED, Reason.WRONG_STATE)
        return s.put("request", request, translation(s, r, tag))

    @hardware
    def dma_pass(self, s: MachineState, request: Request, from_cache: bool) -> MachineState:
        """The IOMMU lets a waiting request pass untranslated, because the function's context says so."""
        r = s.request[request]
        require(r.phase == RequestPhase.ISSUED, Reason.WRONG_STATE)
        mode = context_used(s, r.rid, from_cache).mode
        passes = any_of(mode == ContextMode.BYPASS, all_of(mode == ContextMode.INVALID, s.iommu.invalid_blocks == False))
        require(passes, Reason.NOT_ALLOWED)
        passed = r.replace(phase=RequestPhase.TRANSLATED, untranslated=True, frame=r.page.to(Frame))
        return s.put("request", request, passed)

    @hardware
    def dma_fault(self, s: MachineState, request: Request) -> MachineState:
        """A waiting request faults and is dropped; the IOMMU records whose it was, where it went and why."""
        require(s.iommu.on, Reason.WRONG_STATE)
        r = s.request[request]
        require(r.phase == RequestPhase.ISSUED, Reason.WRONG_STATE)
        blocked = context_of(s, r.rid).mode != ContextMode.STAGE2
        kind = choose(blocked, FaultKind.BLOCKED, FaultKind.TRANSLATION)
        record = FaultRecord(valid=True, kind=kind, page=r.page, write=r.write, owner=r.owner)
        return s.put("request", request, RequestRecord.default()).put("fault", r.rid, record)

    @hardware
    def dma_deliver(
        self, s: MachineState, request: Request, index: Index, kind: EntryKind, target: Frame, rights: Rights
    ) -> MachineState:
        """A translated request takes effect: a write puts anything there, a read changes nothing."""
        r = s.request[request]
        require(r.phase == RequestPhase.TRANSLATED, Reason.WRONG_STATE)
        require(index <= 511, Reason.OUT_OF_RANGE)
        after = s.put("request", request, RequestRecord.default())
        if r.write:
            return store(after, r.frame, index, kind, target, rights)
        return after
