"""The model, as a policy sees it: `from pymodel import ...` is all that a policy needs.

A policy is a subclass of `Hypervisor` that overrides decisions or operations; it may add state of its own, in a subclass of
`MachineState` that its attribute `State` names. Here are the words that it computes with, the records that it reads, the commands
by which it acts on hardware, and the helpers that the reference uses. Each is explained in the chapter that it is imported from;
the first chapter is `pymodel.language.truth`. What had another name before, or stood elsewhere: `proofs.policies.earlier.moved`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymodel.surface import *  # noqa: F403 - it says what it exports
else:

    def __getattr__(name: str) -> Any:
        """Return a name of the public surface; the chapters are imported when the first one is asked for."""
        public = import_module("pymodel.surface")
        if name == "__all__" or name in public.__all__:
            return getattr(public, name)
        raise AttributeError(f"module 'pymodel' has no attribute {name!r}")
