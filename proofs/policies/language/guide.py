"""The guide for whoever writes a policy, `spec/write-a-policy.md`: `python -m proofs.policies.language.guide` prints it."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

from proofs.policies.language.members import overridable, vars_of_reference
from proofs.policies.language.page import first_line, signature, table

__all__ = ["guide"]

HEAD = """\
# Write a policy

This page is printed by `python -m proofs.policies.language.guide`. A test compares the two, loads each example, and proves the
steps that it changes. `spec/language.md` has all that a policy may say; here is what one usually says.

```
ringfence new doors          # writes doors.py and test_doors.py
ringfence prove doors.py     # minutes the first time, then only what has changed
```

A policy is a subclass of the reference hypervisor. What it does not say it has from there. It can

- take a **decision** otherwise: the operations around it stay, and rely on the decision's contract alone;
- **override an operation**: the operation's own contract stays, and the override must keep it;
- have **state** and **operations of its own**, and state, excuse or assume something, each under a mark.

## Decisions

A contract takes what the decision was asked and its `answer`, and says which answers will do. POL-2 asks whether yours keeps it;
what is proved of a step under arbitrary decisions that keep theirs (POL-1) holds for any. `ringfence explain NAME` prints the
reference's answer and the contract.

"""
DECISION = """\

This one scrubs every frame that goes back, clean or not. The contract of `must_scrub` asks for the scrubbing of what is not
clean, and is kept:

```python
\"\"\"Scrubs whatever goes back.\"\"\"

from pymodel import Frame, Hypervisor, MachineState


class Thorough(Hypervisor):
    \"\"\"Trusts no note that a frame is clean.\"\"\"

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        \"\"\"Always.\"\"\"
        return True
```

## Operations

An override calls `super()`, or does the work in its own way. Either way the contract says who may ask (`may ask`), when it must
not be refused (`may not be refused`) and for what it may be all the same (`but for`), what is done (`does`), and which records
may differ afterwards (`may change`). `ringfence explain share` prints that of `share`.

### `@excuse`: it refuses more

What a policy refuses beyond the contract it says, with the reason and the fact, and the report prints it. Unsaid, MEM-8 is
refuted. The method takes the state and arguments of the operation, under their names:

```python
\"\"\"Has room for 64 grants of each VM.\"\"\"

from pymodel import Frame, Grant, Hypervisor, MachineState, Reason, Rights, Vm, excuse, require


class FewGrants(Hypervisor):
    \"\"\"Takes grants 0 to 63 of each VM, and no more.\"\"\"

    @excuse("share", Reason.OUT_OF_RANGE)
    def has_no_room(self, s: MachineState, grant: Grant) -> bool:
        \"\"\"The grant has a number above 63.\"\"\"
        return (grant & 0xFFFF) >= 64

    def share(self, s: MachineState, caller: Vm, grant: Grant, frame: Frame, to: Vm, rights: Rights) -> MachineState:
        \"\"\"Refuse what there is no room for, and do as the reference does otherwise.\"\"\"
        require((grant & 0xFFFF) < 64, Reason.OUT_OF_RANGE)
        return super().share(s, caller, grant, frame, to, rights)
```

### `@widens`: it changes more

What an operation changes beyond `may change` a policy says as well: the operation, the part of the state, the fields. The method
returns the key of what is changed. The caller needs the authority for it (AUT-1):

```python
\"\"\"Clears what was reported of a function when it is taken from its owner.\"\"\"

from pymodel import Hypervisor, MachineState, Rid, Vm, clear_fault, widens


class ClearsFaults(Hypervisor):
    \"\"\"Leaves no report of a function that is given away.\"\"\"

    @widens("detach", "fault", "valid kind page write")
    def fault_of_detached(self, s: MachineState, rid: Rid) -> Rid:
        \"\"\"What is reported of the function is cleared.\"\"\"
        return rid

    def detach(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        \"\"\"Detach as the reference does, and clear the report.\"\"\"
        return clear_fault(super().detach(s, caller, rid), rid)
```

## State and operations of its own

`State` names a subclass of `MachineState` with further parts. An operation under `@operation` takes whoever calls as `caller`,
refuses with `require(fact, Reason...)`, and returns the next state.

**An operation of a policy's own has no contract, and none can be written.** It is held to the table of authority instead, which
says of each record whose it is: of the machine such an operation changes only what is its caller's to change, and the policy's
own parts freely. It has to keep every invariant and every promise, it tells its caller nothing that he may not see (NI-1), and it
is never entitled to succeed: nothing is asked about its refusals.

### `@invariant`: what the policy states of itself

It is proved like a theorem, as `OWN`, and may be relied on in all proofs of the policy. Each argument after `s` is the key of
something that it reads:

```python
\"\"\"Notes which VMs were ever started, until the host forgets one that is gone.\"\"\"

from pymodel import HOST, Hypervisor, Life, MachineState, Map, Reason, Record, Vm
from pymodel import any_of, invariant, operation, require


class Start(Record):
    \"\"\"Whether a VM was started.\"\"\"

    seen: bool = False


class Starts(MachineState):
    \"\"\"The machine, and who was started.\"\"\"

    start: Map[Vm, Start]


class NotesStarts(Hypervisor):
    \"\"\"Keeps a note of each start.\"\"\"

    State = Starts

    def start_vm(self, s: Starts, caller: Vm, vm: Vm) -> Starts:
        \"\"\"Start it, and note it.\"\"\"
        return super().start_vm(s, caller, vm).put("start", vm, Start(seen=True))

    @operation
    def forget_start(self, s: Starts, caller: Vm, vm: Vm) -> Starts:
        \"\"\"The host forgets a VM that is gone.\"\"\"
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(s.vm[vm].life == Life.ABSENT, Reason.IN_USE)
        return s.put("start", vm, Start())

    @invariant
    def a_live_vm_was_started(self, s: Starts, vm: Vm) -> bool:
        \"\"\"A VM that is live was started; the host is live from boot.\"\"\"
        return any_of(vm == HOST, s.vm[vm].life != Life.LIVE, s.start[vm].seen)
```

