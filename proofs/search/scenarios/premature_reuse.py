"""Attempts to give or to use again too early: what caches may hold, what was written, what is still somebody's, or reserved."""

from __future__ import annotations

from proofs.search.scenarios.runs.basics import devices, running, vms
from proofs.search.scenarios.runs.memory import grants, large_leaf
from proofs.search.scenarios.runs.parts import (
    ALL,
    BLOCK,
    CPU_A,
    CPU_B,
    CPU_TAG_A,
    HOST,
    HUGE,
    IO_A,
    IO_B,
    IO_TAG_A,
    LEAF,
    OLD,
    PAGE,
    PF,
    READ,
    RW,
    VF_0,
    A,
    B,
    Script,
    block,
    cleaned,
    coming,
    created,
    device,
    dma,
    entered,
    fill,
    given,
    its,
    leaf,
    pool,
    run,
    scanned,
    space,
    unmapped,
    walk,
    with_each_ticket,
)
from proofs.search.scenarios.teardown import LAST, detached, flushed, numbered
from pymodel.platforms import LEFTOVERS

__all__ = ["EARLY"]

#: The lower table of VM A's address space for CPUs; the root, the upper and the lower one of that for devices.
CPU_TABLE, IO_TABLES = 0x12, [0x13, 0x14, 0x15]
#: The function that VM A has.
DEVICE = 0x10

#: Requester ids of two VFs that share a group.
SHARED_0, SHARED_1 = 0xFFFC, 0xFFFD


def large_leaf_half_flushed() -> Script:
    """A large leaf is unmapped; what was invalidated since are its first page, its first half, and a part of the other half."""
    out = [*large_leaf(), *device(DEVICE, A, IO_A)]
    out += [*dma(DEVICE, IO_TAG_A, [*IO_TABLES[:2], IO_TABLES[1]], [0x200, 0x205, 0x3FF]), *fill(0, 0x11, 0x3FF)]
    for number in (CPU_A, IO_A):
        out += [("unmap", {"caller": A, "space": number, "page": 0x200, "level": BLOCK})]
    pages = ((0x200, 0), (0x200, 0xFF), (0x300, 0x7F))
    asked = [(tag, page, mask) for tag in (CPU_TAG_A, IO_TAG_A) for page, mask in pages]
    for n, (tag, page, mask) in enumerate(asked, OLD + 1):
        out += [("invalidate_pages", {"tag": tag, "page": page, "mask": mask}), ("complete", {"ticket": n})]
    for number in (CPU_A, IO_A):
        out += with_each_ticket("release", {"caller": A, "space": number, "page": 0x200, "level": BLOCK})
    out += [("dissolve", {"caller": A, "level": BLOCK, "base": 0x200})]
    return [*out, *[("reclaim", {"caller": A, "frame": n}) for n in (0x200, 0x205, 0x3FF)]]


def taken_apart(number: int, tag: int, pages: list[int], lower: int) -> Script:
    """The host takes an address space apart, each step as soon as it may be, and invalidates nothing but pages."""
    of, ways = {"caller": HOST, "space": number}, [{"page": page, "level": PAGE} for page in pages]
    out = unmapped(number, pages, HOST)
    for page in ways:
        out += with_each_ticket("release", {**of, **page})
    out += [("invalidate_pages", {"tag": tag, "page": 0, "mask": 1}), ("complete", {"ticket": LAST})]
    out += [("release", {**of, **page, "ticket": LAST}) for page in ways]
    out += [*scanned([lower], 512, HOST), ("unlink_table", {"caller": HOST, "table": lower})]
    out += with_each_ticket("free_table", {"caller": HOST, "table": lower})
    return [*out, ("retire_tag", of), *with_each_ticket("free_tag", of)]


def unstarted() -> Script:
    """The host builds a VM and gives it a function, which walks its tables; then it takes all apart again without a flush."""
    out: Script = [("boot", {}), ("create_vm", {"caller": HOST, "vm": A}), *given(A, range(0x10, 0x1C))]
    out += [*space(HOST, IO_A, IO_TAG_A, IO_TABLES, 1), *leaf(HOST, IO_A, 0, 0x16)]
    out += [*cleaned(DEVICE), ("attach", {"caller": HOST, "rid": DEVICE, "vm": A, "space": IO_A})]
    out += [*pool(HOST, [0x18]), ("unpool", {"caller": HOST, "frame": 0x18})]
    return [*out, *dma(DEVICE, IO_TAG_A, IO_TABLES, [0]), *taken_apart(IO_A, IO_TAG_A, [0], IO_TABLES[2])]


