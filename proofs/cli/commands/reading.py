"""The commands for readers: `list`, `explain`, and the list of what must be trusted."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from proofs.cli import output
from proofs.cli.commands.checking import known_models
from proofs.cli.exits import Code, Stop
from proofs.cli.loading import no_match
from proofs.cli.output import version
from proofs.policies.files import shown_place
from proofs.policies.header import place_of
from proofs.policies.policy_statements import OWN
from proofs.report.json_report import dumps
from proofs.report.terminal import DISCLAIMER, Line, wrap
from proofs.report.trust import TRUSTED
from proofs.theorems import CATALOGUE, Statement, Theorem, requirements
from proofs.theorems.operations.contract import Contract
from proofs.theorems.operations.contracts import CONTRACTS, contract_of
from proofs.theorems.promises.interleaved import INTERLEAVED
from proofs.tla.manifest import Model, place
from pymodel.machine import Hypervisor

__all__ = ["explain", "explain_trust", "list_theorems"]

LAYERS = {"T": "tables", "S": "system", "C": "concurrency", "P": "policy"}


def list_theorems(json: str | None) -> int:
    """Print every theorem with its ID."""
    output.check_destination(json)
    theorems = list(CATALOGUE.theorems.values())
    models = searched()
    if json is not None:
        data = {"schema": 1, "ringfence": version(), "theorems": [_listed(t) for t in theorems]}
        data["interleaved"] = [
            {"id": i, "title": title, "models": [m.name for m in models if i in m.promises]} for i, title in INTERLEAVED.items()
        ]
        return output.write_json(dumps(data), json)
    lines = [line for t in theorems for line in _list_lines(t)]
    for name, title in INTERLEAVED.items():
        text = f"{title} [searched, not proved: `ringfence check {name}`]"
        lines += [Line(t) for t in wrap(text, 9, name)]
    return output.show_results(lines, None)


def searched() -> list[Model]:
    """Return the models of the manifest; none where it did not come along."""
    return known_models() if place() is not None else []


def evidence_for(name: str) -> list[Model]:
    """Return the models that the manifest names for a promise."""
    return [model for model in searched() if name in model.promises]


def _listed(theorem: Theorem) -> dict[str, Any]:
    return {
        "id": theorem.id,
        "area": theorem.area,
        "layer": LAYERS.get(theorem.layer, theorem.layer),
        "title": theorem.title,
        "clauses": list(theorem.clauses),
        "assumes": list(theorem.assumes),
        "open": list(theorem.open),
        "argued": list(theorem.argued),
        "weakened": list(theorem.weakened),
    }


def _list_lines(theorem: Theorem) -> list[Line]:
    stated = f"{len(theorem.clauses)} stated" + (f", {len(theorem.open)} open" if theorem.open else "")
    return [Line(t) for t in wrap(f"{theorem.title} [{stated}]", 9, theorem.id)]


def explain(name: str) -> int:
    """Print a theorem (or one statement, or the contract of an operation) in full: what a reviewer must read."""
    theorem = CATALOGUE.theorems.get(name.upper())
    if theorem is not None:
        return output.show_results([Line(t) for t in _theorem_text(theorem)], None)
    if name in CATALOGUE.statements:
        return output.show_results([Line(t) for t in _statements_text([CATALOGUE.statements[name]])], None)
    if name.upper() in INTERLEAVED:
        return output.show_results([Line(t) for t in _interleaved_text(name.upper())], None)
    if name.upper() == OWN:
        raise Stop(Code.INPUT, f"{OWN} is what a policy states of itself: the methods marked `@invariant` in its file")
    if name in CONTRACTS:
        return output.show_results([Line(t) for t in _contract_text(CONTRACTS[name])], None)
    contracts = contracts_of_decisions()
    if name in contracts:
        return output.show_results([Line(t) for t in _decision_text(name, contracts[name])], None)
    known = [*CATALOGUE.theorems, *INTERLEAVED, *CATALOGUE.statements, *CONTRACTS, *contracts]
    raise Stop(Code.INPUT, no_match("theorem, statement, operation or decision", name, known))


def contracts_of_decisions() -> dict[str, str]:
    """Return the name of its contract for each decision, and for the contract itself."""
    marks = {name: getattr(getattr(Hypervisor, name), "__decision__", "") for name in dir(Hypervisor)}
    return {name: contract for name, contract in marks.items() if contract} | {c: c for c in marks.values() if c}


def _decision_text(name: str, contract: str) -> Iterator[str]:
    """Yield a decision as the reference takes it, and what any policy's answer must satisfy."""
    yield from wrap("what a policy may decide in its own way; POL-2 asks whether it keeps the contract", 12, name)
    for each in dict.fromkeys((name, contract)):
        method = getattr(Hypervisor, each)
        yield from ("", f"# {_place(method)}", *inspect.getsource(method).rstrip().splitlines())


