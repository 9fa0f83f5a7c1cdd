"""The top of a policy's file: imports, constants, functions and classes, each declared by the loader; nothing of it is run."""

from __future__ import annotations
import __future__

import ast
import builtins
import inspect
from difflib import get_close_matches
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from proofs.policies.language.classes import Classes
from proofs.policies.language.functions.bodies import Body
from proofs.policies.language.functions.kinds import UNKNOWN, fits, kind_of, told
from proofs.policies.language.program import Program, Source, Written
from proofs.policies.language.reading import read
from proofs.policies.language.syntax import check_function
from proofs.policies.language.table import BUILTINS, TYPING
from proofs.policies.loaded import PolicyError
from pymodel import surface

__all__ = ["declare"]

#: The names of Python's that what is compiled may look up.
PYTHONS = {name: getattr(builtins, name) for name in BUILTINS}
#: Annotations of what is compiled are never computed, whatever a file says.
FLAGS = __future__.annotations.compiler_flag
#: The longest name of a file that is looked for.
LONGEST_NAME = 100
OUTSIDE = "a statement outside a function: only imports, constants, classes and functions stand there"


def declare(program: Program, path: Path, name: str, above: tuple[Path, ...] = ()) -> Source:
    """Read a file and the helpers that it imports; return what its names mean."""
    text, tree = read(path)
    source = Source(str(path), name, text, tree)
    source.names = {"__builtins__": PYTHONS, "__name__": name}
    File(program, source, (*above, path.resolve())).block()
    return source