def drained_and_taken_apart() -> Script:
    """The host takes the address spaces of a drained VM apart without a flush; what its CPU and its function cached is there."""
    host = {"caller": HOST}
    out = [*devices(DEVICE), *[(step, {"cpu": 0}) for step in ("switch_out", "unload")]]
    out += [("kill_vm", {**host, "vm": A}), ("destroy_vcpu", {**host, "vcpu": 1}), *detached(), ("drain_vm", {**host, "vm": A})]
    out += [*unmapped(CPU_A, [0], HOST), *with_each_ticket("release", {**host, "space": CPU_A, "page": 0, "level": PAGE})]
    out += [("retire_tag", {**host, "space": CPU_A}), *with_each_ticket("free_tag", {**host, "space": CPU_A})]
    out += taken_apart(IO_A, IO_TAG_A, [0, 1], IO_TABLES[2])
    return [*out, *[("reclaim", {**host, "frame": n}) for n in (0x16, 0x15)]]


def written_and_given_back() -> Script:
    """A VM gives back frames that it wrote, and passes one on; then all others and the VM itself take one each."""
    written, passed = {1: 0x1B, 2: 0x18, 3: 0x19, 4: 0x1A}, 0x17
    out = running()
    for page, frame in {**written, 5: passed}.items():
        out += [*leaf(A, CPU_A, page, frame), *fill(0, CPU_TABLE, page)]
        out += [("guest_store", {"cpu": 0, "asid": 0, "va": page, "index": 1, "kind": LEAF, "target": 0x22, "rights": RW})]
    out += [*unmapped(CPU_A, [*written, 5]), *unmapped(IO_A, [1])]
    for number, tag, pages in ((CPU_A, CPU_TAG_A, [*written, 5]), (IO_A, IO_TAG_A, [1])):
        out += flushed(tag)
        out += [("release", {"caller": A, "space": number, "page": page, "level": PAGE, "ticket": LAST}) for page in pages]
    out += [("transfer", {"caller": A, "frame": passed, "to": B})]
    out += [("pin", {"caller": A, "pin": its(A, 2), "frame": written[4]}), ("unpin", {"caller": A, "pin": its(A, 2)})]
    out += [("reclaim", {"caller": A, "frame": n}) for n in written.values()]
    out += [("donate", {"caller": HOST, "vm": vm, "frame": written[page]}) for page, vm in ((1, A), (2, B), (3, HOST))]
    return [*out, *[(step, {"frame": written[4]}) for step in ("allocate", "publish", "unpublish", "free")]]


def left_by_firmware() -> Script:
    """What firmware left in free frames is to be a VM's, the host's, and shown to all; then the frames are scrubbed."""
    first, second = LEFTOVERS
    out: Script = [("boot", {}), ("create_vm", {"caller": HOST, "vm": A})]
    out += [("donate", {"caller": HOST, "vm": vm, "frame": first}) for vm in (A, HOST)]
    out += [(step, {"frame": second}) for step in ("allocate", "publish", "unpublish", "free")]
    return [*out, ("scrub", {"frame": first}), *[("donate", {"caller": HOST, "vm": A, "frame": n}) for n in LEFTOVERS]]


def left_behind() -> Script:
    """A granter dies while its grant is in use, and a receiver gives up its handle and dies while caches hold what it mapped."""
    out = [*grants(), ("kill_vm", {"caller": HOST, "vm": A}), *unmapped(CPU_B, [1], B)]
    out += [
        ("drop_handle", {"caller": B, "handle": its(B, 1)}),
        *[(step, {"cpu": cpu}) for cpu in (0, 1) for step in ("switch_out", "unload")],
    ]
    out += [("destroy_vcpu", {"caller": HOST, "vcpu": n}) for n in (1, 2)]
    out += [("drain_vm", {"caller": HOST, "vm": A}), ("unshare", {"caller": HOST, "grant": its(A, 1)})]
    out += [("unpin", {"caller": HOST, "pin": its(A, 1)}), ("reclaim", {"caller": HOST, "frame": 0x18})]
    out += [(step, {"caller": HOST, "vm": B}) for step in ("kill_vm", "drain_vm")]
    out += with_each_ticket("release", {"caller": HOST, "space": CPU_B, "page": 1, "level": PAGE})
    out += [("drop_handle", {"caller": HOST, "handle": its(B, 1)}), ("unshare", {"caller": HOST, "grant": its(A, 1)})]
    return [*out, ("reclaim", {"caller": HOST, "frame": 0x18}), ("donate", {"caller": HOST, "vm": HOST, "frame": 0x18})]


