"""What the syntax check goes by: tables of names and constructs, each with what to write instead."""

from __future__ import annotations

import ast

__all__ = [
    "ALLOWED",
    "ANNOTATION",
    "CONSTANT",
    "ENGINE",
    "LANGUAGE",
    "LIBRARIES",
    "MUTATORS",
    "NO_CALL",
    "NO_METHOD",
    "NO_NODE",
    "PACKAGES",
    "RESERVED",
    "TRANSITIONS",
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
MUTATORS = {
    *("append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "popitem"),
    *("add", "discard", "intersection_update", "difference_update", "symmetric_difference_update"),
}
NO_METHOD = {"write", "writelines", "send", "throw", "format", "format_map"}
ENGINE = {
    *("raw", "is_concrete", "of", "term", "points", "shape", "decide", "leak", "build", "key_words", "check_key"),
    *("gi_frame", "gi_code", "gi_yieldfrom", "_v", "_operand"),
}
NO_NODE: dict[type[ast.AST], str] = {
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
    "pymodel.language.outcomes": {"Fault", "FaultKind", "Granted", "Reason", "Refused", "refuse", "require"},
    "pymodel.language.steps": TRANSITIONS,
}
PACKAGES = ("pymodel.hardware", "pymodel.hypervisor", "pymodel.tables", "pymodel.zoo", "proofs.theorems")
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
