"""The decisions that a policy may take in its own way, each with its contract.

A decision is a small method: which tag to give, whether a frame must be scrubbed, whether a completed invalidation covers
what is to be reused. The operations around it do not check again; they rely on the contract named beside each decision.
So a policy that breaks its contract breaks a promise, and POL-1 says that one that keeps it breaks none.

Override a decision (or a whole operation) in a subclass of `Hypervisor`.

Read next: `pymodel.hypervisor.vms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.ids import NO_TAG, Frame, Level, Page, Rid, Tag, Ticket, Vm
from pymodel.hardware.invalidation import covers_function, covers_range, covers_tag
from pymodel.hardware.iommu import ContextEntry, ContextMode
from pymodel.hardware.memory import Entry, EntryKind
from pymodel.hypervisor.ids import Space
from pymodel.hypervisor.spaces import TagPhase
from pymodel.language.steps import decision
from pymodel.language.truth import all_of, any_of, implies
from pymodel.language.words import choose

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["Decisions"]


class Decisions:
    """What a policy decides, and the contract of each decision."""

    @decision("contract_scrub")
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        """Say whether a frame that goes back to the free frames must be scrubbed first."""
        return s.frame[frame].clean == False

    def contract_scrub(self, s: MachineState, frame: Frame, answer: bool) -> bool:
        """A frame that is not known to be zero is scrubbed."""
        return any_of(answer, s.frame[frame].clean)

    @decision("contract_flushed")
    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say whether a leaf removed at `since` is out of every cache, given that the caller points at `ticket`."""
        inv = s.invalidation[ticket]
        return all_of(inv.done, ticket >= since, covers_range(inv, tag, page, level))

    def contract_flushed(
        self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket, answer: bool
    ) -> bool:
        """Yes only if that invalidation is done, was issued after the removal, and covers the leaf."""
        inv = s.invalidation[ticket]
        return implies(answer, all_of(inv.done, ticket >= since, covers_range(inv, tag, page, level)))

    @decision("contract_table_flushed")
    def is_table_flushed(self, s: MachineState, tag: Tag, since: Ticket, ticket: Ticket) -> bool:
        """Say whether a table unlinked (or a tag retired) at `since` is out of every cache."""
        inv = s.invalidation[ticket]
        return all_of(inv.done, ticket >= since, covers_tag(inv, tag))

    def contract_table_flushed(self, s: MachineState, tag: Tag, since: Ticket, ticket: Ticket, answer: bool) -> bool:
        """Yes only if that invalidation is done, was issued after the unlinking, and covers the whole tag."""
        inv = s.invalidation[ticket]
        return implies(answer, all_of(inv.done, ticket >= since, covers_tag(inv, tag)))

    @decision("contract_function_flushed")
    def is_function_flushed(self, s: MachineState, rid: Rid, since: Ticket, ticket: Ticket) -> bool:
        """Say whether nothing is cached for a function whose context was aborted at `since`."""
        inv = s.invalidation[ticket]
        return all_of(inv.done, ticket >= since, covers_function(inv, rid))

    def contract_function_flushed(self, s: MachineState, rid: Rid, since: Ticket, ticket: Ticket, answer: bool) -> bool:
        """Yes only if that invalidation is done, was issued after the abort, and covers the function."""
        inv = s.invalidation[ticket]
        return implies(answer, all_of(inv.done, ticket >= since, covers_function(inv, rid)))

    @decision("contract_tag")
    def next_tag(self, s: MachineState, tag: Tag, io: bool) -> Tag:
        """Return the tag that an address space gets where the host proposes one; `NO_TAG` for none."""
        return choose(all_of(s.tag[tag].phase == TagPhase.FREE, tag.is_io == io), tag, NO_TAG)

    def contract_tag(self, s: MachineState, tag: Tag, io: bool, answer: Tag) -> bool:
        """A free tag of the right number space, or none."""
        del tag
        return any_of(answer == NO_TAG, all_of(s.tag[answer].phase == TagPhase.FREE, answer.is_io == io))

    @decision("contract_fill")
    def boot_fill(self, s: MachineState) -> ContextMode:
        """Return what boot writes into every context entry."""
        del s
        return ContextMode.ABORT

    def contract_fill(self, s: MachineState, answer: ContextMode) -> bool:
        """Abort, or invalid where that blocks."""
        return any_of(answer == ContextMode.ABORT, all_of(answer == ContextMode.INVALID, s.platform.iommu.invalid_blocks))

    @decision("contract_detached")
    def context_after_detach(self, s: MachineState, rid: Rid) -> ContextEntry:
        """Return the context entry of a function that is being taken from its owner."""
        del s, rid
        return ContextEntry(mode=ContextMode.ABORT)

    def contract_detached(self, s: MachineState, rid: Rid, answer: ContextEntry) -> bool:
        """Abort: who had it may still have requests under way."""
        del s, rid
        return answer.mode == ContextMode.ABORT

    @decision("contract_is_table")
    def is_table(self, s: MachineState, entry: Entry) -> bool:
        """Say whether a walk goes on through an entry."""
        del s
        return entry.kind == EntryKind.LINK

    def contract_is_table(self, s: MachineState, entry: Entry, answer: bool) -> bool:
        """Only through a link: a leaf is never read as a table."""
        del s
        return implies(answer, entry.kind == EntryKind.LINK)

    @decision("contract_removes_whole")
    def removes_whole(self, s: MachineState, first: Page, last: Page, start: Page, end: Page) -> bool:
        """Say whether removing pages first..last may drop the whole leaf start..end (or must split it)."""
        del s
        return all_of(first <= start, end <= last)

    def contract_removes_whole(self, s: MachineState, first: Page, last: Page, start: Page, end: Page, answer: bool) -> bool:
        """Only if the whole leaf lies in the range."""
        del s
        return implies(answer, all_of(first <= start, end <= last))

    @decision("contract_attach")
    def may_attach(self, s: MachineState, rid: Rid, vm: Vm, space: Space) -> bool:
        """Say whether the policy lets a VM have a function; the rest of the rule is not its to decide."""
        del s, rid, vm, space
        return True

    def contract_attach(self, s: MachineState, rid: Rid, vm: Vm, space: Space, answer: bool) -> bool:
        """Whatever it likes."""
        del self, s, rid, vm, space, answer
        return True
