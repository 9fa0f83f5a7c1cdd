"""What a loaded policy is, and the error that says why one cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from pymodel.machine import Hypervisor

__all__ = ["REFERENCE", "LoadedPolicy", "PolicyError"]

#: The name of the policy that is the model's own hypervisor.
REFERENCE = "reference"


class PolicyError(Exception):
    """The policy cannot be used as it stands: what was expected, where, and what to do."""

    def __init__(self, message: str, file: str = "", line: int = 0) -> None:
        """Keep the place; line 0 is the whole file, and no file the argument itself."""
        super().__init__(message)
        self.message, self.file, self.line = message, file, line

    def __str__(self) -> str:
        """Show the place in front of the message."""
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return place + self.message


@dataclass(frozen=True)
class LoadedPolicy:
    """A policy's class, with the name that reports show and the source files that it consists of."""

    name: str
    spec: str
    cls: type[Hypervisor]
    files: tuple[str, ...]

    def instance(self) -> Hypervisor:
        """Make the hypervisor."""
        return self.cls()
