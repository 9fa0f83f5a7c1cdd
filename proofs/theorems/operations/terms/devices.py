"""Terms about the IOMMU, its invalidations, functions and SR-IOV."""

from __future__ import annotations

from proofs.theorems.operations.terms.core import Cell, Fact, Flag, Value, cell, fact, flag, pair, value
from pymodel.hardware.ids import Rid, Tag, Ticket, Vm, bus_of
from pymodel.hardware.invalidation import covers_function, covers_tag
from pymodel.hardware.pcie import layout_of
from pymodel.hypervisor.devices import FunctionPhase, SriovPhase
from pymodel.hypervisor.ids import AccountKind, account
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import choose
from pymodel.machine import MachineState

# The IOMMU


def iommu_is_on() -> Flag:
    """The IOMMU is on."""
    return flag("the IOMMU is on", lambda s, _: s.iommu.on)


def next_ticket() -> Cell:
    """The ticket that the next invalidation gets."""
    return cell("the next ticket", lambda s, _: s.queue.next)


def issued_scope(ticket: Value) -> Cell:
    """What an invalidation covers."""
    return cell(f"the scope of {ticket}", lambda s, t: s.invalidation[t].scope, ticket)


def issued_tag(ticket: Value) -> Cell:
    """The tag that an invalidation covers."""
    return cell(f"the tag of {ticket}", lambda s, t: s.invalidation[t].tag, ticket)


def issued_page(ticket: Value) -> Cell:
    """The page that an invalidation begins at."""
    return cell(f"the page of {ticket}", lambda s, t: s.invalidation[t].page, ticket)


def issued_mask(ticket: Value) -> Cell:
    """The page bits that an invalidation leaves open."""
    return cell(f"the mask of {ticket}", lambda s, t: s.invalidation[t].mask, ticket)


def issued_to(ticket: Value) -> Cell:
    """The function that an invalidation covers."""
    return cell(f"the function of {ticket}", lambda s, t: s.invalidation[t].rid, ticket)


def is_done(ticket: Value) -> Flag:
    """An invalidation has completed."""
    return flag(f"{ticket} is done", lambda s, t: s.invalidation[t].done, ticket)


def is_power_of_two(page: Value, mask: Value) -> Fact:
    """A mask is a power of two of pages less one, and a page is aligned to it."""
    return fact(
        f"{mask} is a power of two less one, and {page} aligned to it",
        lambda _s, p, m: all_of((m & (m + 1)) == 0, (p & m) == 0),
        page,
        mask,
    )


# Functions


def is_present(rid: Value) -> Flag:
    """A function is there."""
    return flag(f"{rid} is there", lambda s, r: s.pcie[r].present, rid)


def owner_of_function(rid: Value) -> Cell:
    """Who owns a function."""
    return cell(f"the owner of {rid}", lambda s, r: s.function[r].owner, rid)


def function_phase(rid: Value) -> Cell:
    """Where a function is on its way from one owner to the next."""
    return cell(f"the phase of {rid}", lambda s, r: s.function[r].phase, rid)


def space_of_function(rid: Value) -> Cell:
    """The address space that a function is attached to."""
    return cell(f"the address space of {rid}", lambda s, r: s.function[r].space, rid)


def masters(rid: Value) -> Flag:
    """A function may issue requests."""
    return flag(f"{rid} masters the bus", lambda s, r: s.pcie[r].master, rid)


def residue_of(rid: Value) -> Cell:
    """Whose data a function may hold."""
    return cell(f"the residue in {rid}", lambda s, r: s.pcie[r].residue, rid)


def context_mode(rid: Value) -> Cell:
    """What the IOMMU does with a function's requests."""
    return cell(f"the mode of the context of {rid}", lambda s, r: s.context[r].mode, rid)


def context_tag(rid: Value) -> Cell:
    """The tag under which a function's requests are translated."""
    return cell(f"the tag in the context of {rid}", lambda s, r: s.context[r].tag, rid)


def context_root(rid: Value) -> Cell:
    """The root by which a function's requests are translated."""
    return cell(f"the root in the context of {rid}", lambda s, r: s.context[r].root, rid)


def group_of(rid: Value) -> Value:
    """The isolation group of a function."""
    return value(f"the group of {rid}", lambda s, r: s.platform.function[r].group, rid)


def group_is_free_for(rid: Value, vm: Value) -> Fact:
    """No function of an isolation group belongs to another VM."""

    def meaning(s: MachineState, r: Rid, v: Vm) -> bool:
        group = s.platform.function[r].group
        return any_of(s.count[account(AccountKind.GROUP, group)].n == 0, s.group[group].owner == v)

    return fact(f"no other VM than {vm} has a function of the group of {rid}", meaning, rid, vm)


def layout_of_function(rid: Value) -> Value:
    """The layout of the pages that are reserved for a function."""
    return value(f"the layout of {rid}", layout_of, rid)


def is_up(rid: Value) -> Fact:
    """A function is a physical one, or its PF has VF Enable set."""

    def meaning(s: MachineState, r: Rid) -> bool:
        registers = s.pcie[r]
        return any_of(negate(registers.virtual), s.pf[registers.pf].phase == SriovPhase.ENABLED)

    return fact(f"{rid} is no VF, or its PF has VF Enable set", meaning, rid)