def vfs_of_a_clean_pf() -> Script:
    """Two VFs of one group, whose PF was reset before, are to be different VMs'; one is to be another VM's without a reset."""
    host = {"caller": HOST, "rid": SHARED_0}
    out = [*running(), *cleaned(PF), *coming(PF, 2, 0x1FC, 1), *entered(PF, 2), *device(SHARED_0, A, IO_A), *cleaned(SHARED_1)]
    out += [*dma(SHARED_0, IO_TAG_A, IO_TABLES, [0]), ("attach", {"caller": HOST, "rid": SHARED_1, "vm": B, "space": IO_B})]
    out += [("set_master", {"caller": B, "rid": SHARED_1, "on": 1}), ("detach", host)]
    out += [("invalidate_function", {"rid": SHARED_0}), ("complete", {"ticket": LAST}), ("finish_detach", {**host, "ticket": LAST})]
    out += [("drain_function", host), ("attach", {**host, "vm": B, "space": IO_B}), ("reset_function", host)]
    out += [("disable_vfs", {"caller": HOST, "pf": PF}), *[("remove_vf", {"caller": HOST, "pf": PF})] * 2]
    return [*out, ("reset_function", {"caller": HOST, "rid": PF})]


def of_its_pf() -> Script:
    """The VM that has a PF is to turn on the VF of another one."""
    out = [*running(), *cleaned(PF), *coming(PF, 2, 0x1FE, 1), *entered(PF, 2)]
    out += [("attach", {"caller": HOST, "rid": PF, "vm": A, "space": IO_A}), *cleaned(VF_0)]
    out += [("attach", {"caller": HOST, "rid": VF_0, "vm": B, "space": IO_B})]
    return [*out, *[("set_master", {"caller": A, "rid": rid, "on": 1}) for rid in (PF, VF_0)]]


def undone_half_flushed() -> Script:
    """A window that a device has cached is taken away: its last page is flushed, the one before it is to be given up as well."""
    job = {"caller": A, "job": its(A, 1)}
    out = [*running(), *device(DEVICE, A, IO_A)]
    out += [("job_begin", {**job, "space": IO_A, "start": 0x20, "rights": RW, "width": 32})]
    out += [("job_extent", {**job, "frame": frame, "pages": 1}) for frame in (0x18, 0x19, 0x1A)]
    out += [("job_start", job), *[("job_map", job)] * 3, *dma(DEVICE, IO_TAG_A, IO_TABLES, [0x20, 0x21, 0x22]), ("job_undo", job)]
    out += [("undo_unmap", job), *flushed(IO_TAG_A, 0x22), *with_each_ticket("undo_release", job)]
    return [*out, ("undo_unmap", job), *with_each_ticket("undo_release", job)]


def over_another_function() -> Script:
    """A VF is to be entered under the requester id of a function that is clean and nobody's."""
    out: Script = [("boot", {}), *cleaned(0x101), *coming(0x100, 2, 1, 1), *entered(0x100, 2)]
    return [*out, ("enable_vfs", {"caller": HOST, "pf": 0x101})]


def switched_off() -> Script:
    """A function's owner turned bus mastering off; the function is taken away, and reset while things are cached for it."""
    of = {"caller": HOST, "rid": DEVICE}
    out = [*devices(DEVICE), ("set_master", {"caller": A, "rid": DEVICE, "on": 0}), ("detach", of)]
    return [*out, *cleaned(DEVICE), ("attach", {**of, "vm": B, "space": IO_B}), ("finish_detach", {**of, "ticket": OLD})]


def with_root(vm: int, frame: int, tag: int, io: int) -> Script:
    """Give a VM an address space that has a root."""
    made = created(HOST, its(vm, 1), frame, tag, io)
    return [("donate", {"caller": HOST, "vm": vm, "frame": frame}), *pool(HOST, [frame]), *made]


def owners_of_one_thing() -> Script:
    """VMs that have one thing each, and but for one no address space for CPUs, are to be killed, drained, emptied, forgotten."""
    host = {"caller": HOST}
    granted = {"grant": its(A, 7), "frame": 0x10, "to": 7, "rights": RW}
    has: dict[int, Script] = {
        5: [("donate", {**host, "vm": 5, "frame": 0x11})],
        6: [("create_vcpu", {**host, "vm": 6, "vcpu": 6})],
        7: [
            ("share", {**host, **granted}),
            ("start_vm", {**host, "vm": 7}),
            ("take_handle", {"caller": 7, "handle": its(7, 1), "grant": granted["grant"]}),
            ("start_vm", {**host, "vm": A}),
            ("accept", {**host, "grant": granted["grant"]}),
            ("accept", {"caller": A, "grant": granted["grant"]}),
            ("take_handle", {"caller": 7, "handle": its(7, 1), "grant": its(A, 7)}),
        ],
        8: [*with_root(8, 0x12, 0x10008, 1), *cleaned(DEVICE), ("attach", {**host, "rid": DEVICE, "vm": 8, "space": its(8, 1)})],
        9: [*with_root(9, 0x13, 9, 0), ("use_space", {**host, "vm": 9, "space": its(9, 1)})],
        10: with_root(10, 0x14, 10, 0),
    }
    out: Script = [("boot", {}), ("create_vm", {**host, "vm": A}), ("donate", {**host, "vm": A, "frame": 0x10})]
    for vm, script in has.items():
        out += [("create_vm", {**host, "vm": vm}), *script]
    for vm in has:
        out += [(step, {**host, "vm": vm}) for step in ("kill_vm", "drain_vm", "empty_vm", "reap_vm", "create_vm")]
    return out


