"""Mutants of a policy's source: every single edit of every function of its own, each under a key that outlives line numbers."""

from __future__ import annotations

import ast
import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from proofs.mutation.edits import Edit, edits, rebuilt, state_makers
from proofs.policies import LoadedPolicy
from proofs.policies.code_references import is_of_the_reference

__all__ = ["Mutant", "mutants_of"]

#: Where the commands to hardware stand: an operation that gives none is a mutant too.
COMMANDS = "pymodel.hardware."


@dataclass(frozen=True)
class Source:
    """One function of a policy: its text, and the object that runs."""

    module: ModuleType
    tree: ast.Module
    owner: str
    node: ast.FunctionDef
    function: FunctionType

    @property
    def name(self) -> str:
        """Return file, class and function."""
        dotted = f"{self.owner}.{self.node.name}" if self.owner else self.node.name
        return f"{Path(str(self.module.__file__)).name}:{dotted}"


@dataclass(frozen=True)
class Mutant:
    """A policy with one edit."""

    key: str
    source: Source = field(repr=False)
    edit: Edit = field(repr=False)

    @property
    def place(self) -> str:
        """Return file and line of the edit."""
        path = Path(str(self.source.module.__file__)).resolve()
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
        code = compile(tree, self.source.function.__code__.co_filename, "exec", dont_inherit=True)
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
    modules = modules_of(policy)
    trees = {m.__name__: ast.parse(Path(str(m.__file__)).read_text(encoding="utf-8")) for m in modules}
    called = [m for n, m in sys.modules.items() if is_of_the_reference(n) or n.startswith(COMMANDS)]
    makers = state_makers([*trees.values(), *(ast.parse(inspect.getsource(m)) for m in called)])
    out = []
    for module in modules:
        for source in sources_in(module, trees[module.__name__], policy.cls):
            counts: dict[str, int] = {}
            for edit in edits(source.node, makers):
                counts[edit.kind] = counts.get(edit.kind, 0) + 1
                out.append(Mutant(f"{source.name}#{edit.kind}{counts[edit.kind]}", source, edit))
    return out


def modules_of(policy: LoadedPolicy) -> list[ModuleType]:
    """Return the modules that a policy consists of, by file name."""
    files = {Path(f).resolve() for f in policy.files}
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is not None and (Path(file).resolve() in files if files else is_of_the_reference(name)):
            found[str(file)] = module
    return [found[f] for f in sorted(found)]


def sources_in(module: ModuleType, tree: ast.Module, policy: type) -> Iterator[Source]:
    """Return the functions of a module, and the methods of its classes that are part of the policy."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield from _source(module, tree, "", node, vars(module).get(node.name))
        elif isinstance(node, ast.ClassDef) and vars(module).get(node.name) in policy.__mro__:
            members = vars(vars(module)[node.name])
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield from _source(module, tree, node.name, method, members.get(method.name))


def _source(module: ModuleType, tree: ast.Module, owner: str, node: ast.FunctionDef, found: Any) -> Iterator[Source]:
    function = inspect.unwrap(getattr(found, "__func__", found)) if callable(found) or hasattr(found, "__func__") else None
    if not isinstance(function, FunctionType) or function.__code__.co_name != node.name:
        return
    stated = getattr(function, "__invariant__", False) or getattr(function, "__assume__", None)
    if not stated and not node.name.startswith("contract_"):
        yield Source(module, tree, owner, node, function)
