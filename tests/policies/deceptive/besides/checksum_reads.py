"""checksum, an operation of the policy's own, gives any live VM a digest of any slot of any frame: the content itself.

Unsafe: whoever asks reads whatever it likes, eight bytes at a time: other VMs' data, tables, the hypervisor's own frames. No part of
the machine is changed, which is all that is asked of an operation of a policy's own.

Breaks: no VM learns what is in another's memory but through a grant; the hypervisor's frames are read by nobody.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, Life, MachineState, Map, Reason, Record, Vm, operation, require


class Digest(Record):
    """The digest that a VM asked for last."""

    value: Frame = Frame(0)


class Digests(MachineState):
    """The machine, and a digest for each VM."""

    digest: Map[Vm, Digest]


class P(Hypervisor):
    """Lets VMs check memory."""

    State = Digests

    @operation
    def checksum(self, s: Digests, caller: Vm, frame: Frame, index: Index) -> Digests:
        """Work out a digest for the caller."""
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        return s.put("digest", caller, Digest(value=s.memory[frame, index].frame))