def of_the_host() -> Script:
    """The host has what a VM has: what it wrote, its function and its group are to be others', and others' memory its own."""
    number, io, tag, io_tag, tables = its(HOST, 5), its(HOST, 6), 3, 0x10003, range(0x200, 0x206)
    frame, theirs, cpu = 0x206, 0x16, 2
    out = [*running(), *given(HOST, range(0x200, 0x207))]
    for n, of, frames, is_io in ((number, tag, tables[:3], 0), (io, io_tag, tables[3:], 1)):
        out += [*space(HOST, n, of, [*frames], is_io), *leaf(HOST, n, 0, frame), *leaf(HOST, n, 1, theirs, READ)]
    out += [*run(HOST, number, cpu, 3), ("cpu_root", {"cpu": cpu}), *walk(tag, [*tables[:2]])]
    out += [*fill(cpu, tables[2], 0), *fill(cpu, tables[2], 1)]
    out += [("guest_store", {"cpu": cpu, "asid": 0, "va": 0, "index": 1, "kind": LEAF, "target": theirs, "rights": RW})]
    out += [*device(DEVICE, HOST, io), *dma(DEVICE, io_tag, [*tables[3:]], [0, 1]), *coming(PF, 2, 0x1FC, 1), *entered(PF, 2)]
    out += [*device(SHARED_0, HOST, io), *device(SHARED_1, A, IO_A), *detached()]
    out += [("attach", {"caller": HOST, "rid": DEVICE, "vm": B, "space": IO_B})]
    for n, of in ((number, tag), (io, io_tag)):
        out += [*unmapped(n, [0], HOST), *flushed(of)]
        out += [("release", {"caller": HOST, "space": n, "page": 0, "level": PAGE, "ticket": LAST})]
    return [*out, *[("donate", {"caller": HOST, "vm": vm, "frame": frame}) for vm in (A, HOST)]]


def one_of_two_flushed() -> Script:
    """Two pages are unmapped and cached; one is invalidated and released, then the other one is to be."""
    out = [*devices(DEVICE), *leaf(A, CPU_A, 1, 0x18), *fill(0, CPU_TABLE, 1)]
    for number, tag in ((CPU_A, CPU_TAG_A), (IO_A, IO_TAG_A)):
        at = {"caller": A, "space": number, "level": PAGE}
        out += [*unmapped(number, [0, 1]), *flushed(tag, 1)]
        out += [("release", {**at, "page": 1, "ticket": LAST}), *with_each_ticket("release", {**at, "page": 0})]
    return out


def released_while_leaving(*, last: bool) -> Script:
    """Pages are unmapped and to be released while the function that has them cached is being taken away, or another one is."""
    out = devices(DEVICE)
    if not last:
        out += [*cleaned(0x18), ("attach", {"caller": HOST, "rid": 0x18, "vm": A, "space": IO_A})]
    out += [("detach", {"caller": A, "rid": DEVICE if last else 0x18}), *unmapped(IO_A, [0, 1])]
    for page in (0, 1):
        out += with_each_ticket("release", {"caller": A, "space": IO_A, "page": page, "level": PAGE})
    return out


def left_by_the_dead() -> Script:
    """A function of a dying VM is to pass to another one without the invalidation of what is cached for it."""
    of = {"caller": HOST, "rid": DEVICE}
    out = [*devices(DEVICE), ("kill_vm", {"caller": HOST, "vm": A}), ("detach", of), *with_each_ticket("finish_detach", of)]
    return [*out, *cleaned(DEVICE), ("attach", {**of, "vm": B, "space": IO_B})]


