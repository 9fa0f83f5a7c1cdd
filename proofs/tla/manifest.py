"""The manifest of the TLA+ models, `spec/models.toml`: what is checked with which constants, and what must come out.

Each entry is one question to a checker and its recorded answer, counterexamples and numbers of states included.
The configuration that TLC reads is generated from it; nobody writes one by hand.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin, get_type_hints

__all__ = ["ENGINES", "PLACES", "SPEC", "ManifestError", "Model", "asked", "config", "load", "place"]

SCHEMA = 1
HOME = Path(__file__).resolve().parent
#: The models and the pages about them: an installed wheel has them inside of `proofs`, a checkout beside it.
SPEC = next((above / "spec" for above in HOME.parents[:2] if (above / "spec" / "models.toml").is_file()), HOME.parents[1] / "spec")
#: Where the manifest stands: in this folder, else where it came with us.
PLACES = (Path("spec/models.toml"), SPEC / "models.toml")
#: Who runs a mode.
ENGINES = {"exhaustive": "tlc", "simulation": "tlc", "bounded": "apalache", "inductive": "apalache"}
CHOICES: dict[str, tuple[str, ...]] = {
    "mode": tuple(ENGINES),
    "tier": ("ci", "large"),
    "outcome": ("pass", "violation", "liveness", "deadlock"),
    "kind": ("model", "mutant", "zoo", "witness", "fairness"),
}
#: What each type of value is called.
EXPECTED = {
    "list": "a list of texts",
    "dict": "a table of texts",
    "int": "a whole number, 0 or more",
    "float": "a number, 0 or more",
    "str": "a text",
    "bool": "true or false",
}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
#: Keys whose values are names of the module's operators, or empty.
OPERATORS = ("specification", "init", "next", "cinit", "inductive", "constraint", "symmetry")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: How an entry names its module: from the manifest on, without the ending.
MODULE = re.compile(r"(?:\w+/)*[A-Za-z_][A-Za-z0-9_]*")


class ManifestError(ValueError):
    """The manifest is not as it must be; the message says where and what was expected."""


@dataclass(frozen=True)
class Model:
    """One entry. Names are those of the module's operators; constants are TLA+ text; 0 and "" mean that nothing is recorded."""

    name: str
    module: str
    about: str
    mode: str = "exhaustive"
    tier: str = "ci"
    kind: str = "model"
    of: str = ""
    zoo: str = ""
    promises: list[str] = field(default_factory=list)
    specification: str = ""
    init: str = ""
    next: str = ""
    cinit: str = ""
    constants: dict[str, str] = field(default_factory=dict)
    model_values: list[str] = field(default_factory=list)
    substitutions: dict[str, str] = field(default_factory=dict)
    invariants: list[str] = field(default_factory=list)
    properties: list[str] = field(default_factory=list)
    inductive: str = ""
    constraint: str = ""
    symmetry: str = ""
    deadlock: bool = True
    length: int = 0
    behaviours: int = 0
    outcome: str = "pass"
    breaks: str = ""
    trace: int = 0
    distinct: int = 0
    diameter: int = 0
    seconds: float = 0.0
    folder: Path = Path()

    @property
    def engine(self) -> str:
        """Return who runs it: tlc or apalache."""
        return ENGINES[self.mode]

    @property
    def file(self) -> Path:
        """Return the module's file."""
        return self.folder / f"{self.module}.tla"


#: Every key of an entry with its type; `folder` is where the module stands, which `module` says in the manifest, and no key.
KEYS: dict[str, Any] = {name: kind for name, kind in get_type_hints(Model).items() if name != "folder"}
NEEDED = tuple(f.name for f in dataclasses.fields(Model) if f.default is f.default_factory is dataclasses.MISSING)


def place() -> Path | None:
    """Return where the manifest stands, or None."""
    return next((path for path in PLACES if path.is_file()), None)


