"""Rewriting a policy of an earlier version: imports, names, operations and the parts that have commands now.

A field that moved into another record is rewritten where it is clear whose record it was. What is not clear is listed, with line
and what to write. Nothing else in the file changes: comments and layout stay.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Container, Iterator
from typing import NamedTuple

from proofs.policies.earlier.moved import (
    ARGUMENTS,
    ATTRIBUTES,
    COMMANDS,
    DROPPED,
    FIELDS,
    FUNCTIONS,
    NAMES,
    PARTS,
    PLATFORM_PARTS,
    REPLACED,
    STEPS,
    instead_of,
    is_old,
    new_name,
)
from pymodel import surface
from pymodel.language.state import Record
from pymodel.machine import Hypervisor, MachineState

__all__ = ["Ported", "outdated", "port"]


#: Fields that other records have as well.
COMMON = ("since", "index", "group", "layout", "width", "phase", "cursor", "handle", "job", "pf")


class Edit(NamedTuple):
    """A piece of the text, in bytes, and what stands in its place."""

    start: int
    end: int
    text: str


class Ported(NamedTuple):
    """A policy's new text, and what is left for its author: lines and what to write."""

    text: str
    left: list[tuple[int, str]]


class Source:
    """The text of a file, by the places of its syntax tree."""

    def __init__(self, text: str) -> None:
        """Parse the text."""
        self.data = text.encode()
        self.tree = ast.parse(text)
        self.starts = [0]
        for line in self.data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node begins and ends."""
        first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
        return self.starts[first - 1] + getattr(node, "col_offset", 0), self.starts[last - 1] + getattr(node, "end_col_offset", 0)

    def of(self, node: ast.AST) -> str:
        """Return the text of a node."""
        start, end = self.span(node)
        return self.data[start:end].decode()

    def changed(self, edits: list[Edit]) -> str:
        """Return the text with some pieces replaced."""
        data = self.data
        for edit in sorted(edits, reverse=True):
            data = data[: edit.start] + edit.text.encode() + data[edit.end :]
        return data.decode()


def port(text: str) -> Ported:
    """Return the text of a policy for this version, and what is left to do by hand."""
    for rewrite in (fields, commands):
        while True:
            source = Source(text)
            edit = next(rewrite(source), None)
            if edit is None:
                break
            text = source.changed([edit])
    source = Source(text)
    text = source.changed([*imports(source), *names(source), *dropped(source)])
    text = with_commands(text)
    return Ported(text, sorted(set(left(Source(text)))))


def imports(source: Source) -> Iterator[Edit]:
    """Yield one import from `pymodel` in the place of those from its modules."""
    old = [n for n in source.tree.body if isinstance(n, ast.ImportFrom) and n.module and not n.level and is_old(n.module)]
    found = {(new_name(a.name), a.asname) for n in old for a in n.names if new_name(a.name) in surface.__all__}
    for number, node in enumerate(old):
        start, end = source.span(node)
        here = [(a.name, a.asname) for a in node.names if new_name(a.name) not in surface.__all__]
        lines = [listed("pymodel", sorted(found, key=lambda pair: pair[0]))] if number == 0 and found else []
        lines += [listed(str(node.module), here)] if here else []
        yield Edit(start, end if lines else end + 1, "\n".join(lines))


def listed(module: str, pairs: list[tuple[str, str | None]]) -> str:
    """Return an import of some names."""
    texts = [name if other is None else f"{name} as {other}" for name, other in pairs]
    line = f"from {module} import {', '.join(texts)}"
    if len(line) <= 100:  # noqa: PLR2004 - what fits well
        return line
    return f"from {module} import (\n" + "".join(f"    {text},\n" for text in texts) + ")"


def names(source: Source) -> Iterator[Edit]:
    """Yield the new names of what had another one: imported, behind a dot, defined."""
    old = [n for n in source.tree.body if isinstance(n, ast.ImportFrom) and n.module and not n.level and is_old(n.module)]
    imported = {a.name for n in old for a in n.names if a.asname is None}
    methods = {n for cls in ast.walk(source.tree) if isinstance(cls, ast.ClassDef) for n in cls.body}
    for node in ast.walk(source.tree):
        start, end = source.span(node) if hasattr(node, "col_offset") else (0, 0)
        if isinstance(node, ast.Name) and node.id in NAMES and node.id in imported:
            yield Edit(start, end, NAMES[node.id])
        elif isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES and (node.attr not in STEPS or is_hypervisor(node.value)):
            yield Edit(end - len(node.attr), end, ATTRIBUTES[node.attr])
        elif isinstance(node, ast.Attribute) and node.attr in PLATFORM_PARTS and isinstance(node.value, ast.Name):
            yield Edit(end - len(node.attr), end, f"platform.{node.attr}")
        elif isinstance(node, ast.FunctionDef) and node.name in STEPS and node in methods:
            at = source.data.index(node.name.encode(), start)
            yield Edit(at, at + len(node.name), STEPS[node.name])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from parts(source, node, node.func.attr)


def is_hypervisor(base: ast.expr) -> bool:
    """Say whether what stands in front of a dot is the policy: `self`, `super()` or a class."""
    called = base.func if isinstance(base, ast.Call) else base
    name = called.id if isinstance(called, ast.Name) else ""
    return name in ("self", "super") or name[:1].isupper()


def parts(source: Source, call: ast.Call, method: str) -> Iterator[Edit]:
    """Yield the new names of parts that a `put` or `replace` names."""
    part = call.args[0] if method == "put" and call.args else None
    if isinstance(part, ast.Constant) and part.value in PARTS:
        start, end = source.span(part)
        yield Edit(start + 1, end - 1, PARTS[part.value])
    for keyword in call.keywords if method == "replace" else ():
        if keyword.arg in PARTS:
            start, _ = source.span(keyword)
            yield Edit(start, start + len(keyword.arg), PARTS[keyword.arg])


def dropped(source: Source) -> Iterator[Edit]:
    """Yield definitions and calls with an argument which is no more, without it."""
    yield from without_arguments(source)
    for node in ast.walk(source.tree):
        name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
        for keyword in node.keywords if isinstance(node, ast.Call) and name in DROPPED else ():
            if keyword.arg in DROPPED[name]:
                start, end = source.span(keyword)
                comma = source.data.rfind(b",", 0, start)
                between = source.data[comma + 1 : start].strip() if comma >= 0 else b"x"
                yield Edit(start if between else comma, end, "")


def without_arguments(source: Source) -> Iterator[Edit]:
    """Yield operations, and calls of them, that have all the arguments that they had, without those that are no more."""
    for node in ast.walk(source.tree):
        given: list[ast.AST] = []
        name, before = "", 2
        if isinstance(node, ast.FunctionDef):
            name, given = node.name, [*node.args.args]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, given = node.func.attr, [*node.args]
            before = 2 if isinstance(node.func.value, ast.Name) and node.func.value.id != "self" else 1
        earlier = ARGUMENTS.get(name, ())
        if not earlier or len(given) != before + len(earlier):
            continue
        now = inspect.signature(getattr(Hypervisor, name)).parameters
        for number in [before + n for n, argument in enumerate(earlier) if argument not in now]:
            yield Edit(source.span(given[number - 1])[1], source.span(given[number])[1], "")


def commands(source: Source) -> Iterator[Edit]:
    """Yield a command in the place of each `put` into a part of the hardware's, and of each `replace` that sets it at one key."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = source.of(node.func.value)
            if node.func.attr == "put" and len(node.args) == 3 and isinstance(node.args[0], ast.Constant):  # noqa: PLR2004 - its arguments
                call = commanded(source, base, node.args[0].value, node.args[1:])
                yield from [Edit(*source.span(node), call)] if call else []
            for keyword in node.keywords if node.func.attr == "replace" else ():
                value = keyword.value
                if isinstance(value, ast.Call) and source.of(value.func) == f"{base}.{keyword.arg}.set":
                    call = commanded(source, base, keyword.arg, value.args)
                    rest = ", ".join(source.of(k) for k in node.keywords if k is not keyword)
                    yield from [Edit(*source.span(node), f"{call}.replace({rest})" if rest else call)] if call else []


