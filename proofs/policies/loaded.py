"""What a loaded policy is, and the error that says why one cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pymodel.machine import Hypervisor

if TYPE_CHECKING:
    from proofs.policies.language.program import Source

__all__ = ["REFERENCE", "Finding", "LoadedPolicy", "PolicyError"]

#: The name of the policy that is the model's own hypervisor.
REFERENCE = "reference"


@dataclass(frozen=True, order=True)
class Finding:
    """What is wrong at a place of a policy; line and column count from 1, and 0 is the whole of it."""

    file: str
    line: int
    why: str
    column: int = 0

    def __str__(self) -> str:
        """Show the place in front of the message."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.why}" if place else self.why


class PolicyError(Exception):
    """The policy cannot be used as it stands: what was expected, where, and what to do."""

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0, rest: tuple[Finding, ...] = ()) -> None:
        """Keep the place; line 0 is the whole file, and no file the argument itself. `rest`: what else is wrong."""
        super().__init__(message)
        self.message, self.file, self.line = message, file, line
        self.findings = (Finding(file, line, message, column), *rest)

    def __str__(self) -> str:
        """Show each finding on a line of its own."""
        return "\n".join(map(str, self.findings))


@dataclass(frozen=True)
class LoadedPolicy:
    """A policy's class, with the name that reports show and the files that it was built from."""

    name: str
    spec: str
    cls: type[Hypervisor]
    sources: tuple[Source, ...] = field(default=(), repr=False)
    text: str = ""
    """The digest of the trees that were checked."""

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files, the policy's own first."""
        return tuple(source.file for source in self.sources)

    @property
    def names(self) -> Mapping[str, Any]:
        """Return what the names of the policy's own file mean."""
        return self.sources[0].names if self.sources else {}

    def instance(self) -> Hypervisor:
        """Make the hypervisor."""
        return self.cls()
