"""Memory: owners, kinds, content, grants, pins, blocks."""

from __future__ import annotations

from proofs.statements import Area, state
from proofs.theorems.invariants.accounts import is_counted_on
from pymodel.hardware.ids import HYPERVISOR, NO_RIGHTS, NOBODY, READ, Frame, Index, Level, frame_base, is_vm, level_mask
from pymodel.hardware.memory import Entry, EntryKind
from pymodel.hypervisor.grants import HandleRecord
from pymodel.hypervisor.ids import Account, AccountKind, Grant, Handle, HolderKind, Pin, account, holder
from pymodel.hypervisor.memory import BlockPhase, FrameKind, FrameRecord
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import choose
from pymodel.machine import MachineState

AREA = Area("memory", promise=False)


def is_data(f: FrameRecord) -> bool:
    """Say whether a frame is a VM's memory (perhaps on its way to become a table)."""
    return any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING)


@state
def a_frame_has_the_owner_of_its_kind(s: MachineState, p: Frame) -> bool:
    """A frame is free if and only if it is without owner; data and tables are VMs', the rest is the hypervisor's."""
    f = s.frame[p]
    nobodys = any_of(f.kind == FrameKind.ABSENT, f.kind == FrameKind.FREE)
    own = any_of(f.kind == FrameKind.HYPERVISOR, f.kind == FrameKind.PUBLISHED)
    return all_of(
        implies(nobodys, f.owner == NOBODY),
        implies(own, f.owner == HYPERVISOR),
        implies(negate(any_of(nobodys, own)), is_vm(f.owner)),
    )


@state
def a_frame_in_use_is_memory(s: MachineState, p: Frame) -> bool:
    """A frame that the hypervisor knows of is memory that the platform has."""
    return implies(s.frame[p].kind != FrameKind.ABSENT, s.platform.frame[p].memory)


@state
def a_fresh_frame_is_zero(s: MachineState, p: Frame, i: Index) -> bool:
    """A frame that its new owner's side has not written yet holds zero everywhere."""
    return implies(s.frame[p].fresh, s.memory[p, i] == Entry.default())


@state
def a_clean_frame_is_zero(s: MachineState, p: Frame, i: Index) -> bool:
    """Lemma: a frame noted as clean holds zero everywhere."""
    return implies(s.frame[p].clean, s.memory[p, i] == Entry.default())


@state
def a_published_page_is_blank(s: MachineState, p: Frame, i: Index) -> bool:
    """A page that is published to all VMs holds zero everywhere."""
    return implies(s.frame[p].kind == FrameKind.PUBLISHED, s.memory[p, i] == Entry.default())


@state
def pages_of_pools_are_clean(s: MachineState, p: Frame) -> bool:
    """Lemma: a page of a pool for tables is noted as clean."""
    return implies(s.frame[p].kind == FrameKind.POOL, s.frame[p].clean)


@state
def what_may_be_written_is_not_clean(s: MachineState, p: Frame) -> bool:
    """Lemma: what a VM or a walk may write is not noted as clean; only a VM's memory is fresh."""
    f = s.frame[p]
    return all_of(implies(any_of(f.kind == FrameKind.TABLE, is_data(f)), negate(f.clean)), implies(f.fresh, is_data(f)))


@state
def the_frames_of_a_block_are_its_owners_data(s: MachineState, level: Level, base: Frame, p: Frame) -> bool:
    """Every frame of an assembled block, up to its cursor while it is being assembled, is data of the block's owner."""
    b, f = s.block[level, base], s.frame[p]
    offset = p & level_mask(level).to(Frame)
    seen = any_of(b.phase == BlockPhase.WHOLE, all_of(b.phase == BlockPhase.ASSEMBLING, offset < b.cursor))
    return implies(all_of(seen, frame_base(p, level) == base), all_of(f.owner == b.owner, f.kind == FrameKind.DATA))


@state
def a_block_is_aligned(s: MachineState, level: Level, base: Frame) -> bool:
    """A block begins at a multiple of its size, has a VM as owner, is larger than a page, and has taken in its first frame."""
    b = s.block[level, base]
    return implies(
        b.phase != BlockPhase.NONE,
        all_of(
            level != Level.PAGE,
            frame_base(base, level) == base,
            is_vm(b.owner),
            b.cursor <= level_mask(level).to(Frame),
            any_of(b.phase == BlockPhase.WHOLE, b.cursor != 0),
        ),
    )


@state
def a_pin_holds_its_frame(s: MachineState, pin: Pin) -> bool:
    """Each pin is one reference to its frame, and the frame is a VM's data."""
    r, who = s.pin[pin], holder(HolderKind.PIN, pin)
    return all_of(
        implies(
            r.live,
            all_of(is_counted_on(s, who, account(AccountKind.MAPPINGS, r.frame, Level.PAGE)), is_data(s.frame[r.frame])),
        ),
        implies(s.reference[who].taken, r.live),
    )