def mirrors_of_the_gone() -> Script:
    """A page that was unmapped is to be mirrored, and one of a VM that is drained; a read-only page goes before its copy."""
    host, number, tag = {"caller": HOST}, its(A, 6), 0x10003
    out = [*running(), *space(A, number, tag, [0x18, 0x19, 0x1A], 1, mirror=1), *unmapped(CPU_A, [0])]
    out += [("mirror_page", {"caller": A, "space": number, "page": 0}), *leaf(A, CPU_A, 1, 0x1B)]
    out += [*leaf(A, CPU_A, 2, 0x17, READ), ("mirror_page", {"caller": A, "space": number, "page": 2}), *unmapped(CPU_A, [2])]
    out += [*flushed(CPU_TAG_A), ("release", {"caller": A, "space": CPU_A, "page": 2, "level": PAGE, "ticket": LAST})]
    out += [(step, {"cpu": 0}) for step in ("switch_out", "unload")]
    out += [("kill_vm", {**host, "vm": A}), ("destroy_vcpu", {**host, "vcpu": 1}), ("drain_vm", {**host, "vm": A})]
    return [*out, ("mirror_page", {**host, "space": number, "page": 1})]


def around_a_reserved_page() -> Script:
    """A block is to be mapped for devices where a page in its middle is reserved, and its first page is not."""
    at = {"caller": A, "space": its(A, 6)}
    out: Script = [*vms(), *block(), *pool(A, [0x13, 0x14])]
    out += created(A, at["space"], 0x13, 0x10003, 1, layout=1)
    out += [("link_table", {**at, "page": 0, "level": HUGE, "child": 0x14})]
    return [*out, ("map", {**at, "page": 0, "level": BLOCK, "frame": 0x200, "rights": RW})]


def under_another_device() -> Script:
    """A VF is to be entered on its PF's bus, under another device number, without ARI."""
    return [("boot", {}), *coming(PF, 2, 0x10, 8), *entered(PF, 2)]


def root_alone() -> Script:
    """The tags of address spaces are freed that have no table but their root, to which walk caches point."""
    out = [*vms(), *pool(A, [0x10, 0x11]), *cleaned(DEVICE)]
    for number, tag, root, io in ((CPU_A, CPU_TAG_A, 0x10, 0), (IO_A, IO_TAG_A, 0x11, 1)):
        out += created(A, number, root, tag, io)
    out += [*run(A, CPU_A, 0, 1), ("cpu_root", {"cpu": 0}), ("switch_out", {"cpu": 0})]
    out += [("attach", {"caller": HOST, "rid": DEVICE, "vm": A, "space": IO_A}), ("context_fill", {"rid": DEVICE})]
    out += [("io_root", {"rid": DEVICE, "from_cache": 0}), ("detach", {"caller": A, "rid": DEVICE})]
    out += [("invalidate_function", {"rid": DEVICE}), ("complete", {"ticket": LAST})]
    out += [("finish_detach", {"caller": HOST, "rid": DEVICE, "ticket": LAST})]
    for number, tag in ((CPU_A, CPU_TAG_A), (IO_A, IO_TAG_A)):
        of = {"caller": A, "space": number}
        out += [("retire_tag", of), ("invalidate_pages", {"tag": tag, "page": 0, "mask": ALL}), ("complete", {"ticket": LAST})]
        out += with_each_ticket("free_tag", of)
    return out


#: Name, platform, script.
EARLY: list[tuple[str, str, Script]] = [
    ("large leaf half flushed", "small", large_leaf_half_flushed()),
    ("not started, and taken apart", "small", numbered(unstarted())),
    ("drained, and taken apart", "small", numbered(drained_and_taken_apart())),
    ("written and given back", "small", numbered(written_and_given_back())),
    ("VFs of a clean PF", "small", numbered(vfs_of_a_clean_pf())),
    ("of its PF", "small", of_its_pf()),
    ("undone, half flushed", "small", numbered(undone_half_flushed())),
    ("over another function", "large", over_another_function()),
    ("switched off", "small", switched_off()),
    ("owners of one thing each", "small", owners_of_one_thing()),
    ("left by firmware", "small", left_by_firmware()),
    ("of the host", "small", numbered(of_the_host())),
    ("one of two flushed", "small", numbered(one_of_two_flushed())),
    ("released while it leaves", "small", released_while_leaving(last=True)),
    ("released while another one leaves", "small", released_while_leaving(last=False)),
    ("left by the dead", "small", left_by_the_dead()),
    ("mirrors of the gone", "small", numbered(mirrors_of_the_gone())),
    ("around a reserved page", "large", around_a_reserved_page()),
    ("under another device", "small", under_another_device()),
    ("left behind", "small", left_behind()),
    ("tag of a root alone freed too early", "small", numbered(root_alone())),
]
