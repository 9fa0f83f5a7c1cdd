# ruff: noqa: ARG002, D102 - what each does is said by its class
"""Policies that are wrong, or right, about machines at power-on: memory above 8 GiB, of which both bundled machines have none."""

from typing import Any

from pymodel import (
    NOBODY,
    Frame,
    FrameKind,
    Hypervisor,
    Reason,
    all_of,
    assume,
    choose,
    implies,
    invariant,
    negate,
    operation,
    require,
)

ABOVE = Frame(0x200000)


def is_free_above(s: Any, frame: Frame) -> Any:
    """Say whether a frame is free memory above 8 GiB."""
    return all_of(s.frame[frame].kind == FrameKind.FREE, frame >= ABOVE)


class NoneFree(Hypervisor):
    """Says that no memory above 8 GiB is free, though a machine may have some."""

    @invariant
    def no_frame_above_8_gib_is_free(self, s: Any, frame: Frame) -> bool:
        return negate(is_free_above(s, frame))


class FreeIsNobodys(Hypervisor):
    """Says that free memory above 8 GiB is nobody's."""

    @invariant
    def a_free_frame_above_8_gib_is_nobodys(self, s: Any, frame: Frame) -> bool:
        return implies(is_free_above(s, frame), s.frame[frame].owner == NOBODY)


class AssumesNone(NoneFree):
    """Says the same as the first, and assumes a world in which it is so."""

    @assume("the firmware hides that memory")
    def there_is_no_memory_above_8_gib(self, s: Any, frame: Frame) -> bool:
        return implies(frame >= ABOVE, s.frame[frame].kind == FrameKind.ABSENT)


class Publishes(Hypervisor):
    """Publishes what the hypervisor has above 8 GiB when it boots, whatever firmware left there."""

    def boot(self, s: Any) -> Any:
        f = s.frame[ABOVE]
        kind = choose(f.kind == FrameKind.HYPERVISOR, FrameKind.PUBLISHED, f.kind)
        return super().boot(s).put("frame", ABOVE, f.replace(kind=kind))


class Opens(Hypervisor):
    """Has an operation of its own that publishes any frame which the hypervisor has there."""

    @operation
    def open_page(self, s: Any, frame: Frame) -> Any:
        f = s.frame[frame]
        require(all_of(f.kind == FrameKind.HYPERVISOR, frame >= ABOVE), Reason.WRONG_STATE)
        return s.put("frame", frame, f.replace(kind=FrameKind.PUBLISHED))


class OpensBlank(Hypervisor):
    """Has the same operation, for frames that firmware says are blank."""

    @operation
    def open_page(self, s: Any, frame: Frame) -> Any:
        f = s.frame[frame]
        require(all_of(f.kind == FrameKind.HYPERVISOR, f.clean, frame >= ABOVE), Reason.WRONG_STATE)
        return s.put("frame", frame, f.replace(kind=FrameKind.PUBLISHED))
