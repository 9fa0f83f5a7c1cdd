"""Modules that are not bound: which Python steps each action stands for, or why for none. Nothing is compared.

A `Declaration` has the form of a map without its functions, so that it cannot rot: a test says that it names every action of
the module, and no Python step that is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["DECLARED", "Declaration", "Stands"]


@dataclass(frozen=True)
class Stands:
    """An action, and the Python steps that it stands for, or why it stands for none."""

    action: str
    steps: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Declaration:
    """A module that is not bound, and why."""

    module: str
    why: str
    actions: Sequence[Stands]


WORD = "a context is written in one step"
DESCRIPTOR = "there are no posted descriptors"

DECLARED: dict[str, Declaration] = {
    d.module: d
    for d in (
        Declaration(
            "MultiWordUpdate",
            "Python writes a context, and reads it, in one step: what the module is about lies between the words",
            (
                Stands("ClearValid", ("detach",)),
                Stands("InvalidateFunction", ("invalidate_function",)),
                Stands("WriteRoot", why=WORD),
                Stands("WriteTag", why=WORD),
                Stands("InvalidateWritten", why=WORD),
                Stands("SetValid", ("finish_detach", "reset_function", "drain_function", "attach")),
                Stands("Load", why="a context is read in one step"),
                Stands("ContextFill", ("context_fill",)),
                Stands("IotlbFill", ("iotlb_fill",)),
                Stands("Complete", ("complete",)),
                Stands("Use", ("dma_issue", "dma_translate", "dma_deliver")),
            ),
        ),
        Declaration(
            "PostedInterrupts",
            "Python has no interrupts yet, so no descriptor, no notification and no virtual CPU that sleeps",
            (
                Stands("Load", ("load",)),
                Stands("Enter", ("switch_in",)),
                Stands("Preempt", ("switch_out", "unload")),
                Stands("BeginBlock", why="a virtual CPU does not sleep"),
                Stands("FinishBlock", why="a virtual CPU does not sleep"),
                Stands("Post", why=DESCRIPTOR),
                Stands("ArriveActive", why=DESCRIPTOR),
                Stands("ArriveWakeup", why=DESCRIPTOR),
                Stands("Take", why="there are no interrupts"),
            ),
        ),
    )
}
