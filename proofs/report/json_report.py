"""Reports as JSON, and the schema of that of `ringfence prove`. Same input, same bytes, but for the fields of seconds."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from proofs.traces import SCHEMA as TRACE_SCHEMA
from proofs.traces import Trace, to_json
from proofs.verdicts import HEADER, OF_FAILURE, ObligationVerdict, ProveReport, Verdict

if TYPE_CHECKING:
    from proofs.report.prove_text import Shown
    from proofs.report.refutation.telling import Told

__all__ = ["SCHEMA_VERSION", "dumps", "plain", "prove_json", "schema", "told_json"]

SCHEMA_VERSION = 4


def dumps(data: Any) -> str:
    """Return canonical JSON: keys sorted, ASCII, a newline at the end."""
    return json.dumps(data, sort_keys=True, indent=2) + "\n"


def plain(value: Any) -> Any:
    """Return a value as JSON data: a trace as it is saved, any other record field by field."""
    if isinstance(value, Trace):
        return to_json(value)
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def prove_json(report: ProveReport, shown: Shown | None = None) -> dict[str, Any]:
    """Return a report of `prove` as JSON data, with what the first screen says of a refuted policy."""
    runs, contracts = ([], []) if shown is None else (shown.told, shown.contracts)
    failures = sorted(report.failures, key=lambda o: (o.step, o.statement))
    return {
        "schema": SCHEMA_VERSION,
        "ringfence": report.ringfence,
        "policy": report.policy,
        "model_digest": report.model_digest,
        **report.header,
        "summary": _summary(report),
        "theorems": plain(report.theorems),
        "refutations": [told_json(told) for told in runs],
        "contracts": plain(contracts),
        "failures": plain(failures),
        "dead": sorted(report.dead),
        "notes": report.notes,
        "interrupted": report.interrupted,
    }


def told_json(told: Told) -> dict[str, Any]:
    """Return a run in words as JSON data; the trace stands beside the theorem that it refutes."""
    return {name: plain(value) for name, value in vars(told).items() if name not in ("trace", "result")}


def _summary(report: ProveReport) -> dict[str, Any]:
    counts = {v.replace("-", "_"): sum(r.verdict == v for r in report.theorems) for v in Verdict}
    return {**counts, "obligations": report.obligations, "framed": report.framed, "seconds": report.seconds}


_TEXT = {"type": "string"}
_FACTS = {"type": "array", "items": {"type": "object", "additionalProperties": _TEXT}}
_COUNT = {"type": "integer", "minimum": 0}
_SECONDS = {"type": "number", "minimum": 0}
_TEXTS = {"type": "array", "items": _TEXT}
_VERSIONS = {"type": "object", "additionalProperties": _TEXT}


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = sorted(set(properties) - set(optional))
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _trace_schema() -> dict[str, Any]:
    step = _object({"step": _TEXT, "arguments": {"type": "object", "additionalProperties": {"type": "integer"}}})
    return _object(
        {
            "schema": {"const": TRACE_SCHEMA},
            **dict.fromkeys(("policy", "platform", "model_digest", "statement", "reaches"), _TEXT),
            "machine": {"type": ["object", "null"]},
            "keys": {"type": "array", "items": {"type": "integer"}},
            "steps": {"type": "array", "items": step},
        }
    )


def _theorem_schema() -> dict[str, Any]:
    counterexample = _object(
        {
            "statement": _TEXT,
            "from_boot": {"type": "boolean"},
            "trace": {"anyOf": [{"type": "null"}, _trace_schema()]},
            "cti": {"type": ["object", "null"]},
            "shortest": {"type": "boolean"},
        }
    )
    texts = dict.fromkeys(("id", "area", "title", "layer", "reason"), _TEXT)
    lists = dict.fromkeys(("assumes", "relies_on", "open", "argued", "weakened"), _TEXTS)
    counts = dict.fromkeys(("obligations", "framed", "witnesses", "cost"), _COUNT)
    return _object(
        {
            **texts,
            **lists,
            **counts,
            "verdict": {"enum": [*Verdict, ObligationVerdict.DISAGREEMENT]},
            "seconds": _SECONDS,
            "solvers": _VERSIONS,
            "counterexample": {"anyOf": [{"type": "null"}, counterexample]},
        }
    )


def _failure_schema() -> dict[str, Any]:
    texts = dict.fromkeys(("step", "statement", "where", "digest"), _TEXT)
    return _object(
        {
            **texts,
            "verdict": {"enum": [*OF_FAILURE]},
            "seconds": _SECONDS,
            "cost": _COUNT,
            "relies_on": _TEXTS,
            "answers": _TEXTS,
            "solvers": _VERSIONS,
            "arbitrary": {"enum": [None, *ObligationVerdict]},
            "cti": {"type": ["object", "null"]},
        }
    )


def _told_schema() -> dict[str, Any]:
    step = _object(
        {
            "number": _COUNT,
            **dict.fromkeys(("actor", "call", "gap", "refused", "differs"), _TEXT),
            **dict.fromkeys(("changes", "breaks"), _TEXTS),
        }
    )
    texts = ("statement", "promise", "by", "cells", "why", "setup", "legend", "file")
    return _object(
        {
            **dict.fromkeys(texts, _TEXT),
            **dict.fromkeys(("theorems", "broken", "where", "machine"), _TEXTS),
            **dict.fromkeys(("steps", "folded", "line"), _COUNT),
            "shown": {"type": "array", "items": step},
        }
    )


def _contract_schema() -> dict[str, Any]:
    texts = ("decision", "contract", "english", "answer", "usual", "file", "place")
    return _object({**dict.fromkeys(texts, _TEXT), "line": _COUNT, "values": {"type": "object", "additionalProperties": _TEXT}})


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a report of `prove`."""
    counts = {verdict.replace("-", "_"): _COUNT for verdict in Verdict}
    summary = _object({**counts, "obligations": _COUNT, "framed": _COUNT, "seconds": _SECONDS})
    body = _object(
        {
            "schema": {"const": SCHEMA_VERSION},
            **dict.fromkeys(("ringfence", "policy", "model_digest"), _TEXT),
            **dict.fromkeys(HEADER, _FACTS),
            "summary": summary,
            "theorems": {"type": "array", "items": _theorem_schema()},
            "refutations": {"type": "array", "items": _told_schema()},
            "contracts": {"type": "array", "items": _contract_schema()},
            "failures": {"type": "array", "items": _failure_schema()},
            "dead": _TEXTS,
            "notes": _TEXTS,
            "interrupted": {"type": "boolean"},
        }
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "ringfence prove", **body}
