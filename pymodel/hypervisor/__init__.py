"""Chapter 9: the hypervisor. `Hypervisor` is the verified reference; a policy is a subclass of it.

A policy overrides a decision (chapter 11) or a whole operation, and may add state of its own by declaring
`class State(Hypervisor.State)` with further maps. `@invariant` adds a statement of its own, `@assume(reason)` an assumption.

Read next: `pymodel.hypervisor.accounts`.
"""

from __future__ import annotations

from pymodel.hypervisor.windows import Windows

__all__ = ["Hypervisor"]


class Hypervisor(Windows):
    """The reference hypervisor."""
