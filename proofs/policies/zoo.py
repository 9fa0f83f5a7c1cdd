"""The zoo as policies: one fault a module, as the policy `Faulty`, its repaired version, and the promises that it breaks."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from proofs.policies.loaded import LoadedPolicy, PolicyError
from proofs.policies.loading import load, module_called
from proofs.theorems import CATALOGUE

__all__ = ["WHICH", "Entry", "entries", "faulty", "promises"]

#: The policies of an entry.
WHICH = ("Faulty", "Fixed")


@dataclass(frozen=True)
class Entry:
    """A module of the zoo."""

    id: str
    title: str
    promises: tuple[str, ...]
    module: str

    def spec(self, which: str) -> str:
        """Return the name of its policy `Faulty` or `Fixed`."""
        return f"{self.module}:{which}"


def entries(package: str = "pymodel.zoo") -> list[Entry]:
    """Return the entries of a package by their files' names, whatever folder they are in; a bad one is a `PolicyError`."""
    found = [_entry(name) for name in sorted(_modules(package), key=lambda name: name.rpartition(".")[2])]
    ids = [e.id for e in found]
    for entry in found:
        if ids.count(entry.id) > 1:
            raise PolicyError(f"the ID {entry.id} is used twice", entry.module, 1)
    return found


def _modules(package: str) -> Iterator[str]:
    """Yield the modules of a package and of those in it."""
    for module in pkgutil.iter_modules(module_called(package).__path__, f"{package}."):
        if module.ispkg:
            yield from _modules(module.name)
        else:
            yield module.name


def _entry(name: str) -> Entry:
    module = module_called(name)
    for constant in ("ID", "TITLE"):
        _need(module, constant)
    entry = Entry(module.ID, module.TITLE, promises(name), name)
    for which in WHICH:
        _need(module, which)
        load(entry.spec(which))
    return entry


def faulty(module: str) -> LoadedPolicy:
    """Return the policy with the fault of a module."""
    return load(f"{module}:Faulty")


def promises(name: str) -> tuple[str, ...]:
    """Return the theorems that the fault of a module breaks."""
    module = module_called(name)
    _need(module, "PROMISES")
    found = tuple(module.PROMISES)
    unknown = [p for p in found if p not in CATALOGUE.theorems]
    if unknown or not found:
        raise PolicyError(f"PROMISES must name theorems that the fault breaks; unknown: {unknown}", str(module.__file__), 1)
    return found


def _need(module: ModuleType, constant: str) -> None:
    if not hasattr(module, constant):
        raise PolicyError(f"an entry of the zoo needs {constant}", str(module.__file__), 1)
