"""The page about the language in `spec/`, made of the table and the model: `python -m proofs.policies.language.page` prints it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from types import UnionType
from typing import Any

from proofs.policies.language.functions.calls import MARKS
from proofs.policies.language.functions.expressions import LONGEST
from proofs.policies.language.functions.values import is_choice, is_record, is_word, own
from proofs.policies.language.members import overridable
from proofs.policies.language.program import LONGEST_STEP
from proofs.policies.language.table import BUILTINS, INSTEAD, NO_NODE, NODES, OPERATORS, VALUES
from pymodel import surface
from pymodel.language.steps import hints_of
from pymodel.machine import MachineState

__all__ = ["page"]

HEAD = """\
# The language of policies

This page is printed by `python -m proofs.policies.language.page`; a test compares the two. To begin with: `write-a-policy.md`.

A policy is a Python file, and stays one for editors, type checkers and readers. It is not imported: the loader reads it, checks it
against what stands here, and builds from the checked text what is run, on numbers and on symbolic words alike. What does not stand
here is refused with file, line and column before anything is proved or run (exit code 2). Nothing of a policy is run on loading.

Each value has a type that follows from the text: a word, a choice, a truth value, a record, a map, a state, a tuple of values, or a
number of the text, of which the range is known. Operators and calls are checked by these types, so a mistake of Python's (a missing
attribute, a word of another type, a name without a value) is an error of loading as well. Types are exact: `Frame` and `Page` do not
mix, and convert with `.to(...)`.

## An example

```python
\"\"\"A limit to the frames of each VM, which the host sets.\"\"\"

from pymodel import HOST, AccountKind, Count, Frame, Hypervisor, MachineState, Map, Reason, Record, Vm
from pymodel import account, all_of, any_of, excuse, implies, invariant, operation, require


class Quota(Record):
    \"\"\"How many frames a VM may have.\"\"\"

    limited: bool = False
    limit: Count = Count(0)


class Quotas(MachineState):
    \"\"\"The machine, and the limits.\"\"\"

    quota: Map[Vm, Quota]


class Limits(Hypervisor):
    \"\"\"Gives no VM more frames than its limit.\"\"\"

    State = Quotas

    @operation
    def limit_frames(self, s: Quotas, caller: Vm, vm: Vm, limit: Count) -> Quotas:
        \"\"\"The host sets a limit.\"\"\"
        require(caller == HOST, Reason.NOT_ALLOWED)
        return s.put("quota", vm, Quota(limited=True, limit=limit))

    @invariant
    def what_is_no_limit_is_zero(self, s: Quotas, vm: Vm) -> bool:
        \"\"\"A VM without a limit has none noted.\"\"\"
        return implies(s.quota[vm].limited == False, s.quota[vm].limit == 0)

    @excuse("donate", Reason.EXHAUSTED)
    def has_its_frames(self, s: Quotas, vm: Vm) -> bool:
        \"\"\"A VM has as many frames as its limit says, or more.\"\"\"
        return all_of(s.quota[vm].limited, s.count[account(AccountKind.FRAMES, vm)].n >= s.quota[vm].limit)

    def donate(self, s: Quotas, caller: Vm, vm: Vm, frame: Frame) -> Quotas:
        \"\"\"Refuse what is over the limit, and do as the reference does otherwise.\"\"\"
        quota, has = s.quota[vm], s.count[account(AccountKind.FRAMES, vm)].n
        require(any_of(quota.limited == False, has < quota.limit), Reason.EXHAUSTED)
        return super().donate(s, caller, vm, frame)
```

An operation that overrides one of the reference's changes what its contract names (`ringfence explain OPERATION`), the policy's own
parts, and what the policy says that it changes besides, which is printed with each report:

```python
    @widens("detach", "fault", "valid kind page write")
    def fault_of_detached(self, s: MachineState, rid: Rid) -> Rid:
        \"\"\"What is reported of the function is cleared.\"\"\"
        return rid
```

Such a method returns the key of what is changed, or how it begins, from the state before and the operation's arguments; of a part that
is one record it says whether. Who may change a record is told by whose it is, as in an operation of the policy's own, which has no
contract: of the machine it changes what is its caller's to change. Each argument of an invariant is the key of something that it reads.
`&` and `|` bind tighter than `==`.

## A file

| place | what may stand there |
| --- | --- |
| file | a docstring; `from __future__ import annotations`; `from typing import Any`; `from pymodel import NAME, ...`; `from helper import NAME` or `from .helper import NAME`, a file beside it; constants; functions; classes; `__all__`. Nothing is imported under another name, and no name has two meanings |
| constants | words, choices, records, numbers, truth values, texts, and tuples of them; arithmetic on words and numbers; no calls of functions |
| a record | `class Note(Record):` with fields `name: T = default`; T is a word, a choice or `bool`; no ghosts |
| a word | `class Slot(Word, width=4):` and a docstring |
| a choice | `class Colour(Choice):` with `NAME = Member()`, numbered in order |
| the state | `class Mine(MachineState):` with parts `name: Map[K, R]`, `name: Map[tuple[K, ...], R]` or `name: R` |
| a policy | `class P(Hypervisor):`, or derived from another policy: methods, constants, `State = Mine` |
| a method | an override; or one under `@operation`, `@invariant`, `@assume("reason")`, `@excuse("operation", Reason.NAME)` or \
`@widens("operation", "part", "field")`; or one that another function calls |
| a function | plain arguments, without defaults and stars; types as annotations, `Any` for the state |

