# ruff: noqa: ARG002 - that it does not look at every argument is the fault
"""A policy that looks right: before memory is reused, some invalidation of that range must have completed."""

from pymodel import Hypervisor, Level, MachineState, Page, Tag, Ticket, all_of, covers_range


class Lazy(Hypervisor):
    """Accepts any completed invalidation that covers what was unmapped."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Ask whether it is done and covers the leaf, and forget to ask whether it was issued after the unmapping."""
        invalidation = s.invalidation[ticket]
        return all_of(invalidation.done, covers_range(invalidation, tag, page, level))
