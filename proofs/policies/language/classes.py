"""The classes of a policy's file, built by the loader from their checked parts: records, words, choices, states and policies."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Callable
from types import CellType, FunctionType
from typing import TYPE_CHECKING, Any

from proofs.policies.language.functions.calls import MARKS, STATED
from proofs.policies.language.functions.kinds import UNKNOWN, fits, kind_of, told
from pymodel import surface
from pymodel.language.outcomes import Reason
from pymodel.language.state import Map, Record, State
from pymodel.language.words import Choice, Member, Word
from pymodel.machine import Hypervisor, MachineState

if TYPE_CHECKING:
    from proofs.policies.language.program import Program, Source

__all__ = ["Classes"]

#: The widest word.
WIDEST = 1024
KINDS = "a class derives from Hypervisor or another policy, Record, Word, Choice, or the machine's state"


def is_doc(node: ast.stmt) -> bool:
    """Say whether a statement says nothing but what something is."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


class Classes:
    """Declares classes."""

    program: Program
    source: Source
    say: Callable[[ast.AST, str], None]
    define: Callable[[ast.AST, str, Any], None]
    evaluated: Callable[[ast.expr], Any]
    announced: Callable[[ast.AST, Any], None]
    compiled: Callable[[ast.FunctionDef, Any, ast.ClassDef | None], FunctionType]
    wrote: Callable[[FunctionType, ast.FunctionDef, type | None], None]

    def class_(self, node: ast.ClassDef) -> None:
        """Declare a class, by what it derives from."""
        for decorator in node.decorator_list:
            self.say(decorator, "a decorator on a class: derive from Record, whose fields have types and defaults")
        made = self.built(node)
        if made is not None:
            self.define(node, node.name, made)
        else:
            self.source.names.setdefault(node.name, type(node.name, (), {}))

    def built(self, node: ast.ClassDef) -> Any:
        """Return the class that a definition stands for, or None after saying what is wrong."""
        base = self.base(node)
        if base is None:
            names = [b.id for b in node.bases if isinstance(b, ast.Name)]
            unknown = next((n for n in names if n not in self.source.names), None)
            if len(node.bases) > 1:
                self.say(node, "a class derives from one class")
            elif unknown in surface.__all__:
                self.say(node, f"{unknown} means nothing here: write `from pymodel import {unknown}`")
            elif not any(self.source.names.get(n) is UNKNOWN for n in names):
                self.say(node, KINDS)
            return None
        if node.keywords and base is not Word:
            self.say(node, f"{ast.unparse(node.keywords[0])}: a class takes its base alone")
            return None
        try:
            if base is Word:
                return self.word(node)
            if base is Choice:
                return self.choice(node)
            if base is Record:
                return self.record(node)
            if issubclass(base, MachineState):
                return self.state(node, base)
            if issubclass(base, Hypervisor):
                return self.policy(node, base)
        except TypeError as error:  # a class of the model says what it cannot be made of
            self.say(node, str(error))
            return None
        self.say(node, f"a class derived from {base.__name__}: {KINDS}")
        return None

    def base(self, node: ast.ClassDef) -> Any:
        """Return the one class that a definition names."""
        match node.bases:
            case [ast.Name(id=name)]:
                found = self.source.names.get(name)
            case [ast.Attribute(value=ast.Name(id=name), attr="State")]:
                found = getattr(self.source.names.get(name), "State", None)
            case _:
                found = None
        return found if inspect.isclass(found) else None

    def made(self, node: ast.ClassDef, base: type, body: dict[str, Any], **keywords: Any) -> Any:
        """Make a class."""
        body |= {"__module__": self.source.name, "__doc__": ast.get_docstring(node, clean=False)}
        return types.new_class(node.name, (base,), keywords, lambda namespace: namespace.update(body))

    # Values

    def word(self, node: ast.ClassDef) -> Any:
        """Return a type of word: a width, and nothing else."""
        width = self.evaluated(node.keywords[0].value) if [k.arg for k in node.keywords] == ["width"] else None
        if width.__class__ is not int or not 0 < width <= WIDEST:
            self.say(node, f"a word has a width: write class {node.name}(Word, width=N), N from 1 to {WIDEST}")
            return None
        for part in node.body:
            slots = isinstance(part, ast.Assign) and ast.unparse(part) == "__slots__ = ()"
            if not is_doc(part) and not slots:
                self.say(part, f"{node.name} is a word, which has a width and nothing else; write a function")
        return self.made(node, Word, {"__slots__": ()}, width=width)

    def choice(self, node: ast.ClassDef) -> Any:
        """Return a choice: names, numbered by the loader."""
        names = []
        for part in node.body:
            match part:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=made), args=[], keywords=[])):
                    if self.source.names.get(made) is not Member or name in names or hasattr(Choice, name):
                        self.say(part, f"{name}: a choice has names, each once: NAME = Member()")
                    else:
                        names.append(name)
                case _ if not is_doc(part):
                    self.say(part, f"{node.name} is a choice, which has names and nothing else: NAME = Member()")
        if not names:
            self.say(node, "a choice has at least one name: NAME = Member()")
            return None
        return self.made(node, Choice, {"__slots__": (), **{name: Member() for name in names}})

    def record(self, node: ast.ClassDef) -> Any:
        """Return a record: fields with types and defaults."""
        hints: dict[str, Any] = {}
        defaults: dict[str, Any] = {}
        for part in node.body:
            match part:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=hint, value=value) if value is not None:
                    kind, default = self.program.annotation(self.source, hint), self.evaluated(value)
                    if name.startswith("_") or hasattr(Record, name) or name in hints:
                        self.say(part, f"{node.name}.{name}: every record has this, or this one has it twice; choose another name")
                    elif not (kind is bool or (inspect.isclass(kind) and issubclass(kind, Word) and kind.width)):
                        self.say(part, f"{node.name}.{name}: a field is a word, a choice or a truth value")
                    elif not fits(kind_of(default), kind):
                        self.say(part, f"{node.name}.{name} takes {told(kind)}, not {told(kind_of(default))}")
                    else:
                        hints[name], defaults[name] = kind, default
                case ast.AnnAssign(target=ast.Name(id=name)):
                    self.say(part, f"{node.name}.{name} has no default: write {name}: T = value")
                case _ if not is_doc(part):
                    self.say(part, f"{node.name} is a record, which has fields and nothing else: name: T = default")
        if not hints:
            self.say(node, "a record has at least one field: name: T = default")
            return None
        return self.made(node, Record, {"__annotations__": hints, **defaults})

    # The state

    def state(self, node: ast.ClassDef, base: Any) -> Any:
        """Return the state of a machine with parts of the policy's own."""
        hints: dict[str, Any] = {}
        for part in node.body:
            match part:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=hint, value=None):
                    kind = self.part(hint)
                    if name.startswith("_") or name in base.parts() or name in base.shapes() or hasattr(State, name):
                        self.say(part, f"{node.name}.{name}: a state has this already; choose another name")
                    elif kind is None:
                        self.say(
                            part, f"{node.name}.{name}: a part is Map[K, R], Map[tuple[K, ...], R] or R, words K and a record R"
                        )
                    else:
                        hints[name] = kind
                case _ if not is_doc(part):
                    self.say(part, f"{node.name} is a state, which has parts and nothing else: name: Map[K, R]")
        self.program.parts |= dict.fromkeys(hints, (self.source, node))
        return self.made(node, base, {"__annotations__": hints})

    def part(self, hint: ast.expr) -> Any:
        """Return what the annotation of a part stands for, or None."""
        match hint:
            case ast.Name(id=name):
                found = self.source.names.get(name)
                return found if inspect.isclass(found) and issubclass(found, Record) and found is not Record else None
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Tuple(elts=[key, ast.Name(id=record)])):
                keys = key.slice if isinstance(key, ast.Subscript) and ast.unparse(key.value) == "tuple" else key
                words = [self.source.names.get(ast.unparse(k)) for k in (keys.elts if isinstance(keys, ast.Tuple) else [keys])]
                held = self.source.names.get(record)
                several = keys is key and isinstance(keys, ast.Tuple)  # without `tuple[...]`
                fine = bool(words) and not several and all(inspect.isclass(w) and issubclass(w, Word) and w.width for w in words)
                if fine and self.source.names.get(name) is Map and inspect.isclass(held) and issubclass(held, Record):
                    found = words[0] if keys is key else tuple[tuple(words)]  # type: ignore[misc]
                    return Map[found, held]  # type: ignore[valid-type]
        return None

    # Policies

    def policy(self, node: ast.ClassDef, base: type[Hypervisor]) -> Any:
        """Return a policy: methods, constants, and what its state is."""
        cell = CellType()
        body: dict[str, Any] = {}
        methods: list[tuple[FunctionType, ast.FunctionDef]] = []
        for part in node.body:
            name, found = self.member(node, part, base, cell)
            if name and name in body:
                self.say(part, f"{name} is defined twice")
            elif name:
                body[name] = found
            if isinstance(part, ast.FunctionDef) and name:
                methods.append((found, part))
        made = self.made(node, base, body)
        cell.cell_contents = made
        for function, part in methods:
            self.wrote(function, part, made)
        self.program.policies.append(made)
        return made

    def member(self, node: ast.ClassDef, part: ast.stmt, base: Any, cell: Any) -> tuple[str, Any]:
        """Return name and value of a member of a policy; no name for what is none."""
        match part:
            case ast.FunctionDef(name=name):
                if name.startswith("__") or name in ("State", "mro"):
                    self.say(part, f"a method {name}: a policy is made by the loader; give it an ordinary name")
                    return "", None
                function = self.compiled(part, cell, node)
                self.marked(function, part)
                return name, function
            case ast.Assign(targets=[ast.Name(id="State")], value=ast.Name(id=name)):
                found = self.source.names.get(name)
                if inspect.isclass(found) and issubclass(found, base.State):
                    return "State", found
                self.say(part, f"State: a class derived from {base.State.__name__}, which the policy's parent has")
            case ast.ClassDef(name="State"):
                found = self.base(part)
                if inspect.isclass(found) and issubclass(found, base.State) and not part.keywords:
                    return "State", self.built(part)
                self.say(part, f"State: write class Mine({base.State.__name__}) in the module, and State = Mine here")
            case ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value) if (
                value
            ):
                if hasattr(base, name) or name.startswith("__") or hasattr(type, name):
                    self.say(part, f"{name} must stay what it is in {base.__name__}; choose another name")
                    return "", None
                found = self.evaluated(value)
                self.announced(part, found)
                return name, found
            case ast.ClassDef():
                self.say(part, f"a class inside {node.name}: define it in the module")
            case _ if not is_doc(part):
                self.say(part, f"`{ast.unparse(part).splitlines()[0]}`: a policy has methods, constants and State")
        return "", None

    def marked(self, function: FunctionType, node: ast.FunctionDef) -> None:
        """Apply the mark of a method."""
        for number, decorator in enumerate(node.decorator_list):
            call = decorator if isinstance(decorator, ast.Call) else None
            name = call.func if call else decorator
            mark = self.source.names.get(name.id) if isinstance(name, ast.Name) else None
            reason = call.args[0] if call and len(call.args) == 1 and not call.keywords else None
            if mark not in MARKS or number:
                self.say(decorator, f"this decorator: a method has one of @operation, {', '.join(STATED.values())}, or none")
            elif mark is surface.assume:
                if isinstance(reason, ast.Constant) and isinstance(reason.value, str) and reason.value.strip():
                    surface.assume(reason.value)(function)
                else:
                    self.say(decorator, 'an assumption has a reason: @assume("reason")')
            elif mark is surface.excuse:
                self.excused(decorator, call, function)
            elif mark is surface.widens:
                self.widened(decorator, call, function)
            elif call and isinstance(name, ast.Name):
                self.say(decorator, f"the decorator {name.id} takes nothing: write @{name.id}")
            else:
                MARKS[MARKS.index(mark)](function)

    def excused(self, decorator: ast.expr, call: ast.Call | None, function: FunctionType) -> None:
        """Mark a method as the fact for which operations may be refused."""
        names, reason = call.args if call and len(call.args) == 2 and not call.keywords else (None, None)
        found = self.evaluated(reason) if reason is not None else None
        if isinstance(names, ast.Constant) and isinstance(names.value, str) and names.value.strip() and isinstance(found, Reason):
            surface.excuse(names.value, found)(function)
        else:
            self.say(decorator, f"an excuse names operations and a reason: {STATED['__excuse__']}")

    def widened(self, decorator: ast.expr, call: ast.Call | None, function: FunctionType) -> None:
        """Mark a method as the key at which operations may change more than their contracts name."""
        given = [a.value for a in call.args if isinstance(a, ast.Constant)] if call and not call.keywords else []
        texts = [text for text in given if isinstance(text, str) and text.strip()]
        if call and len(texts) == len(call.args) == 3:
            surface.widens(*texts)(function)
        else:
            self.say(decorator, f"a widening names operations, one part of the state and fields: {STATED['__widens__']}")
