"""An invalidation of all pages under a tag counts for one of the tag when a table is given back.

It covers every page that there is, and so it looks as wide as one of the tag. But it drops leaves alone and leaves walk caches
as they are. A walk that begins at the cached pointer goes on through the frame, which is another table by then, or a guest's
data with entries to the guest's liking.

Source: Xen Security Advisory XSA-480, in another guise: a flush has run, and is too narrow for walk caches.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Page, Scope, Tag, Ticket, all_of, any_of, covers_tag


class Faulty(Hypervisor):
    """Takes all pages of a tag for the tag."""

    def is_table_flushed(self, s: MachineState, tag: Tag, since: Ticket, ticket: Ticket) -> bool:
        """Say whether everything under a tag was invalidated since then."""
        inv = s.invalidation[ticket]
        all_pages = all_of(inv.scope == Scope.PAGES, inv.tag == tag, inv.mask == Page.last())
        return all_of(inv.done, ticket >= since, any_of(covers_tag(inv, tag), all_pages))
