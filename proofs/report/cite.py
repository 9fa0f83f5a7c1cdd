"""Citations: one theorem for a design review, in a paragraph: what is assumed, the evidence, and what is not claimed."""

from __future__ import annotations

import hashlib
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


def _relied(data: dict[str, Any]) -> str:
    """Return what a proof relies on: how many other statements, and a digest of their names."""
    names: list[str] = data["relies_on"]
    if not names:
        return "no other statement"
    digest = hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:12]
    return f"{len(names)} other statement{'s' * (len(names) > 1)} (digest {digest}; --json names them)"


def _policy(data: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return what the policy says of itself that a reader must know."""
    kinds = (("assumes", "assumed_by_the_policy"), ("excuses", "excused_by_the_policy"), ("widens", "widened_by_the_policy"))
    return [(word, [assumption_text(fact) for fact in data[name]]) for word, name in kinds]


def _verdict(data: dict[str, Any]) -> str:
    return f"{data['verdict']} for {data['policy']}" + (f" ({data['reason']})" if data["reason"] else "")


def _sentences(data: dict[str, Any]) -> list[str]:
    """Return a citation sentence by sentence."""
    found = data["evidence"]
    solvers = ", ".join(f"{name} {version}" for name, version in sorted(found["solvers"].items())) or "no solver was asked"
    own = [f"The policy {word} {'; '.join(facts)}." for word, facts in _policy(data) if facts]
    parts = (("Open", data["open"]), ("Argued and not proved", data["argued"]), ("Weakened by", _named(data["weakened"])))
    counted = f"{found['obligations']} obligations ({found['framed']} framed), {found['witnesses']} witnesses"
    return [
        f"Verdict: {_verdict(data)}.",
        *own,
        f"It assumes {'; '.join(_named(data['assumes'])) or 'nothing beyond the model itself'}.",
        f"Evidence: {counted}; {solvers}; ringfence {found['ringfence']}, model {found['model_digest']}.",
        f"The proof relies on {_relied(data)}.",
        *(f"{word}: {'; '.join(items)}." for word, items in parts if items),
        f"Not claimed: {' '.join(data['not_claimed'])}",
    ]


def citation_text(data: dict[str, Any]) -> str:
    """Return a citation as a paragraph, and the command that repeats it."""
    paragraph = wrap(" ".join([f"{data['id']}: {data['title']}", *_sentences(data)]), 0)
    return "\n".join([*paragraph, f"Repeat: {data['evidence']['repeat']}"]) + "\n"


def citation_markdown(data: dict[str, Any]) -> str:
    """Return a citation as Markdown."""
    lines = [f"**{data['id']}** {data['title']}", "", *(f"- {text}" for text in _sentences(data))]
    return "\n".join([*lines, f"- Repeat: `{data['evidence']['repeat']}`"]) + "\n"