def _contract_text(contract: Contract) -> Iterator[str]:
    yield f"The contract of the operation {contract.operation}"
    for what, text in contract.rows():
        yield from wrap(text, 24, what)


def _interleaved_text(name: str) -> Iterator[str]:
    yield from wrap(INTERLEAVED[name], 12, name)
    yield from wrap("concurrency: a search of TLA+ models, bounded by their constants; never a proof", 12, "layer")
    yield from wrap(f"`ringfence check {name}`", 12, "verdict")
    for model in evidence_for(name):
        constants = ", ".join(f"{constant} = {text}" for constant, text in model.constants.items())
        checked = ", ".join([*model.invariants, *model.properties])
        text = f"{model.name} ({model.file.as_posix()}, tier {model.tier}): {model.about}; {constants}; checked: {checked}"
        yield from wrap(text, 12, "model")


def _theorem_text(theorem: Theorem) -> Iterator[str]:
    yield from wrap(theorem.title, 12, theorem.id)
    yield from wrap(LAYERS.get(theorem.layer, theorem.layer), 12, "layer")
    english = dict(requirements.ASSUMPTIONS)
    for name in theorem.assumes or ("nothing beyond the model itself",):
        yield from wrap(f"{name}: {english[name]}" if name in english else name, 12, "assumes")
    for text in theorem.open:
        yield from wrap(text, 12, "open")
    for text in theorem.argued:
        yield from wrap(text, 12, "argued")
    for name in theorem.weakened:
        yield from wrap(f"{name}: {requirements.UNDONE[name]}", 12, "weakened")
    for name in theorem.witnesses:
        yield from wrap(name, 12, "witness")
    for name in theorem.mutants:
        yield from wrap(name, 12, "mutant")
    for model in evidence_for(theorem.id):
        yield from wrap(f"{model.name}, for what interleaves: `ringfence check {model.name}`", 12, "searched")
    yield from wrap(DISCLAIMER, 12, "not claimed")
    yield from wrap(
        f"The verdict, and the statements that its proof used, are printed by `ringfence prove --only {theorem.id}`.",
        12,
        "verdict",
    )
    yield from _statements_text([CATALOGUE.statements[name] for name in theorem.clauses])


def _statements_text(statements: list[Statement]) -> Iterator[str]:
    for statement in statements:
        lemma = ", a lemma: no theorem promises it" if statement.name in CATALOGUE.lemmas else ""
        yield from ("", f"# {_place(statement.function)}  ({statement.kind}{lemma})")
        yield from inspect.getsource(statement.function).rstrip().splitlines()
    helpers, model = relied_on([s.function for s in statements])
    if contract_of in helpers:
        yield from ("", "Reads the contract of the step at hand; `ringfence explain OPERATION` prints one, for these operations:")
        yield from wrap(", ".join(CONTRACTS), 4, "")
    if helpers:
        yield from ("", "Relies on these definitions:")
    for helper in helpers:
        yield from ("", f"# {_place(helper)}", *inspect.getsource(helper).rstrip().splitlines())
    if model:
        yield from ("", "Relies on the model's own:", *(f"  {_place(f)}  {f.__name__}" for f in model))


def relied_on(functions: list[Callable[..., Any]]) -> tuple[list[Callable[..., Any]], list[Callable[..., Any]]]:
    """Return the definitions that functions use, in turn: those among the theorems, and those of the model."""
    helpers: dict[str, Callable[..., Any]] = {}
    model: dict[str, Callable[..., Any]] = {}
    waiting = list(functions)
    while waiting:
        function = waiting.pop(0)
        for name in _names(function.__code__):
            used = function.__globals__.get(name)
            if not inspect.isfunction(used) or used in functions:
                continue
            if used.__module__.startswith("proofs.theorems") and name not in helpers:
                helpers[name] = used
                waiting.append(used)
            elif used.__module__.startswith("pymodel.hardware"):
                model[name] = used
    return list(helpers.values()), list(model.values())


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _place(function: Callable[..., Any]) -> str:
    return shown_place(*place_of(function))


def explain_trust() -> int:
    """Print what must be trusted, and how each of it is tested."""
    lines = [Line("What a proof of ringfence asks you to trust, and how each is tested:")]
    for number, (what, tested) in enumerate(TRUSTED, start=1):
        lines += [Line(""), *(Line(t) for t in wrap(what, 4, f"{number}."))]
        lines += [Line(t) for t in wrap(f"Tested: {tested}", 4)]
    lines += [Line(""), Line("What hardware can do and no step of the model does, with the theorems that it weakens:")]
    for name, undone in requirements.UNDONE.items():
        lines += [Line(""), *(Line(t) for t in wrap(f"{undone}. It weakens {', '.join(undone.weakens)}.", 14, name))]
    return output.show_results(lines, None)