class File(Classes):
    """Declares what stands at the top of one file."""

    def __init__(self, program: Program, source: Source, above: tuple[Path, ...]) -> None:
        """Take a file, and the files that are being read."""
        self.program, self.source, self.above = program, source, above
        self.functions: list[tuple[FunctionType, ast.FunctionDef]] = []

    def block(self) -> None:
        """Declare everything, in order."""
        for node in self.source.tree.body:
            match node:
                case ast.ImportFrom():
                    self.imported(node)
                case ast.Import():
                    self.say(node, f"`{ast.unparse(node)}`: write `from pymodel import NAME`")
                case ast.Assign(targets=[ast.Name(id="__all__")]):
                    pass  # what another file may take from this one is what it names
                case ast.FunctionDef():
                    self.function(node)
                case ast.ClassDef():
                    self.class_(node)
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
                ) if value:
                    self.constant(node, name, value)
                case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
                    for target, value in zip(names, values, strict=True):
                        self.constant(node, target.id if isinstance(target, ast.Name) else "", value)
                case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                    pass
                case _:
                    self.say(node, OUTSIDE)
        for function, node in self.functions:
            self.annotate(function, node)

    def define(self, node: ast.AST, name: str, value: Any) -> None:
        """Give a name its one meaning."""
        if name in self.source.names or hasattr(builtins, name) or name.startswith("__"):
            self.say(node, f"{name} is given another meaning: choose another name")
        self.source.names[name] = value

    # Imports

    def imported(self, node: ast.ImportFrom) -> None:
        """Declare what a file takes from the model, from `typing`, or from a file beside it."""
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.asname not in (None, alias.name):
                self.say(node, f"{alias.name} as {alias.asname}: one thing has one name")
            elif module == "__future__" and alias.name == "annotations":
                continue
            elif alias.name == "*":
                self.say(node, f"import of * from {module}: import by name what the policy uses")
            elif module == "pymodel":
                self.of_the_model(node, alias.name)
            elif module == "typing" and alias.name in TYPING:
                self.define(node, alias.name, Any)
            else:
                self.of_a_helper(node, module, alias.name)

    def of_the_model(self, node: ast.AST, name: str) -> None:
        """Declare a public name of the model."""
        if name in surface.__all__:
            self.define(node, name, getattr(surface, name))
            return
        near = get_close_matches(name, surface.__all__, 1)
        self.say(node, f"pymodel has no public {name}" + (f"; did you mean {near[0]}?" if near else ""))
        self.source.names[name] = UNKNOWN

    def of_a_helper(self, node: ast.ImportFrom, module: str, name: str) -> None:
        """Declare a name of a file beside this one, which is read now."""
        helper = self.helper(node, module)
        if helper is None:
            known = name in surface.__all__
            missing = f"there is no file {module.removeprefix('.')}.py beside this one" if node.level == 1 else ""
            allowed = (
                f"write `from pymodel import {name}`"
                if known
                else "a policy takes names from pymodel, Any from typing, and files beside it"
            )
            self.say(node, f"import of {name} from {module}: {missing or allowed}")
            self.source.names[name] = UNKNOWN
        elif name not in helper.names or name.startswith("__"):
            self.say(node, f"{module} has no {name}")
            self.source.names[name] = UNKNOWN
        else:
            self.define(node, name, helper.names[name])

    def helper(self, node: ast.ImportFrom, module: str) -> Source | None:
        """Return the file beside this one that an import names, read once."""
        plain = module.removeprefix(".")
        if node.level > 1 or not plain.isidentifier() or len(plain) > LONGEST_NAME:
            return None
        path = Path(self.source.file).parent / f"{plain}.py"
        if not path.is_file() or path.with_suffix("").is_dir():
            return None
        if path.resolve() in self.above:
            raise PolicyError(
                f"{module} imports this file in its turn: move what both use to a third", self.source.file, node.lineno
            )
        found = next((s for s in self.program.sources if Path(s.file).resolve() == path.resolve()), None)
        if found is None:
            found = declare(self.program, path, plain, self.above)
            self.program.sources.append(found)
        return found

    # Constants and functions

    def constant(self, node: ast.AST, name: str, value: ast.expr) -> None:
        """Declare a constant."""
        found = self.evaluated(value)
        self.announced(node, found)
        if name:
            self.define(node, name, found)
        else:
            self.say(node, OUTSIDE)

    def announced(self, node: ast.AST, found: Any) -> None:
        """Check a constant by the type that it announces, if that is one of a word, a record or a truth value."""
        hint = getattr(node, "annotation", None)
        if isinstance(hint, ast.Name) and hint.id not in ("str", "int"):
            wanted = self.program.annotation(self.source, hint)
            if wanted is not Any and not fits(kind_of(found), wanted):
                self.say(node, f"{told(kind_of(found))} where {told(wanted)} is announced")

    def function(self, node: ast.FunctionDef) -> None:
        """Declare a function of the file's own."""
        for decorator in node.decorator_list:
            self.say(decorator, "a decorator on a function outside a policy: decorators mark methods of a policy")
        for p in node.args.args:
            if p.arg == "self":
                self.say(p, "self outside a class of a policy: pass what the function needs")
        function = self.compiled(node, None, None)
        self.wrote(function, node, None)
        self.define(node, node.name, function)

    def evaluated(self, node: ast.expr) -> Any:
        """Return a constant's value; it is checked as any expression, and then computed from what was checked."""
        if isinstance(node, ast.Tuple):
            return tuple(self.evaluated(part) for part in node.elts)
        if self.calls_its_own(node):
            self.say(
                node, "a constant that a function computes: constants are words, numbers, truth values, texts, and tuples of them"
            )
            return UNKNOWN
        before = len(self.program.findings)
        kind = Body(self.program, self.source, None).value(node)
        if len(self.program.findings) > before or kind is UNKNOWN:
            return UNKNOWN
        code = compile(ast.fix_missing_locations(ast.Expression(node)), self.source.file, "eval", flags=FLAGS, dont_inherit=True)
        return eval(code, {**self.source.names})  # noqa: S307 - what was checked, in the names that were resolved

    def calls_its_own(self, node: ast.expr) -> bool:
        """Say whether a constant is computed by a function of the policy, or may be refused."""
        names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
        lambdas = any(isinstance(n, ast.Lambda) for n in ast.walk(node))
        return lambdas or any(inspect.isfunction(self.source.names.get(name)) for name in names)

    def compiled(self, node: ast.FunctionDef, cell: Any, cls: ast.ClassDef | None) -> FunctionType:
        """Return the function that a definition, in a class or not, compiles to; the code around it is never run."""
        check_function(node, self.say)
        around = ast.ClassDef(cls.name, [], [], [node], []) if cls else node
        code = compile(
            ast.fix_missing_locations(ast.Module([ast.copy_location(around, node)], [])),
            self.source.file,
            "exec",
            flags=FLAGS,
            dont_inherit=True,
        )
        for name in filter(None, (cls and cls.name, node.name)):
            code = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
        closure = tuple(cell for _ in code.co_freevars) or None
        function = FunctionType(code, self.source.names, node.name, None, closure)
        function.__doc__ = ast.get_docstring(node, clean=False)
        function.__module__ = self.source.name
        self.functions.append((function, node))
        return function

    def annotate(self, function: FunctionType, node: ast.FunctionDef) -> None:
        """Note the types of arguments and answer, now that all names of the file are known."""
        given = {p.arg: p.annotation for p in node.args.args} | {"return": node.returns}
        function.__annotations__ = {n: self.program.annotation(self.source, a) for n, a in given.items() if a is not None}

    def wrote(self, function: FunctionType, node: ast.FunctionDef, owner: type | None) -> None:
        """Note where a function stands."""
        self.program.written[function] = Written(self.source, node, owner)

    def say(self, node: ast.AST, why: str) -> None:
        """Note a finding."""
        self.program.say(self.source, node, why)
