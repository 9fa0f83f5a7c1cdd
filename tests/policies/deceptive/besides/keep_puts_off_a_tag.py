"""Any live VM puts off the flush of a tag that another VM's address space is giving up, as often as it likes.

Unsafe: the tag is never free, and the address space and its VM are never gone.

Breaks: nobody acts on what is another VM's.
"""

from pymodel import Hypervisor, Life, MachineState, Reason, Tag, TagPhase, Vm, operation, require


class P(Hypervisor):
    """Lets tags be kept."""

    @operation
    def keep(self, s: MachineState, caller: Vm, tag: Tag) -> MachineState:
        """Let the flush be owed from now."""
        g = s.tag[tag]
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        require(g.phase == TagPhase.RETIRING, Reason.WRONG_STATE)
        return s.put("tag", tag, g.replace(since=s.queue.next))
