"""The table: what a policy may say, and what to write instead of the rest. The check, the page in `spec/` and tests come of it.

`VALUES` is the declared interface of values: what each kind of value offers in a run and in a proof alike. All else that Python
offers of them is refused.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

__all__ = ["BUILTINS", "INSTEAD", "NODES", "NO_NODE", "OPERATORS", "REFUSED_NAMES", "TYPING", "VALUES", "Row"]


@dataclass(frozen=True)
class Row:
    """One thing that a value offers."""

    of: str
    """Of what: a word, a type of word, a choice, a record, a type of record, a map, a state."""
    name: str
    form: str
    says: str


VALUES = (
    Row("word", "bits", "w.bits(high, low, T)", "the bits high..low as a T, widened with zeros; high and low are numbers"),
    Row("word", "to", "w.to(T)", "as a T: zero-extended, or cut to its low bits"),
    Row("word", "sext", "w.sext(T)", "as a T that is at least as wide, the sign bit repeated"),
    Row("word", "slt", "w.slt(x)", "signed less than"),
    Row("word", "sle", "w.sle(x)", "signed at most"),
    Row("word", "add_overflows", "w.add_overflows(x)", "whether the sum would not fit"),
    Row("word", "width", "w.width, T.width", "how many bits it has, a number"),
    Row("type of word", "last", "T.last()", "the largest word of a type that is no choice"),
    Row("record", "replace", "r.replace(field=value, ...)", "a copy with some fields changed; never a ghost"),
    Row("type of record", "default", "R.default()", "the record in which every field has its default"),
    Row("map", "set", "m.set(key, record)", "the map with another record at one key"),
    Row("map", "reset", "m.reset(predicate)", "the map with the default wherever predicate(*key, record) holds"),
    Row("state", "put", 's.put("part", key, record)', "a copy with another record at one key of a map"),
    Row("state", "replace", "s.replace(part=value, ...)", "a copy with some parts changed"),
)

#: Operators by the operands that they take; words wrap, a number stands for a word of the other side's type if it fits.
OPERATORS: dict[str, tuple[type[ast.AST], ...]] = {
    "words": (ast.Add, ast.Sub, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift),
    "numbers": (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr),
    "truth values (with `and`, `or`, `not`; `&` and `|` bind tighter than ==)": (ast.BitAnd, ast.BitOr),
    "comparisons of words and numbers": (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
    "comparisons of records and truth values": (ast.Eq, ast.NotEq),
}

#: The builtins that a policy may use.
BUILTINS = {
    "range": "numbers, for `for`; all its arguments are constants",
    "zip": "tuples, gone through together",
    "enumerate": "a tuple, with the number of each part",
    "reversed": "a tuple from its end",
    "len": "how many parts a tuple has",
    "min": "the smallest of words of one type, or of numbers",
    "max": "the largest of words of one type, or of numbers",
    "super": "the method of the class above: `super().name(...)`",
}
#: What a policy may use of `typing`.
TYPING = {"Any"}

#: The nodes that a function may be made of.
NODES: dict[str, tuple[type[ast.AST], ...]] = {
    "statements": (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete, ast.If, ast.For, ast.Return, ast.Expr, ast.Pass),
    "functions": (ast.FunctionDef, ast.Lambda),
    "expressions": (
        *(ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call, ast.Tuple, ast.BinOp, ast.UnaryOp),
        *(ast.BoolOp, ast.Compare, ast.IfExp, ast.GeneratorExp, ast.ListComp),
    ),
}

NO_NODE: dict[type[ast.AST], str] = {
    ast.Assert: "`assert`: use require(...)",
    ast.AsyncFor: "`async`: write a plain function",
    ast.AsyncFunctionDef: "`async`: write a plain function",
    ast.AsyncWith: "`async`: write a plain function",
    ast.Await: "`async`: write a plain function",
    ast.Break: "`break`: ask with `if` in the loop's body",
    ast.ClassDef: "a class inside a function: define it in the module",
    ast.Continue: "`continue`: ask with `if` in the loop's body",
    ast.Dict: "a dict: use a Map of the state, or a tuple",
    ast.DictComp: "a dict: use a Map of the state, or a tuple",
    ast.FormattedValue: "an f-string: a step has no text; use words and Reason",
    ast.Global: "`global`: keep what must last in the state",
    ast.Import: "an import inside a function: move it to the top of the file",
    ast.ImportFrom: "an import inside a function: move it to the top of the file",
    ast.JoinedStr: "an f-string: a step has no text; use words and Reason",
    ast.List: "a list: use a tuple",
    ast.Match: "`match`: compare with ==, under `if`",
    ast.NamedExpr: "`:=`: write the assignment as a statement of its own",
    ast.Nonlocal: "`nonlocal`: keep what must last in the state",
    ast.Raise: "`raise`: use refuse(Reason...)",
    ast.Set: "a set: use a tuple, or any_of(x == a, x == b)",
    ast.SetComp: "a set: use a tuple, or any_of(x == a, x == b)",
    ast.Slice: "a slice: use w.bits(high, low, T) of a word",
    ast.Starred: "`*`: only all_of(*(... for ...)) and any_of(*(... for ...)) take one",
    ast.Try: "`try`: a step is refused or succeeds as a whole; ask with `if` before, or leave it to require(...)",
    ast.TryStar: "`try`: a step is refused or succeeds as a whole; ask with `if` before, or leave it to require(...)",
    ast.While: "`while`: use for over a constant range, or a step with a cursor in the state",
    ast.With: "`with`: call the function directly",
    ast.Yield: "`yield`: return a tuple",
    ast.YieldFrom: "`yield`: return a tuple",
    ast.Is: "`is`: compare with ==",
    ast.IsNot: "`is`: compare with ==",
    ast.In: "`in`: use any_of(x == a, x == b)",
    ast.NotIn: "`in`: use all_of(x != a, x != b)",
    ast.Div: "`/`: a word has no fractions; shift with >>",
    ast.Pow: "`**`: use <<, or write the number",
    ast.MatMult: "`@`: there are no matrices here",
}

INSTEAD = {
    "model the case as a field of a record, and compare it": "type isinstance issubclass callable",
    "compare words with ==": "id hash",
    "use words and Reason; a step has no text": "repr str format ascii print input open",
    "write the attribute by its name": "getattr setattr delattr hasattr vars dir globals locals",
    "write the code itself": "exec eval compile __import__ breakpoint help",
    "use a plain for over a constant range": "next iter aiter anext",
    "use a word type": "float complex bytes bytearray memoryview int",
    "use a tuple, or a Map of the state": "list dict sorted set frozenset tuple",
    "use all_of(...) or any_of(...)": "all any filter map",
    "write the sum": "sum",
    "use refuse(Reason...)": "Exception BaseException ValueError TypeError AttributeError KeyError RuntimeError SystemExit exit",
    "write a plain method": "property staticmethod classmethod",
}
REFUSED_NAMES = {name: why for why, names in INSTEAD.items() for name in names.split()}
