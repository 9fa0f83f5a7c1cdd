"""The same model with wider ids, to measure what a proof costs as they grow: it must not grow with the VMs and frames there are."""

from __future__ import annotations

import sys

from pymodel.language.words import Word

__all__ = ["WIDENED", "widen"]

#: The ids that are made wider; those that are joined of them follow.
WIDENED = ("Vm", "Frame")


def widen(times: int) -> None:
    """Make ids so many times as wide; raises `RuntimeError` if their classes are made already."""
    if "pymodel.hardware.ids" in sys.modules:
        raise RuntimeError("ids can be widened only before pymodel.hardware.ids is imported")
    as_declared = Word.__init_subclass__.__func__  # type: ignore[attr-defined]

    def wider(cls: type[Word], width: int | None = None) -> None:
        as_declared(cls, width * times if width is not None and cls.__name__ in WIDENED else width)

    Word.__init_subclass__ = classmethod(wider)  # type: ignore[assignment]
