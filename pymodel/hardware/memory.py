"""Memory: what frames hold, as a table walker reads it.

Each of a frame's 512 eight-byte slots is kept as an `Entry`; a guest's or a device's write may put any entry there, so a frame that
is no longer a table yields any translation at all to a walker that still believes in it. A root table stands for every level above
1 GiB, and has as many slots as the input size of stage 2 asks for: 2^34 at most.

An entry whose valid bit is clear says nothing to hardware, and the rest of it is left to software. A hypervisor that removes a leaf
may leave frame and rights in it (`STALE`) until no cache holds them; what else it notes of a slot it keeps elsewhere.

Hypervisors write memory by two commands: `store_entry` and `scrub_frame`.

Not modelled: byte offsets below eight bytes (they pass through translation unchanged), memory types, encryption.

Read next: `pymodel.hardware.cpu`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.ids import NO_RIGHTS, Frame, Index, Rights
from pymodel.language.state import HARDWARE, Map, Record, State
from pymodel.language.words import Choice, Member

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["Entry", "EntryKind", "MemoryState", "scrub_frame", "store", "store_entry"]


class EntryKind(Choice):
    """What stands in a slot of a table."""

    NONE = Member()
    LEAF = Member()
    LINK = Member()
    STALE = Member()
    """The valid bit is clear, and software left frame and rights in the rest: what a cache may still hold."""


class Entry(Record, whose=HARDWARE, by="store_entry and scrub_frame"):
    """A slot of a table as hardware reads it; it sets two bits of a leaf by itself."""

    kind: EntryKind = EntryKind.NONE
    frame: Frame = Frame(0)
    rights: Rights = NO_RIGHTS
    accessed: bool = False
    dirty: bool = False


class MemoryState(State):
    """What every slot of every frame holds."""

    memory: Map[tuple[Frame, Index], Entry]


def store_entry(s: MachineState, table: Frame, index: Index, entry: Entry) -> MachineState:
    """Command: write a slot of a table."""
    return s._with(memory=s.memory.set((table, index), entry))


def scrub_frame(s: MachineState, frame: Frame) -> MachineState:
    """Command: make the content of a frame zero."""
    return s._with(memory=s.memory.reset(lambda where, _index, _entry: where == frame))


def store(s: MachineState, frame: Frame, index: Index, entry: Entry) -> MachineState:
    """Return the state after a guest or a device wrote eight bytes of a frame: read as a table slot they may say anything.

    The ghost of MEM-5 notes that the frame was written.
    """
    written = s.frame[frame].replace(fresh=False)
    return s._with(memory=s.memory.set((frame, index), entry), frame=s.frame._write(frame, written))
