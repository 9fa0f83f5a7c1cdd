"""The zoo as policies: one fault a module, as the policy `Faulty`, its repaired version, and the promises that it breaks."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from proofs.policies.language.reading import folder_of
from proofs.policies.loaded import LoadedPolicy, PolicyError
from proofs.policies.loading import load
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
    folders = folder_of(package)
    if not folders:
        raise PolicyError(f"there is no package {package!r}; give the name of a package whose modules are faults")
    for module in pkgutil.iter_modules(map(str, folders), f"{package}."):
        if module.ispkg:
            yield from _modules(module.name)
        else:
            yield module.name


def _entry(name: str) -> Entry:
    found = {which: load(f"{name}:{which}") for which in WHICH}
    said = _constants(found["Faulty"], "ID", "TITLE", "PROMISES")
    return Entry(said["ID"], said["TITLE"], _promises(said["PROMISES"], found["Faulty"].files[0]), name)


def faulty(module: str) -> LoadedPolicy:
    """Return the policy with the fault of a module."""
    return load(f"{module}:Faulty")


def promises(name: str) -> tuple[str, ...]:
    """Return the theorems that the fault of a module breaks."""
    policy = faulty(name)
    return _promises(_constants(policy, "PROMISES")["PROMISES"], policy.files[0])


def _promises(found: Any, file: str) -> tuple[str, ...]:
    unknown = [p for p in found if p not in CATALOGUE.theorems]
    if unknown or not found:
        raise PolicyError(f"PROMISES must name theorems that the fault breaks; unknown: {unknown}", file, 1)
    return tuple(found)


def _constants(policy: LoadedPolicy, *names: str) -> dict[str, Any]:
    missing = [name for name in names if name not in policy.names]
    if missing:
        raise PolicyError(f"an entry of the zoo needs {', '.join(missing)}", policy.files[0], 1)
    return {name: policy.names[name] for name in names}
