"""Citations: one theorem for a design review, with what is assumed, the evidence, and what is not claimed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proofs.report.terminal import DISCLAIMER, assumption_text, wrap
from proofs.verdicts import ProveReport, TheoremResult, Verdict

__all__ = ["citation", "citation_markdown", "citation_text"]


def citation(report: ProveReport, result: TheoremResult, named: Mapping[str, object], spec: str) -> dict[str, Any]:
    """Return everything that a citation says, as JSON data; what is assumed or weakens it is told by what is named so."""
    return {
        "schema": 1,
        "id": result.id,
        "title": result.title,
        "verdict": result.verdict,
        "reason": result.reason,
        "policy": report.policy,
        "assumed_by_the_policy": report.assumed,
        "excused_by_the_policy": report.excused,
        "widened_by_the_policy": report.widened,
        "assumes": {name: str(named.get(name, "")) for name in result.assumes},
        "relies_on": result.relies_on,
        "open": result.open,
        "argued": result.argued,
        "weakened": {name: str(named.get(name, "")) for name in result.weakened},
        "not_claimed": not_claimed(result),
        "evidence": {
            "ringfence": report.ringfence,
            "model_digest": report.model_digest,
            "solvers": result.solvers,
            "obligations": result.obligations,
            "framed": result.framed,
            "witnesses": result.witnesses,
            "repeat": f"ringfence prove {spec} --only {result.id} --no-cache",
        },
    }


def not_claimed(result: TheoremResult) -> list[str]:
    """Return what a reader might take for claimed and is not."""
    lines = [
        DISCLAIMER,
        "Nothing is said about timing or other side channels, nor about hardware that is not as modelled.",
    ]
    if result.verdict != Verdict.PROVED:
        lines.append(f"The theorem as a whole is {result.verdict}, not proved.")
    return lines


def _named(texts: dict[str, str]) -> list[str]:
    return [f"{name}: {text}" if text else name for name, text in texts.items()]


def _assumes(data: dict[str, Any]) -> list[str]:
    own = [f"(by the policy) {assumption_text(fact)}" for fact in data["assumed_by_the_policy"]]
    return own + _named(data["assumes"]) or ["nothing beyond the model itself"]


def _evidence(data: dict[str, Any]) -> list[str]:
    found = data["evidence"]
    solvers = ", ".join(f"{name} {version}" for name, version in sorted(found["solvers"].items())) or "no solver was asked"
    counted = f"{found['obligations']} obligations ({found['framed']} framed), {found['witnesses']} witnesses"
    return [
        f"ringfence {found['ringfence']}, model {found['model_digest']}",
        f"{counted}; {solvers}",
        f"repeat: {found['repeat']}",
    ]


def _sections(data: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [
        ("assumes", _assumes(data)),
        ("excuses", [f"(by the policy) {assumption_text(fact)}" for fact in data["excused_by_the_policy"]]),
        ("widens", [f"(by the policy) {assumption_text(fact)}" for fact in data["widened_by_the_policy"]]),
        ("relies on", data["relies_on"]),
        ("open", data["open"]),
        ("argued", data["argued"]),
        ("weakened", _named(data["weakened"])),
        ("not claimed", data["not_claimed"]),
        ("evidence", _evidence(data)),
    ]


def _verdict(data: dict[str, Any]) -> str:
    return f"{data['verdict']} for {data['policy']}" + (f" ({data['reason']})" if data["reason"] else "")


def citation_text(data: dict[str, Any]) -> str:
    """Return a citation as plain text."""
    lines = wrap(data["title"], 13, data["id"]) + wrap(_verdict(data), 13, "verdict")
    for name, items in _sections(data):
        for number, item in enumerate(items):
            lines += wrap(item, 13, "" if number else name)
    return "\n".join(lines) + "\n"


def citation_markdown(data: dict[str, Any]) -> str:
    """Return a citation as Markdown."""
    lines = [f"**{data['id']}** {data['title']}", "", f"- verdict: {_verdict(data)}"]
    lines += [f"- {name}: {item}" for name, items in _sections(data) for item in items]
    return "\n".join(lines) + "\n"