@state
def a_grant_holds_its_frame(s: MachineState, g: Grant) -> bool:
    """An active grant is one reference to its frame, which is data of the granter; the receiver is another VM."""
    r, who, got = s.grant[g], holder(HolderKind.GRANT, g), holder(HolderKind.RECEIVED, g)
    f = s.frame[r.frame]
    return all_of(
        implies(
            r.active,
            all_of(
                is_counted_on(s, who, account(AccountKind.MAPPINGS, r.frame, Level.PAGE)),
                is_counted_on(s, got, account(AccountKind.GRANTS, r.receiver)),
                is_data(f),
                f.owner == r.granter,
                r.receiver != r.granter,
                is_vm(r.receiver),
            ),
        ),
        implies(s.reference[who].taken, r.active),
        implies(s.reference[got].taken, r.active),
    )


@state
def a_handle_holds_its_grant(s: MachineState, h: Handle) -> bool:
    """A handle is one holder of its grant, which is active as long as the handle lives; handle 0 is none."""
    r, who = s.handle[h], holder(HolderKind.HANDLE, h)
    return all_of(
        implies(
            r.live,
            all_of(is_counted_on(s, who, account(AccountKind.HANDLES, r.grant)), s.grant[r.grant].active, h != 0),
        ),
        implies(s.reference[who].taken, r.live),
        implies(any_of(r.cpu_use, r.device_use), r.live),
    )


@state
def what_others_use_was_agreed_to(s: MachineState, h: Handle) -> bool:
    """A handle is on a grant that its granter made itself, or accepted: nobody uses what the host offers."""
    r = s.handle[h]
    return implies(r.live, negate(s.grant[r.grant].offered))


@state
def a_handle_knows_its_uses(s: MachineState, h: Handle) -> bool:
    """The use that a handle notes is a leaf (or a stale one) that goes through that handle."""
    r = s.handle[h]
    cpu, device = s.memory[r.cpu_table, r.cpu_index], s.memory[r.device_table, r.device_index]

    def through(e: Entry, table: Frame, index: Index, *, io: bool) -> bool:
        t = s.table[table]
        return all_of(
            any_of(e.kind == EntryKind.LEAF, e.kind == EntryKind.STALE),
            s.slot_note[table, index].handle == h,
            s.frame[table].kind == FrameKind.TABLE,
            s.space[t.space].io == io,
        )

    return all_of(
        implies(r.cpu_use, through(cpu, r.cpu_table, r.cpu_index, io=False)),
        implies(r.device_use, through(device, r.device_table, r.device_index, io=True)),
    )


def leaf_mapping(e: Entry, level: Level) -> Account:
    """Return the account that a leaf's reference is counted on."""
    return account(AccountKind.MAPPINGS, e.frame, level)


def is_mapped_by(e: Entry) -> bool:
    """Say whether a slot holds a leaf, perhaps a stale one."""
    return any_of(e.kind == EntryKind.LEAF, e.kind == EntryKind.STALE)


def is_the_use(h: HandleRecord, table: Frame, index: Index, *, io: bool) -> bool:
    """Say whether a handle names a slot as its use by devices, or by CPUs."""
    if io:
        return all_of(h.device_use, h.device_table == table, h.device_index == index)
    return all_of(h.cpu_use, h.cpu_table == table, h.cpu_index == index)


def has_authority(s: MachineState, table: Frame, index: Index, p: Frame) -> bool:
    """Say whether the VM of a table's address space may have frame p through a slot, with the rights the slot may give."""
    e, n, t, f = s.memory[table, index], s.slot_note[table, index], s.table[table], s.frame[p]
    vm = s.space[t.space].vm
    own = all_of(n.handle == 0, f.owner == vm, is_data(f))
    published = all_of(n.handle == 0, f.kind == FrameKind.PUBLISHED, n.max_cached_rights.within(READ), t.level == Level.PAGE)
    h = s.handle[n.handle]
    g = s.grant[h.grant]
    used = choose(
        s.space[t.space].io,
        choose(is_the_use(h, table, index, io=True), READ, NO_RIGHTS),
        choose(is_the_use(h, table, index, io=False), READ, NO_RIGHTS),
    )
    granted = all_of(
        n.handle != 0,
        h.live,
        used == READ,
        g.active,
        g.receiver == vm,
        g.frame == p,
        e.frame == p,
        n.max_cached_rights.within(g.rights),
        t.level == Level.PAGE,
    )
    return any_of(own, published, granted)
