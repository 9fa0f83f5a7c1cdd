"""What the syntax check goes by: tables of names and constructs, each with what to write instead."""

from __future__ import annotations

import ast
import builtins
import inspect
from functools import cache

from proofs.policies.names import dunder
from pymodel import surface
from pymodel.language.state import Map, Record, State
from pymodel.language.truth import Term, Truth
from pymodel.language.words import Choice, Member, Word
from pymodel.machine import Hypervisor, MachineState

__all__ = [
    "ALLOWED",
    "ANNOTATION",
    "BUILTINS",
    "CONSTANT",
    "LANGUAGE",
    "LIBRARIES",
    "MUTATORS",
    "NO_CALL",
    "NO_METHOD",
    "NO_NODE",
    "PACKAGES",
    "RESERVED",
    "TRANSITIONS",
    "TYPING",
    "VALUES",
    "hidden",
    "interface",
    "named_in_surface",
]

INSTEAD = {
    "model the case as a field of a record, and compare it": "type isinstance issubclass callable",
    "compare words with ==": "id hash",
    "a step has no text; use words and Reason": "repr str format ascii print input open",
    "write the attribute by its name": "getattr setattr delattr hasattr vars dir globals locals",
    "write the code itself": "exec eval compile __import__ breakpoint help",
    "use a plain for over a constant range": "next iter aiter anext",
    "use a word type": "float complex bytes bytearray memoryview",
    "use a tuple, or a Map of the state": "sorted set frozenset",
}
NO_CALL = {name: why for why, names in INSTEAD.items() for name in names.split()}
#: The builtins that a policy may use.
BUILTINS = {
    *(
        "abs",
        "all",
        "any",
        "bool",
        "dict",
        "divmod",
        "enumerate",
        "filter",
        "int",
        "len",
        "list",
        "map",
        "max",
        "min",
        "object",
        "pow",
    ),
    *("property", "range", "reversed", "slice", "staticmethod", "classmethod", "sum", "super", "tuple", "zip"),
    *(name for name, thing in vars(builtins).items() if inspect.isclass(thing) and issubclass(thing, Exception)),
}
#: What a policy may use of `typing`.
TYPING = {"Annotated", "Any", "ClassVar", "Final", "Literal", "NamedTuple", "Self", "TYPE_CHECKING", "TypeVar", "cast"}
MUTATORS = {
    *("append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "popitem"),
    *("add", "discard", "intersection_update", "difference_update", "symmetric_difference_update"),
}
NO_METHOD = {"write", "writelines", "send", "throw", "format", "format_map"}
#: The methods of words, records, maps and states that a policy may call; what else they have is the engine's.
METHODS = {
    *("put", "replace", "set", "reset", "default", "last", "bits", "to", "sext", "slt", "sle", "add_overflows", "width"),
}
NO_NODE: dict[type[ast.AST], str] = {
    ast.Assert: "`assert`: the proof and the run may differ in whether it is looked at; use require(...)",
    ast.NamedExpr: "`:=`: write the assignment as a statement of its own",
    ast.Global: "`global`: keep what must last in class State(Hypervisor.State)",
    ast.Nonlocal: "`nonlocal`: keep what must last in class State(Hypervisor.State)",
    ast.Delete: "`del` of anything but an argument: return a new value",
    ast.While: "`while`: use for over a constant range, or a step with a cursor in the state",
    ast.Try: "`try`: a step is refused or succeeds as a whole; ask with `if` before, or leave it to require(...)",
    ast.TryStar: "`try`: a step is refused or succeeds as a whole; ask with `if` before, or leave it to require(...)",
    ast.With: "`with`: call the function directly",
    ast.AsyncFor: "`async`: write a plain function",
    ast.AsyncWith: "`async`: write a plain function",
    ast.AsyncFunctionDef: "`async`: write a plain function",
    ast.Await: "`await`: write a plain function",
    ast.Yield: "`yield`: return a list or tuple",
    ast.YieldFrom: "`yield`: return a list or tuple",
    ast.Set: "a set display: use a tuple, or compare with == and any_of",
    ast.SetComp: "a set comprehension: use a list",
    ast.JoinedStr: "an f-string: a step has no text; use words and Reason",
    ast.MatchClass: "a class pattern: compare fields with ==",
    ast.MatchSingleton: "a pattern that tests identity: compare with ==",
    ast.MatchMapping: "a mapping pattern: compare fields with ==",
    ast.Import: "an import inside a function: move it to the top of the file",
    ast.ImportFrom: "an import inside a function: move it to the top of the file",
    ast.ClassDef: "a class inside a function: define it in the module",
}
TRANSITIONS = {"operation", "hardware", "guest", "device", "decision", "invariant", "assume"}
#: What a policy may use of the modules of the language itself.
LANGUAGE = {
    "pymodel.language.truth": {"all_of", "any_of", "implies", "negate"},
    "pymodel.language.words": {"Choice", "Member", "Word", "choose", "concat"},
    "pymodel.language.state": {"Map", "Record", "State"},
    "pymodel.language.outcomes": {"Reason", "Refused", "refuse", "require"},
    "pymodel.language.steps": TRANSITIONS,
}
PACKAGES = ("pymodel.hardware", "pymodel.hypervisor", "pymodel.machine", "pymodel.tables", "pymodel.zoo", "proofs.theorems")
LIBRARIES = ("__future__", "typing", "dataclasses", "enum", "collections.abc")
ALLOWED = "a policy uses the model's public names, typing, dataclasses, enum, collections.abc and its own modules"
#: Names whose meaning this check relies on.
RESERVED = {"TYPE_CHECKING", "Granted", "Fault", "staticmethod", "classmethod", "property", "super"}
CONSTANT = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple, ast.BinOp, ast.UnaryOp, ast.Call),
    *(ast.List, ast.Dict, ast.Starred, ast.keyword, ast.expr_context, ast.operator, ast.unaryop),
)
ANNOTATION = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.BinOp, ast.BitOr),
    ast.expr_context,
)


#: The classes of values, and of what holds them, that the language has.
VALUES = (Word, Choice, Member, Record, Map, State, Truth, Term)


@cache
def hidden() -> frozenset[str]:
    """Return the attributes of values, records, maps and states that are the engine's: in a proof they may differ."""
    return frozenset({name for cls in VALUES for name in vars(cls) if not dunder(name)} - METHODS)


@cache
def interface() -> frozenset[str]:
    """Return the attributes that the model offers a policy: fields, parts, members, operations and the methods of values."""
    found = METHODS | {name for name in dir(Hypervisor) if not name.startswith("_")}
    for cls in [thing for thing in map(surface.__dict__.get, surface.__all__) if inspect.isclass(thing) and thing not in VALUES]:
        found |= {name for name in vars(cls) if not name.startswith("_")} - hidden()
        found |= set(cls.fields()) if issubclass(cls, Record) else set()
    states: list[type[State]] = [MachineState, *MachineState.inner_states().values()]
    return frozenset(found | {part for state in states for part in state.parts()})


def named_in_surface(*kinds: type) -> set[str]:
    """Return the names by which a policy can import classes of some kinds."""
    found = {name: surface.__dict__[name] for name in surface.__all__}
    return {name for name, thing in found.items() if inspect.isclass(thing) and issubclass(thing, kinds)}
