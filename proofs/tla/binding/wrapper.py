"""The TLA+ text around a bound module: it names each step, shows the observables, and reads recorded runs. Made from the map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from proofs.tla.binding.language import Action, Binding, Case, Unbound, Variant
from proofs.tla.manifest import Model, config

__all__ = ["SHOWN", "behaviours", "configured", "counterexample", "covered", "named", "recorded"]

#: What the variables that show an observable are called.
SHOWN = "shown_"
#: One behaviour in so many is asked what was possible at one of its steps.
ASKED = 8


def module(name: str, extended: str, lines: Iterable[str]) -> str:
    """Return a module's text."""
    return "\n".join(
        [f"---- MODULE {name} ----", f"EXTENDS {extended}, TLC, Naturals, Sequences, FiniteSets", "", *lines, "====", ""]
    )


def beginning(binding: Binding, names: Sequence[str] = ()) -> list[str]:
    """Return the names that stand for themselves, all if nothing else is said, and the state that a behaviour begins in."""
    return [f"CONSTANTS {', '.join(names or binding.model_values)}", "", "Start ==", f"    {binding.start}", ""]


def configured(binding: Binding, name: str, **asked: Any) -> str:
    """Return the configuration for one of these modules, which begins and steps as they do if nothing else is said."""
    model = Model(name, name, "", constants=dict(binding.constants), model_values=binding.model_values, deadlock=False)
    asked = asked if "specification" in asked else {"init": "Begin", "next": "NextStep", **asked}
    return config(replace(model, **asked))


def instances(binding: Binding, actions: Sequence[Action | Unbound]) -> list[str]:
    """Return the definitions of all actions with their arguments, of the step that one is, and of those that are compared."""
    sets = []
    for a in actions:
        fields = "".join(f", {p} : {binding.domains[p][0]}" for p in a.params)
        sets.append(f'  [act : {{"{a.name}"}}{fields}]')
    steps = [f'a.act = "{a.name}" -> {taken(a)}' for a in actions]
    return [
        "Instances ==",
        " \\union\n".join(sets),
        "",
        "Act(a) == CASE",
        "    " + "\n [] ".join(steps),
        f"May(a) == {binding.within}",
        "",
    ]


def taken(action: Action | Unbound) -> str:
    """Return the step of the module that an action with its arguments `a` is."""
    if isinstance(action, Action) and action.tla:
        return action.tla
    arguments = ", ".join(f"a.{p}" for p in action.params)
    return f"{action.name}({arguments})" if arguments else action.name


def shown(binding: Binding) -> list[str]:
    """Return variables that show the observables, and their values."""
    names = [o.name for o in binding.observables]
    out = [f"VARIABLES {', '.join(SHOWN + n for n in names)}", ""]
    out += [f"Value_{o.name} == {o.tla}" for o in binding.observables]
    now = " /\\ ".join(f"{SHOWN}{n} = Value_{n}" for n in names)
    then = " /\\ ".join(f"{SHOWN}{n}' = Value_{n}'" for n in names)
    return [*out, "", f"ShownNow == {now}", f"ShownThen == {then}", ""]


def behaviours(binding: Binding, depth: int) -> str:
    """Return the module whose behaviours are generated.

    `did` names the step that was taken. In front of the step numbered `at`, `can` lists every step that was possible there.
    """
    lines = [
        *instances(binding, binding.actions),
        *shown(binding),
        *beginning(binding),
        f"Asked == {binding.asked}",
        "VARIABLES did, can, at",
        'Begin == Start /\\ ShownNow /\\ did = [act |-> ""] /\\ can = {} /\\ at \\in 1..' + str(ASKED * depth),
        "NextStep == \\E a \\in Instances :",
        "    /\\ May(a) /\\ Act(a) /\\ did' = a /\\ ShownThen /\\ at' = at",
        '    /\\ can\' = IF TLCGet("level") = at /\\ Asked THEN {b \\in Instances : May(b) /\\ ENABLED Act(b)} ELSE {}',
    ]
    return module("Behaviours", binding.module, lines)