## `@assume`: what the policy takes for granted

An assumption is printed with every verdict, and nothing checks it. A step that breaks it is left out of all runs; what no run
shows for that reason alone is `vacuous`. Here a number that the host never gives is not served:

```python
\"\"\"Serves fifteen VMs, where there are no more.\"\"\"

from pymodel import Hypervisor, Life, MachineState, Reason, Vm, any_of, assume, require


class FewVms(Hypervisor):
    \"\"\"Starts VMs with small numbers.\"\"\"

    @assume("the host creates VMs with numbers below 16 alone")
    def numbers_are_small(self, s: MachineState, vm: Vm) -> bool:
        \"\"\"There is no VM with a larger number.\"\"\"
        return any_of(vm < 16, s.vm[vm].life == Life.ABSENT)

    def start_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        \"\"\"Refuse what there cannot be.\"\"\"
        require(vm < 16, Reason.WRONG_STATE)
        return super().start_vm(s, caller, vm)
```

## How it is decided

The steps that the policy changes are looked at first: they are taken where scripted runs leave things half done, and then from
states that runs from boot reach, in short sequences with every argument left to the solver. A run that breaks a statement refutes
it, and is run again in the model. Every other step is decided too, from the cache where the policy did not change it (`ringfence
cache` shows where it lies, $RINGFENCE_CACHE moves it, `adr/0011-what-a-proof-is-known-by.md` says what it goes by), and what else
the policy's own steps may break is tried with little effort (`adr/0007-survey.md`).

A policy that keeps guests apart by refusing what is theirs is refuted (MEM-8): the run from boot ends in the operation that is
refused. A contract excuses a quota of what its operation counts, a flush to wait for, and a decision; what a policy refuses
besides it says. An operation that always pleads an excuse breaks no theorem, and the report names it among those that no run saw
succeed.

Answers, yes or a reason, tell nobody what he does not see, nor do notes of a policy's (NI-1): ask first whether the caller may
ask, as the reference does, and after that of what is the caller's to see.

How the reference keeps its books is no promise: a policy that keeps them otherwise is proved without those lemmas, where it can
be, and the report names them (`adr/0016-lemmas.md`).

## When it is not proved

| verdict | what to do |
| --- | --- |
| `refuted` | read the run: each step says who did it, the last which statement it breaks; `ringfence replay` shows a saved one |
| `not-inductive` | no run breaks it, and a state that may never arise does. State what excludes that state, as an `@invariant` |
| `not-inductive`, of POL-1 | an operation relies on more than a decision's contract says; the answers that break it are shown |
| `unknown` | it rests on a statement that is broken elsewhere, or the budget ran out |
| `vacuous` | no run shows what it speaks of: the policy or its assumptions let nothing happen |

`ringfence fuzz doors.py` goes on at random; `ringfence reach doors.py 'EXPRESSION'` shows that a state can be reached. What an
earlier version of the model called otherwise, `python -m proofs.policies.port FILE` rewrites. More policies, right and wrong ones
side by side, are in `tests/policies/` of a checkout.
"""


def asked_by(decision: str) -> list[str]:
    """Return the operations that ask a decision, by themselves or by what they call."""
    methods = {name: called(member) for name, member in overridable().items()}
    asking = {decision}
    while more := {name for name, used in methods.items() if used & asking} - asking:
        asking |= more
    return sorted(name for name in asking if hasattr(overridable()[name], "__step__"))


def called(method: Any) -> set[str]:
    """Return the methods that a method calls on itself."""
    nodes = ast.walk(ast.parse(textwrap.dedent(inspect.getsource(method))))
    found = (node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))
    return {node.attr for node in found if node.value.id == "self"}  # type: ignore[attr-defined] # a Name has one


def condition(contract: Any) -> str:
    """Return what a contract asks, as its last line has it."""
    body = ast.parse(textwrap.dedent(inspect.getsource(contract))).body[0]
    last = body.body[-1] if isinstance(body, ast.FunctionDef) else body
    return ast.unparse(last.value) if isinstance(last, ast.Return) and last.value is not None else ast.unparse(last)


def decisions() -> Iterator[tuple[str, ...]]:
    """Yield each decision, what it says, what its contract asks of the answer, and the operations that ask it."""
    for name, member in overridable().items():
        if hasattr(member, "__decision__"):
            contract = vars_of_reference(member.__decision__)
            asks = f"{first_line(contract)} `{condition(contract)}`"
            yield f"`{name}{signature(member)}`", first_line(member), asks, ", ".join(f"`{n}`" for n in asked_by(name))


def guide() -> str:
    """Return the page."""
    rows = table("| decision | what it says | the answer must satisfy | asked by |", decisions())
    return HEAD + "\n".join(rows) + "\n" + DECISION


if __name__ == "__main__":
    sys.stdout.write(guide())
