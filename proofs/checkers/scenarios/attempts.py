"""Attempts: scenarios that go on with what the reference refuses, since a flush is owed.

A policy that takes less for flushed than it must accepts one of them. With other arguments they are close to what a policy
should refuse for other reasons; the search changes one argument at a time.
"""

from __future__ import annotations

from proofs.checkers.scenarios.runs import (
    CPU_A,
    CPU_B,
    HOST,
    IO_A,
    IO_B,
    IO_TAG_A,
    PAGE,
    READ,
    RW,
    A,
    B,
    Script,
    leaving,
    leaving_half_flushed,
    pending,
    protected,
    retired,
    retired_half_flushed,
    revoking,
    splitting,
    stale,
    stale_half_flushed,
    undoing,
)

__all__ = ["ATTEMPTS"]

#: Tickets: none, those completed long before, and those issued since.
TICKETS = range(13)


def with_each_ticket(step: str, args: dict[str, int]) -> Script:
    """Try a step with every invalidation there is."""
    return [(step, {**args, "ticket": n}) for n in TICKETS]


def reused(vm: int, pages: list[tuple[int, int]]) -> Script:
    """Try to reuse the slots of unmapped pages."""
    out: Script = []
    for space, page in pages:
        where = {"caller": vm, "space": space, "page": page}
        out += with_each_ticket("release", {**where, "level": PAGE})
        out += with_each_ticket("replace", {**where, "frame": 0x1A if vm == A else 0x23, "rights": RW})
    return out


def settled() -> Script:
    """Try to note that a leaf's old rights are out of the caches, and to give them back."""
    out: Script = []
    for space in (CPU_A, IO_A):
        where = {"caller": A, "space": space, "page": 0, "level": PAGE}
        out += [*with_each_ticket("settle", where), ("protect", {**where, "rights": READ})]
    return out


def split_early() -> Script:
    """Try to link the table of a broken leaf while caches hold the leaf."""
    out = [*splitting(), *[("fill_split", {"caller": A, "child": 0x18})] * 212]
    return out + with_each_ticket("finish_split", {"caller": A, "child": 0x18})


def tag_freed_early() -> Script:
    """Try to free a tag under which walk caches and a TLB may hold something."""
    out = [*stale(), ("switch_out", {"cpu": 0}), ("retire_tag", {"caller": A, "space": CPU_A})]
    return out + with_each_ticket("free_tag", {"caller": A, "space": CPU_A})


DETACHED = with_each_ticket("finish_detach", {"caller": HOST, "rid": 0x10})
FREED = with_each_ticket("free_table", {"caller": A, "table": 0x15})
UNDONE: Script = [
    ("undo_unmap", {"caller": A, "job": 2}),
    *with_each_ticket("undo_release", {"caller": A, "job": 2}),
]
BOTH = [*reused(A, [(CPU_A, 0), (IO_A, 0), (IO_A, 1)]), *reused(B, [(CPU_B, 0)])]

#: Name, platform, script.
ATTEMPTS: list[tuple[str, str, Script]] = [
    ("reused at once", "small", [*stale(), *BOTH]),
    ("reused too early", "small", [*pending(), *BOTH]),
    ("reused after another flush", "small", [*stale_half_flushed(), *BOTH]),
    ("revoked too early", "small", [*revoking(), *reused(B, [(CPU_B, 1), (IO_B, 1)])]),
    ("settled too early", "small", [*protected(), *settled()]),
    ("freed at once", "small", [*retired(), *FREED]),
    ("freed too early", "small", [*retired(), ("invalidate_tag", {"tag": IO_TAG_A}), *FREED]),
    ("freed after another flush", "small", [*retired_half_flushed(), *FREED]),
    ("detached at once", "small", [*leaving(), *DETACHED]),
    ("detached too early", "small", [*leaving(), ("invalidate_function", {"rid": 0x10}), *DETACHED]),
    ("detached after another flush", "small", [*leaving_half_flushed(), *DETACHED]),
    ("undone at once", "small", [*undoing(), *UNDONE]),
    ("split too early", "small", split_early()),
    ("tag freed too early", "small", tag_freed_early()),
]