def is_served_for(rid: Value) -> Fact:
    """A function is attached to an address space for devices of its owner's."""

    def meaning(s: MachineState, r: Rid) -> bool:
        f = s.function[r]
        p = s.space[f.space]
        return all_of(f.phase == FunctionPhase.ATTACHED, p.live, p.io, p.vm == f.owner)

    return fact(f"{rid} is attached to an address space of its owner's", meaning, rid)


# SR-IOV


def can_have_vfs(pf: Value) -> Flag:
    """A function has the SR-IOV capability."""
    return flag(f"{pf} can have VFs", lambda s, r: s.platform.function[r].capable, pf)


def vf_phase(pf: Value) -> Cell:
    """Whether a PF has VFs."""
    return cell(f"the VF phase of {pf}", lambda s, r: s.pf[r].phase, pf)


def vfs_possible(pf: Value) -> Value:
    """How many VFs a PF can have."""
    return value(f"TotalVFs of {pf}", lambda s, r: s.platform.function[r].total_vfs, pf)


def number_of_vfs(pf: Value) -> Cell:
    """How many VFs a PF is to have."""
    return cell(f"NumVFs of {pf}", lambda s, r: s.sriov[r].num_vfs, pf)


def has_ari(pf: Value) -> Flag:
    """The ARI bit of a PF is set."""
    return flag(f"the ARI bit of {pf} is set", lambda s, r: s.sriov[r].ari, pf)


def vf_offset(pf: Value) -> Cell:
    """First VF Offset of a PF."""
    return cell(f"First VF Offset of {pf}", lambda s, r: s.sriov[r].offset, pf)


def vf_stride(pf: Value) -> Cell:
    """VF Stride of a PF."""
    return cell(f"VF Stride of {pf}", lambda s, r: s.sriov[r].stride, pf)


def vfs_entered(pf: Value) -> Cell:
    """How many VFs of a PF are entered."""
    return cell(f"the VFs entered of {pf}", lambda s, r: s.pf[r].cursor, pf)


def at_most(number: Value, most: Value) -> Fact:
    """A number is at most another."""
    return fact(f"{number} is at most {most}", lambda _s, n, m: n <= m, number, most)


def next_vf(pf: Value) -> Value:
    """The number under which a PF's next VF is entered."""
    return pair(pf, vfs_entered(pf))


def last_vf(pf: Value) -> Value:
    """The number of the last VF of a PF that is entered."""
    return value(f"the last VF of {pf}", lambda s, r: (r, s.pf[r].cursor - 1), pf)


def vf_rid(number: Value) -> Cell:
    """The requester id of a VF of a PF."""
    return cell(f"the requester id of {number}", lambda s, key: s.vf[key].rid, number)


def rid_after(s: MachineState, pf: Rid) -> tuple[Rid, Rid]:
    """Return the requester id in front of a PF's next VF, and that of the next VF."""
    p, registers = s.pf[pf], s.sriov[pf]
    before = choose(p.cursor == 0, pf, s.vf[pf, p.cursor - 1].rid)
    return before, before + choose(p.cursor == 0, registers.offset, registers.stride)


def next_rid(pf: Value) -> Value:
    """The requester id of a PF's next VF."""
    return value(f"the requester id of the next VF of {pf}", lambda s, r: rid_after(s, r)[1], pf)


def vf_can_be_entered(pf: Value) -> Fact:
    """The next VF has a requester id behind its PF's bridge that can be told apart and that no function answers to."""

    def meaning(s: MachineState, r: Rid) -> bool:
        facts = s.platform.function[r]
        before, rid = rid_after(s, r)
        behind = all_of(facts.secondary <= bus_of(rid), bus_of(rid) <= facts.subordinate)
        apart = any_of(s.sriov[r].ari, (rid & 0xFFF8) == (r & 0xFFF8), (rid & 0xFF00) != (r & 0xFF00))
        return all_of(rid >= before, behind, apart, negate(s.pcie[rid].present))

    return fact(f"the next VF of {pf} has a requester id of its own behind the bridge", meaning, pf)


def is_whole_flush(ticket: Value, tag: Value, since: Value) -> Fact:
    """An invalidation is done, covers a whole tag, and was issued since a ticket."""

    def meaning(s: MachineState, q: Ticket, t: Tag, begin: Ticket) -> bool:
        return all_of(s.invalidation[q].done, q >= begin, covers_tag(s.invalidation[q], t))

    return fact(f"{ticket} is a completed invalidation of all of {tag} since {since}", meaning, ticket, tag, since)


def is_functions_flush(ticket: Value, rid: Value) -> Fact:
    """An invalidation is done, covers a function, and was issued since the function was detached."""

    def meaning(s: MachineState, q: Ticket, d: Rid) -> bool:
        return all_of(s.invalidation[q].done, q >= s.function[d].since, covers_function(s.invalidation[q], d))

    return fact(f"{ticket} is a completed invalidation of {rid} since it was detached", meaning, ticket, rid)


def last_issued_is_done() -> Fact:
    """The invalidation that was issued last is done."""
    return fact("the invalidation issued last is done", lambda s: s.invalidation[s.queue.next - 1].done)