def covered(binding: Binding) -> str:
    """Return the module that says: every step of the bound module is known to the map, and it never comes to the start."""
    known = instances(binding, [*binding.actions, *binding.unbound])
    lines = [*known, *beginning(binding), "Declared == [][\\E a \\in Instances : Act(a)]_vars", "NeverStarts == ~Start"]
    return module("Covered", binding.module, lines)


def counterexample(binding: Binding, variant: Variant, entry: Model) -> str:
    """Return the module whose counterexample is the variant's, with the steps named."""
    lines = [
        *instances(binding, [*binding.actions, variant.action, *variant.others]),
        *shown(binding),
        *beginning(binding, entry.model_values),
        "VARIABLE did",
        'Begin == Start /\\ ShownNow /\\ did = [act |-> ""]',
        "NextStep == \\E a \\in Instances : May(a) /\\ Act(a) /\\ did' = a /\\ ShownThen",
        "View == vars",
    ]
    return module("Counterexample", entry.module, lines)


def recorded(binding: Binding, cases: Sequence[Case], values: Sequence[Sequence[str]], runs: Sequence[str]) -> str:
    """Return the module that takes recorded runs as behaviours of the bound one.

    A run is a sequence of <<case, taken, value of each observable>>, each a number into `Cases` or `Values`; case 0 is a
    Python step without effect in the module. A refused case must not be possible. Between two states that were recorded,
    declared inner steps may happen.
    """
    compared = [o for o in binding.observables if o.python is not None or o.name == binding.result]
    tables = [f"Values_{o.name} == <<{', '.join(v)}>>" for o, v in zip(compared, values, strict=True)]
    agrees = [f"({o.tla}) = Values_{o.name}[event[{n}]]" for n, o in enumerate(compared, 3)]
    around = " \\/ ".join(f'Cases[event[1]].act = "{name}"' for name in binding.around) or "FALSE"
    lines = [
        *instances(binding, binding.actions),
        *beginning(binding),
        f"Cases == <<{', '.join(written(binding, case) for case in cases)}>>",
        *tables,
        *(f"Run_{n} == <<{run}>>" for n, run in enumerate(runs, 1)),
        f"Runs == <<{', '.join(f'Run_{n}' for n in range(1, len(runs) + 1))}>>",
        "VARIABLES run, at",
        "Begin == Start /\\ run \\in 1..Len(Runs) /\\ at = 1",
        "Agrees == LET event == Runs[run][at - 1] IN",
        "    " + " /\\ ".join(agrees),
        f"Inner(a) ==\n    {binding.inner}",
        "NextStep == at <= Len(Runs[run]) /\\ run' = run /\\ LET event == Runs[run][at] IN",
        "    \\/ event[1] = 0 /\\ UNCHANGED vars /\\ at' = at + 1 /\\ Agrees'",
        "    \\/ event[1] # 0 /\\ event[2] = 1 /\\ May(Cases[event[1]]) /\\ Act(Cases[event[1]]) /\\ at' = at + 1 /\\ Agrees'",
        "    \\/ event[2] = 0 /\\ ~(May(Cases[event[1]]) /\\ ENABLED Act(Cases[event[1]])) /\\ UNCHANGED vars /\\ at' = at + 1",
        f"    \\/ event[1] # 0 /\\ event[2] = 1 /\\ ({around}) /\\ Inner(Cases[event[1]]) /\\ at' = at",
        'Told == at <= Len(Runs[run]) \\/ PrintT(<<"accepted", run>>)',
        'Followed == PrintT(<<"reached", run, at>>)',
    ]
    return module("Recorded", binding.module, lines)


def written(binding: Binding, case: Case) -> str:
    """Write an action with its arguments as a record."""
    return f'[act |-> "{case.name}"' + "".join(f", {name} |-> {named(binding, value)}" for name, value in case.args) + "]"


def named(binding: Binding, name: str) -> str:
    """Write a name: the module's by themselves, any other as a string."""
    return name if name in binding.model_values else f'"{name}"'