def load(path: Path) -> list[Model]:
    """Read the manifest; anything not understood is a `ManifestError`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: not TOML: {error}") from error
    if data.get("schema") != SCHEMA:
        raise ManifestError(f"{path}: schema must be {SCHEMA}, not {data.get('schema')!r}")
    entries = data.get("model")
    unknown = set(data) - {"schema", "model"}
    if unknown or not isinstance(entries, list) or not entries:
        wrong = f"unknown keys {', '.join(sorted(unknown))}" if unknown else "no [[model]]"
        raise ManifestError(f"{path}: {wrong}; expected `schema` and one [[model]] or more")
    models = [_entry(path, number, entry) for number, entry in enumerate(entries, 1)]
    _check_together(path, models)
    return models


def _entry(path: Path, number: int, entry: Any) -> Model:
    if not isinstance(entry, dict):
        raise ManifestError(f"{path}: [[model]] number {number} must be a table")
    named = f" ({entry['name']})" if isinstance(entry.get("name"), str) else ""
    where = f"{path}: [[model]] number {number}{named}"
    for key, value in entry.items():
        _check_key(where, key, value)
    missing = [key for key in NEEDED if not entry.get(key)]
    if missing:
        raise ManifestError(f"{where}: {', '.join(missing)} is missing")
    if not MODULE.fullmatch(entry["module"]):
        raise ManifestError(f"{where}: module {entry['module']!r} is no name of TLA+, nor one in a folder beside the manifest")
    file = path.parent / f"{entry['module']}.tla"
    model = Model(**{**entry, "module": file.stem}, folder=file.parent)
    complaint = next(_complaints(model), None)
    if complaint is not None:
        raise ManifestError(f"{where}: {complaint}")
    return model


def _check_key(where: str, key: str, value: Any) -> None:
    if key not in KEYS:
        close = difflib.get_close_matches(key, KEYS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "known: " + ", ".join(KEYS)
        raise ManifestError(f"{where}: unknown key {key!r}; {hint}")
    if not _fits(value, KEYS[key]):
        raise ManifestError(f"{where}: {key} takes {EXPECTED[KEYS[key].__name__]}, not {value!r}")
    if key in CHOICES and value not in CHOICES[key]:
        raise ManifestError(f"{where}: {key} must be one of {', '.join(CHOICES[key])}, not {value!r}")


def _fits(value: Any, kind: Any) -> bool:
    origin = get_origin(kind)
    if origin in (list, dict):
        items = value.values() if isinstance(value, dict) else value
        return isinstance(value, origin) and all(isinstance(item, str) and item for item in items)
    if kind in (int, float):
        return isinstance(value, (int, kind)) and not isinstance(value, bool) and value >= 0
    return isinstance(value, kind)


def _complaints(model: Model) -> Iterator[str]:
    """Yield what is wrong with an entry as a whole."""
    if not NAME.fullmatch(model.name):
        yield f"name {model.name!r} must be letters, digits, - and _"
    operators = [getattr(model, key) for key in OPERATORS]
    operators += [*model.invariants, *model.properties, *model.constants, *model.model_values]
    operators += [name for pair in model.substitutions.items() for name in pair]
    yield from (f"{name!r} is no name of TLA+" for name in operators if name and not IDENTIFIER.fullmatch(name))
    yield from (f"constant {name}: TLA+ text of one line is expected" for name, v in model.constants.items() if "\n" in v)
    if not model.file.is_file():
        yield f"module {model.module}: no file {model.file}"
    if bool(model.specification) == bool(model.init and model.next) or bool(model.init) != bool(model.next):
        yield "takes either specification, or init and next"
    if model.properties and (model.constraint or model.symmetry):
        yield "constraint and symmetry are refused together with properties: they can hide a starvation"
    yield from _complaints_of_mode(model)
    yield from _complaints_of_outcome(model)


def _complaints_of_mode(model: Model) -> Iterator[str]:
    if model.engine == "apalache" and model.specification:
        yield f"mode {model.mode} takes init and next, not specification"
    if model.engine == "apalache" and (model.properties or model.constants or model.substitutions or model.constraint):
        yield f"mode {model.mode} takes neither properties nor constants, substitutions or constraint: constants come from cinit"
    if model.mode in ("bounded", "simulation") and not model.length:
        yield f"mode {model.mode} needs length, the number of steps"
    if model.mode == "simulation" and not model.behaviours:
        yield "mode simulation needs behaviours, how many are tried"
    if (model.mode == "inductive") != bool(model.inductive):
        yield "mode inductive, and no other, takes inductive: the name of the invariant"
    if model.mode in ("exhaustive", "simulation") and not (model.invariants or model.properties or model.deadlock):
        yield "asks nothing: no invariant, no property, no check for deadlock"


def _complaints_of_outcome(model: Model) -> Iterator[str]:
    broken = {"violation": model.invariants + model.properties, "liveness": model.properties}.get(model.outcome, [])
    if model.outcome in ("violation", "liveness") and model.breaks not in broken:
        kind = "a property" if model.outcome == "liveness" else "an invariant"
        yield f"outcome {model.outcome} needs breaks: {kind} of this entry ({', '.join(broken) or 'it has none'})"
    if model.outcome in ("pass", "deadlock") and model.breaks:
        yield f"outcome {model.outcome} breaks nothing, so `breaks` must be left out"
    if model.outcome == "pass" and model.trace:
        yield "outcome pass has no counterexample, so `trace` must be left out"
    if (model.outcome != "pass" or model.mode != "exhaustive") and (model.distinct or model.diameter):
        yield "distinct and diameter are recorded for completed exhaustive searches only"
    if model.outcome == "deadlock" and not model.deadlock:
        yield "outcome deadlock needs deadlock = true"


def _check_together(path: Path, models: list[Model]) -> None:
    names = [model.name for model in models]
    for name in names:
        if names.count(name) > 1:
            raise ManifestError(f"{path}: two entries are called {name}")
    for model in models:
        if model.of and model.of not in names:
            raise ManifestError(f"{path}: {model.name}: `of` names {model.of!r}, which is no entry")


def asked(model: Model) -> dict[str, list[str]]:
    """Return the invariants and the properties that are asked about.

    TLC does not say which of several temporal properties failed. Where one is expected to fail, it alone is asked about.
    """
    alone = model.breaks in model.properties
    return {"invariants": model.invariants, "properties": [model.breaks] if alone else model.properties}


def config(model: Model) -> str:
    """Return the configuration that TLC reads."""
    sections: list[tuple[str, Iterable[str]]] = [
        ("SPECIFICATION", [model.specification]),
        ("INIT", [model.init]),
        ("NEXT", [model.next]),
        ("CONSTANT", _assignments(model.constants, model.model_values, model.substitutions)),
        ("CONSTRAINT", [model.constraint]),
        ("SYMMETRY", [model.symmetry]),
        ("INVARIANT", model.invariants),
        ("PROPERTY", asked(model)["properties"]),
        ("CHECK_DEADLOCK", ["TRUE" if model.deadlock else "FALSE"]),
    ]
    return "".join(_section(keyword, [line for line in lines if line]) for keyword, lines in sections)


def _section(keyword: str, lines: list[str]) -> str:
    return "\n  ".join([keyword, *lines]) + "\n" if lines else ""


def _assignments(constants: Mapping[str, str], values: Iterable[str], substitutions: Mapping[str, str]) -> list[str]:
    return [
        *(f"{name} = {name}" for name in values),
        *(f"{name} = {value}" for name, value in constants.items()),
        *(f"{name} <- {other}" for name, other in substitutions.items()),
    ]