What may be overridden stands at the end. An operation, invariant, assumption, excuse, widening, method or part has a name that means
nothing else: no part of the state, statement, step, contract, method of a value or phase of the prover. What only resembles a name that
may be overridden is refused too. Calls end: no function comes back to itself, be it through the reference.

Parts that are the platform's or the hardware's, and ghosts, are not written: hardware changes by commands, accounts by `take` and
`drop`. A predicate (of `reset`), an invariant, an assumption, an excuse and a widening do not refuse.
"""


def table(head: str, rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield from (head, "| " + " | ".join("---" for _ in head.split("|")[1:-1]) + " |")
    yield from ("| " + " | ".join(cell.replace("|", "\\\\|") for cell in row) + " |" for row in rows)


def written(node: Any) -> str:
    """Return what a node of `ast` is called there."""
    return str(node.__name__)


def functions() -> Iterator[tuple[str, ...]]:
    """Yield the public functions of the model, with what they take and come to."""
    for name in surface.__all__:
        thing: Any = getattr(surface, name)
        if inspect.isfunction(thing) and thing not in MARKS:
            yield f"`{name}{signature(thing)}`", first_line(thing)


def signature(function: Any) -> str:
    """Return arguments and answer of a function, as a policy sees them."""
    hints = hints_of(function)
    found = [f"{'*' * (p.kind is p.VAR_POSITIONAL)}{p.name}: {typed(hints[p.name])}" for p in parameters(function)]
    return f"({', '.join(found)}) -> {typed(hints['return'])}"


def parameters(function: Any) -> list[inspect.Parameter]:
    """Return the arguments of a function but for `self`."""
    return [p for p in inspect.signature(function).parameters.values() if p.name != "self"]


def typed(hint: Any) -> str:
    """Return what a type is called."""
    if inspect.isclass(hint):
        return "None" if hint is type(None) else "state" if issubclass(hint, MachineState.__mro__[-3]) else hint.__name__
    if isinstance(hint, UnionType):
        return " or ".join(map(typed, hint.__args__))
    args = [typed(part) for part in getattr(hint, "__args__", ())]
    name = str(getattr(hint, "__name__", getattr(hint, "_name", hint)))
    return f"{name}[{', '.join(args)}]" if args else name


def first_line(thing: Any) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def kinds() -> Iterator[tuple[str, ...]]:
    """Yield the public types of the model, with what is special to each."""
    for name in surface.__all__:
        cls: Any = getattr(surface, name)
        if is_choice(cls) and cls is not surface.Choice:
            yield f"`{name}`", "choice", ", ".join(cls.names)
        elif is_word(cls) and cls.width:
            extra = f"; `.{'`, `.'.join(sorted(own(cls)))}`" if own(cls) else ""
            yield f"`{name}`", f"word, {cls.width} bits", first_line(cls).rstrip(".") + extra
        elif is_record(cls) and cls is not surface.Record:
            ghosts = {field for field, owner in cls.owners().items() if owner.value == "ghost"}
            fields = [f"{field}: {kind.__name__}" for field, kind in cls.fields().items() if field not in ghosts]
            yield f"`{name}`", f"record of {cls.WHOSE.value}", ", ".join(fields)


def parts() -> Iterator[tuple[str, ...]]:
    """Yield the parts of the state, with who writes them."""
    for name, shape in MachineState.shapes().items():
        keys = getattr(shape, "keys", None)
        form = f"[{', '.join(k.__name__ for k in keys)}]" if keys else ""
        by = MachineState.refusals().get(name, "`put` and `replace`" if keys else "`replace`")
        yield f"`s.{name}{form}`", MachineState.record_of(name).__name__, by


def members() -> Iterator[tuple[str, ...]]:
    """Yield what of the reference may be overridden."""
    for name, function in sorted(overridable().items()):
        what = "decision" if hasattr(function, "__decision__") else "operation" if hasattr(function, "__step__") else "helper"
        yield what, f"`{name}{signature(function)}`", first_line(function)


def page() -> str:
    """Return the page."""
    lines = [HEAD, "## Inside functions", ""]
    lines += table("| nodes | of Python's `ast` |", ((what, ", ".join(map(written, nodes))) for what, nodes in NODES.items()))
    operators = ((what, ", ".join(map(written, nodes))) for what, nodes in OPERATORS.items())
    lines += ["", *table("| operators on | |", operators)]
    lines += ["", *table("| function of Python | takes |", ((f"`{name}`", says) for name, says in BUILTINS.items()))]
    lines += ["", f"A range has at most {LONGEST:,} numbers, and a step evaluates at most {LONGEST_STEP:,} expressions.", ""]
    lines += ["What else Python has is refused; what to write instead:", ""]
    lines += [f"- {why}" for why in dict.fromkeys(NO_NODE.values())]
    lines += [f"- {', '.join(f'`{n}`' for n in names.split())}: {why}" for why, names in INSTEAD.items()]
    lines += [
        "",
        "## What values offer",
        "",
        *table("| of a | form | what it is |", ((r.of, f"`{r.form}`", r.says) for r in VALUES)),
    ]
    lines += ["", "Beside these: fields of records, parts of states, names of choices, and what the types below have of their own."]
    lines += ["", "## Types of the model", "", *table("| type | is a | has |", kinds())]
    constants = [n for n in surface.__all__ if not callable(getattr(surface, n))]
    lines += ["", f"Constants: {', '.join(f'`{name}`' for name in constants)}."]
    lines += ["", "## The state", "", *table("| part | holds | written by |", parts())]
    lines += ["", "## Functions of the model", "", *table("| function | what it does |", functions())]
    lines += ["", "## What may be overridden", "", *table("| kind | method | what it does |", members())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
