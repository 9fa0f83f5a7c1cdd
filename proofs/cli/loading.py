"""What a command names on its line - a policy, a solver, theorems - found, or told to be missing with what comes close."""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from proofs import policies
from proofs.cli import output
from proofs.cli.exits import Code, Stop
from proofs.installing import how_to_get
from proofs.policies import Finding, LoadedPolicy, PolicyError
from proofs.policies.policy_statements import OWN, assumptions, own_invariants, own_theorem
from proofs.theorems import CATALOGUE
from proofs.theorems.promises.interleaved import INTERLEAVED
from pymodel.language.steps import SignatureError

__all__ = ["load_policy", "need_solver", "no_match", "policy_errors", "select"]

#: What is wrong with a statement of which nothing tells where to ask it.
UNREAD = (
    "each argument after s must be the key of something that it reads, under its own name: s.part[vm], and not s.part[vm + 1] alone"
)


@contextmanager
def policy_errors() -> Iterator[None]:
    """Turn a fault in the user's policy file into a message with file and line."""
    try:
        yield
    except PolicyError as error:
        raise Stop(Code.INPUT, str(error)) from error
    except SignatureError as error:
        raise Stop(Code.INPUT, f"{error.file}:{error.line}: {error}") from error


def load_policy(spec: str) -> LoadedPolicy:
    """Load a policy; what it states or assumes is asked for keys, which must be those of something that it reads."""
    with policy_errors():
        policy = policies.load(spec)
        need_keys(policy)
        return policy


def need_keys(policy: LoadedPolicy) -> None:
    """Refuse an invariant or assumption with an argument by which nothing is read: there is nothing to ask it of."""
    instance = policy.instance()
    own = [*own_invariants(instance), *(statement for statement, _ in assumptions(instance))]
    if own:
        from proofs.search.concrete import Checker  # noqa: PLC0415 - most policies state nothing

        unplanned = set(Checker(own, policy.cls.State).unplanned)
        found = [(st.file, st.line, f"{st.name}: {UNREAD}") for st in own if st.name in unplanned]
        if found:
            file, line, why = found[0]
            raise PolicyError(why, file, line, 0, tuple(Finding(f, n, w) for f, n, w in found[1:]))


def need_solver(name: str) -> None:
    """Stop unless the solver that was asked for is installed."""
    wanted = {"z3": ["z3"], "cvc5": ["cvc5"], "bitwuzla": ["bitwuzla"], "all": ["z3", "cvc5", "bitwuzla"]}[name]
    missing = [module for module in wanted if importlib.util.find_spec(module) is None]
    if missing:
        raise Stop(Code.MISSING, f"--solver {name} needs {', '.join(missing)}; get it with: {how_to_get(*missing)}")


def select(wanted: Iterable[str], spec: str) -> tuple[str, ...]:
    """Return the IDs of the theorems that IDs and areas name (`OWN`: the policy's own invariants); any other name stops the run."""
    known = [*CATALOGUE.theorems, OWN]
    found: list[str] = []
    for name in wanted:
        matched = [i for i in known if name.upper() in (i, i.split("-", maxsplit=1)[0])]
        if not matched and name.upper() in INTERLEAVED:
            raise Stop(Code.INPUT, f"{name.upper()} is about what interleaves, and not proved: `ringfence check {name.upper()}`")
        if not matched:
            raise Stop(Code.INPUT, no_match("theorem or area", name, known))
        found += matched
    if OWN in found:
        with output.quiet_stdout():
            policy = load_policy(spec)
        if not own_theorem(policy.instance()):
            raise Stop(
                Code.INPUT, f"{spec} states nothing of its own, so there is no {OWN} to decide (`@invariant` on a method does)"
            )
    return tuple(i for i in known if i in found)


def no_match(kind: str, name: str, known: Iterable[str]) -> str:
    """Say that a name matches nothing, with the names that come close."""
    names = list(known)
    areas = sorted({i.split("-", maxsplit=1)[0] for i in names if "-" in i})
    close = difflib.get_close_matches(name.upper(), [i.upper() for i in [*areas, *names]], n=5, cutoff=0.5)
    hint = f"close: {', '.join(close)}" if close else f"areas: {', '.join(areas)}"
    return f"no {kind} is called {name!r}; {hint} (`ringfence list` shows all)"
