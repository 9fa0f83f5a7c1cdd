"""Addresses of devices: none that is reserved for something else; in a mirror, those of the VM itself."""

from __future__ import annotations

from proofs.statements import Area, consequence, state
from proofs.theorems.invariants.caches import as_cached
from proofs.theorems.invariants.memory import is_mapped_by
from pymodel.hardware.access import Fault
from pymodel.hardware.cpu import cpu_access
from pymodel.hardware.ids import NO_RIGHTS, Asid, Cpu, Frame, Index, Level, Request, Tag, VirtualPage, page_index, slot_page
from pymodel.hardware.iommu import RequestPhase
from pymodel.hardware.memory import EntryKind
from pymodel.hardware.pcie import layout_of
from pymodel.hardware.platform import is_reserved
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.tables import TablePhase
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.machine import MachineState

AREA = Area("addresses", promise=False)


@state
def no_leaf_is_at_a_reserved_page(s: MachineState, table: Frame, index: Index) -> bool:
    """No leaf of a device's address space, also a stale one, covers a page that is reserved for its functions."""
    t, e = s.table[table], s.memory[table, index]
    p, page = s.space[t.space], slot_page(t.prefix, index, t.level)
    used = all_of(s.frame[table].kind == FrameKind.TABLE, is_mapped_by(e), p.io)
    return implies(used, negate(is_reserved(s, p.layout, t.level, page)))


@consequence
def a_request_keeps_clear_of_what_is_reserved(s: MachineState, r: Request) -> bool:
    """No request is translated at a page that is reserved for its function: firmware's region, the interrupt window."""
    x = s.request[r]
    reserved = is_reserved(s, layout_of(s, x.rid), Level.PAGE, x.page)
    return implies(x.phase == RequestPhase.TRANSLATED, negate(reserved))


@state
def a_mirrored_page_is_the_vms_own(s: MachineState, table: Frame, index: Index) -> bool:
    """A page of a mirror has one in its VM's own address space: at the same address, of the same frame; each names its other."""
    w = s.mirror_link[table, index]
    e, t, other = s.memory[table, index], s.table[table], s.mirror_link[w.table, w.index]
    d, u = s.memory[w.table, w.index], s.table[w.table]
    p, q = s.space[t.space], s.space[u.space]
    own = s.vm[p.vm]
    return implies(
        w.held,
        all_of(
            s.frame[table].kind == FrameKind.TABLE,
            is_mapped_by(e),
            t.level == Level.PAGE,
            all_of(other.held, other.table == table, other.index == index),
            e.frame == d.frame,
            slot_page(t.prefix, index, Level.PAGE) == slot_page(u.prefix, w.index, Level.PAGE),
            p.vm == q.vm,
            any_of(all_of(p.mirror, negate(q.mirror)), all_of(q.mirror, own.has_space, own.space == t.space)),
        ),
    )


@state
def a_mirror_has_no_other_page(s: MachineState, table: Frame, index: Index) -> bool:
    """Whatever a mirror maps is mirrored; a mirror is for devices."""
    p = s.space[s.table[table].space]
    used = all_of(s.frame[table].kind == FrameKind.TABLE, is_mapped_by(s.memory[table, index]), p.mirror)
    return implies(used, all_of(s.mirror_link[table, index].held, p.io))


@consequence
def a_leaf_is_where_its_walk_ends(s: MachineState, table: Frame, index: Index) -> bool:
    """Each leaf stands in the one slot that a walk from the root of its address space comes to, for each page it covers."""
    t, e = s.table[table], s.memory[table, index]
    page, root = slot_page(t.prefix, index, t.level), s.space[t.space].root
    upper = s.memory[root, page_index(page, Level.HUGE)]
    lower = s.memory[upper.frame, page_index(page, Level.BLOCK)]
    linked = any_of(t.phase == TablePhase.LINKED, t.phase == TablePhase.CLOSING)
    both = all_of(upper.kind == EntryKind.LINK, lower.kind == EntryKind.LINK)
    return implies(
        all_of(s.frame[table].kind == FrameKind.TABLE, is_mapped_by(e), linked),
        all_of(
            page_index(page, t.level) == index,
            implies(t.level == Level.HUGE, root == table),
            implies(t.level == Level.BLOCK, all_of(upper.kind == EntryKind.LINK, upper.frame == table)),
            implies(t.level == Level.PAGE, all_of(both, lower.frame == table)),
        ),
    )


@consequence
def a_device_reaches_what_its_vm_reaches(s: MachineState, r: Request, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage) -> bool:
    """In a mirror, a request at a page lands where the VM's CPUs get to at that page, unless either has a removal pending."""
    x, d, c = s.request[r], as_cached(s, r), s.tlb[cpu, tag, asid, va]
    mirror, own = s.space[s.tag[x.tag].space], s.tag[tag].space
    answer = cpu_access(s, cpu, asid, va, NO_RIGHTS)
    if isinstance(answer, Fault) or s.cpu[cpu].tag != tag:
        return True
    both = all_of(s.memory[c.table, c.index].kind == EntryKind.LEAF, s.memory[d.table, d.index].kind == EntryKind.LEAF)
    same = all_of(x.phase == RequestPhase.TRANSLATED, mirror.mirror, s.space[own].vm == mirror.vm, c.page == x.page)
    return implies(all_of(same, both), answer.frame == x.frame)
