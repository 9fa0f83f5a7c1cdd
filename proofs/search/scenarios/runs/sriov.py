"""Runs about SR-IOV: virtual functions that come, go, and stop half-way."""

from __future__ import annotations

from proofs.search.scenarios.runs.basics import running
from proofs.search.scenarios.runs.parts import (
    HOST,
    IO_A,
    IO_B,
    IO_TAG_A,
    PF,
    VF_0,
    VF_1,
    A,
    B,
    Script,
    coming,
    device,
    dma,
    entered,
)


def virtual_functions() -> Script:
    """Two VFs have the last two requester ids there are; each is a VM's, and one has requests in flight."""
    out = [*running(), *coming(PF, 2, 0x1FE, 1), *entered(PF, 2)]
    out += [*device(VF_0, B, IO_B), *device(VF_1, A, IO_A)]
    return [*out, *dma(VF_1, IO_TAG_A, [0x13, 0x14, 0x15], [0, 1]), ("dma_translate", {"request": 1, "tag": IO_TAG_A})]


def vfs_leaving() -> Script:
    """VFs are to be removed while the last one is still a VM's, and being taken from it."""
    return [*virtual_functions(), ("disable_vfs", {"caller": HOST, "pf": PF}), ("detach", {"caller": HOST, "rid": VF_1})]


def vfs_undone() -> Script:
    """Bringing up the VFs of a PF stopped half-way, and one of those entered is removed again."""
    out = [("boot", {}), *coming(PF, 3, 0x100, 0x80), *entered(PF, 2)]
    return [*out, ("disable_vfs", {"caller": HOST, "pf": PF}), ("remove_vf", {"caller": HOST, "pf": PF})]


def interleaved() -> Script:
    """Two PFs of one device have their VFs in between one another's: every second requester id each, and then the next bus."""
    out: Script = [("boot", {}), *coming(0x100, 3, 2, 2), *coming(0x101, 3, 2, 0x80, 1)]
    return [*out, *entered(0x100, 3), *entered(0x101, 3)]