def commanded(source: Source, state: str, part: object, given: list[ast.expr]) -> str:
    """Return the call of the command that writes a part at a key; nothing if there is none."""
    command = COMMANDS.get(part) if isinstance(part, str) else None
    if command is None or len(given) != 2:  # noqa: PLR2004 - the key and the record
        return ""
    key = given[0].elts if isinstance(given[0], ast.Tuple) else [given[0]]
    texts = [source.of(n) for n in (*key, given[1])]
    return f"{command.name}({', '.join([state, *texts])})" if len(key) == command.keys else ""


def fields(source: Source) -> Iterator[Edit]:
    """Yield what stands now for a field of another record, and for a method that is a function."""
    for function in [n for n in ast.walk(source.tree) if isinstance(n, ast.FunctionDef)]:
        records = bound(function)
        for node in ast.walk(function):
            if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
                continue
            base = records.get(node.value.id) if isinstance(node.value, ast.Name) else node.value
            told = whose(source, base)
            if told is not None and node.attr in FIELDS.get(told[1], {}):
                yield Edit(*source.span(node), FIELDS[told[1]][node.attr].format(s=told[0], key=told[2]))
            elif isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr in FUNCTIONS:
                yield Edit(*source.span(node), FUNCTIONS[node.attr])


def bound(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """Return what each local stands for that is bound once."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            assert isinstance(node, ast.Assign)
            both = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple) and len(target.elts) == len(node.value.elts)
            pairs = zip(target.elts, node.value.elts, strict=True) if both else [(target, node.value)]  # type: ignore[attr-defined]
            for one, value in pairs:
                if isinstance(one, ast.Name):
                    found.setdefault(one.id, []).append(value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def whose(source: Source, base: ast.expr | None) -> tuple[str, str, str] | None:
    """Return the state, the part and the key that a record is of, if an expression says so."""
    key = ""
    if isinstance(base, ast.Subscript):
        key, base = source.of(base.slice), base.value
    if isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name) and base.value.id != "self":
        return base.value.id, base.attr, key
    return None


def with_commands(text: str) -> str:
    """Return the text with the commands that it uses imported."""
    tree = ast.parse(text)
    used = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    wanted = {c.name for c in COMMANDS.values()} | set(FUNCTIONS.values()) | {"width_of", "layout_of"}
    wanted &= used
    have = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == "pymodel"]
    known = {a.name for n in have for a in n.names}
    if not have or wanted <= known:
        return text
    source = Source(text)
    pairs = sorted({(a.name, a.asname) for a in have[0].names} | {(name, None) for name in wanted}, key=lambda pair: pair[0])
    return source.changed([Edit(*source.span(have[0]), listed("pymodel", pairs))])


def outdated(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines at which a policy uses what is called otherwise now, or stands elsewhere, with what to write."""
    source = Source(text)
    for edit in [e for e in (*fields(source), *commands(source), *names(source), *dropped(source)) if e.text]:
        line = source.data[: edit.start].count(b"\n") + 1
        was = source.data[edit.start : edit.end].decode()
        yield line, f"write {edit.text!r} in place of {was!r} (`python -m proofs.policies.port FILE` rewrites a policy)"
    yield from gone(source)
    yield from replaced(source)


def replaced(source: Source) -> Iterator[tuple[int, str]]:
    """Yield where a decision is overridden or asked that another one stands for, with what to write."""
    for node in [n for n in ast.walk(source.tree) if isinstance(n, ast.FunctionDef | ast.Attribute)]:
        name = node.name if isinstance(node, ast.FunctionDef) else node.attr
        yield from [(node.lineno, f"{name} is no more: {REPLACED[name]}")] if name in REPLACED else []


def is_there(module: str, name: str) -> bool:
    """Say whether a module of the model exists and has a name; of any other module nothing is said, and none is imported."""
    if module.partition(".")[0] != "pymodel":
        return True
    try:
        return hasattr(importlib.import_module(module), name)
    except ImportError:
        return False


def gone(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the imports of what a module of the model does not have, with what to write."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in [a.name for a in node.names if not is_there(node.module, a.name)]:
                why = instead_of(node.module, name)
                yield from [(node.lineno, f"{node.module} has no {name}: {why}")] if why else []
        elif isinstance(node, ast.Import):
            named = [a.name for a in node.names if is_old(a.name)]
            yield from ((node.lineno, f"import of {name}: write `from pymodel import ...` with what is used") for name in named)


def left(source: Source) -> Iterator[tuple[int, str]]:
    """Yield what its author must write anew: imports of what is gone, and fields where it is not clear whose they were."""
    yield from gone(source)
    yield from replaced(source)
    moved = {name: text.format(s="s", key="...") for of in FIELDS.values() for name, text in of.items() if name not in COMMON}
    for node in [n for n in ast.walk(source.tree) if isinstance(n, ast.Call)]:
        made, replaces = getattr(node.func, "id", ""), getattr(node.func, "attr", "") == "replace"
        for name in [keyword.arg or "" for keyword in node.keywords]:
            if (replaces or made in ("Entry", "FunctionRecord")) and name in moved:
                yield node.lineno, f"{name}=: it is {moved[name]} now"
            if replaces and name in MachineState.refusals():
                yield node.lineno, f"replace({name}=...): it {MachineState.refusals()[name]}"
        yield from misfits(node, made, moved)
    for function in [n for n in ast.walk(source.tree) if isinstance(n, ast.FunctionDef)]:
        known = {"s", "self", "after", *(name for name, value in bound(function).items() if whose(source, value) is not None)}
        for read in [n for n in ast.walk(function) if isinstance(n, ast.Attribute) and n.attr in moved]:
            if is_read_of_another(read, known):
                yield read.lineno, f".{read.attr}: it is {moved[read.attr]} now"


def misfits(call: ast.Call, made: str, moved: Container[str]) -> Iterator[tuple[int, str]]:
    """Yield why a `put` writes what it may not, and which fields a record that is made does not have."""
    if getattr(call.func, "attr", "") == "put":
        parts = [*call.args[:1], *(k.value for k in call.keywords if k.arg == "name")]
        for part in [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]:
            if part in MachineState.refusals():
                yield call.lineno, f'put("{part}", ...): it {MachineState.refusals()[part]}'
    record = getattr(surface, made, None)
    if inspect.isclass(record) and issubclass(record, Record):
        for name in [k.arg for k in call.keywords if k.arg and k.arg not in record.fields() and k.arg not in moved]:
            yield call.lineno, f"{made}({name}=...): it has no such field; its fields are {', '.join(record.fields())}"


def is_read_of_another(node: ast.Attribute, known: set[str]) -> bool:
    """Say whether a field is read of a local that is none of those known."""
    return isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load) and node.value.id not in known
