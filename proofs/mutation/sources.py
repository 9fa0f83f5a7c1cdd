"""Mutants of a policy's source: every single edit of every function of its own, each under a key that outlives line numbers."""

from __future__ import annotations
import __future__

import ast
import inspect
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from proofs.mutation.edits import Edit, edits, rebuilt, state_makers
from proofs.policies import LoadedPolicy
from proofs.policies.code_references import is_of_the_reference
from proofs.policies.language.functions.calls import STATED

__all__ = ["Mutant", "mutants_of"]

#: Where the commands to hardware stand: an operation that gives none is a mutant too.
COMMANDS = "pymodel.hardware."


@dataclass(frozen=True)
class Source:
    """One function of a policy: its text, and the object that runs."""

    file: str
    tree: ast.Module
    owner: str
    node: ast.FunctionDef
    function: FunctionType

    @property
    def name(self) -> str:
        """Return file, class and function."""
        dotted = f"{self.owner}.{self.node.name}" if self.owner else self.node.name
        return f"{Path(self.file).name}:{dotted}"


@dataclass(frozen=True)
class Mutant:
    """A policy with one edit."""

    key: str
    source: Source = field(repr=False)
    edit: Edit = field(repr=False)

    @property
    def place(self) -> str:
        """Return file and line of the edit."""
        path = Path(self.source.file).resolve()
        shown = os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
        return f"{shown}:{self.edit.line}"

    @property
    def text(self) -> str:
        """Return what is changed into what."""
        return f"{self.edit.before} -> {self.edit.after}"

    @cached_property
    def code(self) -> CodeType:
        """Return the compiled function with the edit."""
        kept = self.source.function.__code__.co_freevars
        mutated = rebuilt(self.source.node, self.edit.changes)
        code = self._compiled(mutated)
        if code.co_freevars != kept:
            mutated.body[:0] = [ast.copy_location(ast.Expr(ast.Name(n, ast.Load())), mutated.body[0]) for n in kept]
            code = self._compiled(mutated)
        return code

    def _compiled(self, mutated: ast.FunctionDef) -> CodeType:
        tree = ast.fix_missing_locations(rebuilt(self.source.tree, {id(self.source.node): mutated}))
        flags = self.source.function.__code__.co_flags & __future__.annotations.compiler_flag
        code: CodeType = compile(tree, self.source.function.__code__.co_filename, "exec", flags=flags, dont_inherit=True)
        for name in filter(None, (self.source.owner, self.source.node.name)):
            code = [c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name][-1]
        return code

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let every caller of the function run the mutant."""
        function = self.source.function
        original = function.__code__
        function.__code__ = self.code
        try:
            yield
        finally:
            function.__code__ = original


def mutants_of(policy: LoadedPolicy) -> list[Mutant]:
    """Return the mutants of the functions that a policy brings (the reference: of all its functions), in a fixed order."""
    files = files_of(policy)
    called = [m for n, m in sys.modules.items() if is_of_the_reference(n) or n.startswith(COMMANDS)]
    makers = state_makers([*(tree for tree, _ in files.values()), *(ast.parse(inspect.getsource(m)) for m in called)])
    out = []
    for file, (tree, names) in sorted(files.items()):
        for source in sources_in(file, tree, names, policy.cls):
            counts: dict[str, int] = {}
            for edit in edits(source.node, makers):
                counts[edit.kind] = counts.get(edit.kind, 0) + 1
                out.append(Mutant(f"{source.name}#{edit.kind}{counts[edit.kind]}", source, edit))
    return out


def files_of(policy: LoadedPolicy) -> dict[str, tuple[ast.Module, Mapping[str, Any]]]:
    """Return tree and names of each file that a policy consists of."""
    if policy.sources:
        return {source.file: (source.tree, source.names) for source in policy.sources}
    modules = [module for name, module in list(sys.modules.items()) if is_of_the_reference(name)]
    return {str(m.__file__): (ast.parse(inspect.getsource(m)), vars(m)) for m in modules}


def sources_in(file: str, tree: ast.Module, names: Mapping[str, Any], policy: type) -> Iterator[Source]:
    """Return the functions of a file, and the methods of its classes that are part of the policy."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield from _source(file, tree, "", node, names.get(node.name))
        elif isinstance(node, ast.ClassDef) and names.get(node.name) in policy.__mro__:
            members = vars(names[node.name])
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield from _source(file, tree, node.name, method, members.get(method.name))


def _source(file: str, tree: ast.Module, owner: str, node: ast.FunctionDef, found: Any) -> Iterator[Source]:
    function = inspect.unwrap(getattr(found, "__func__", found)) if callable(found) or hasattr(found, "__func__") else None
    if not isinstance(function, FunctionType) or function.__code__.co_name != node.name:
        return
    stated = any(hasattr(function, mark) for mark in STATED)
    if not stated and not node.name.startswith("contract_"):
        yield Source(file, tree, owner, node, function)
