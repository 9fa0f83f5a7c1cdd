"""What a function of a policy comes to for arguments of some kinds, statement by statement; loops are gone through part by part."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from proofs.policies.language.functions.calls import PREDICATE, Calls
from proofs.policies.language.functions.kinds import NEVER, NOTHING, UNKNOWN, Closure, Items, Kind, fits, join, told
from proofs.policies.language.table import BUILTINS, NO_NODE

if TYPE_CHECKING:
    from proofs.policies.language.program import Program, Source

__all__ = ["Body"]


class Body(Calls):
    """One function, with the kinds of its locals; those of a name that only some ways bind are None."""

    def __init__(self, program: Program, source: Source, owner: type | None, around: Body | None = None) -> None:
        """Take where the function stands."""
        self.program, self.source, self.owner, self.around = program, source, owner, around
        self.env: dict[str, Kind] = {}
        self.returned: Kind = NEVER

    def run(self, node: ast.FunctionDef | ast.Lambda, kinds: dict[str, Kind]) -> Kind:
        """Return what the function comes to."""
        for name, kind in kinds.items():
            self.name(node, name, kind, given=True)
        if isinstance(node, ast.Lambda):
            return self.value(node.body)
        if self.block(node.body):
            self.returns(node, NOTHING)
        return self.returned

    def returns(self, node: ast.AST, kind: Kind) -> None:
        """Note what one way through the function comes to."""
        found = join(self.returned, kind)
        if found is None:
            self.say(node, f"the function comes to {told(self.returned)} in one case and to {told(kind)} in another")
            found = UNKNOWN
        self.returned = found

    def refuses(self, node: ast.AST) -> None:
        """Note that the step may be refused here."""
        self.refused = self.refused or node

    # Statements; each says whether what follows it is reached

    def block(self, body: list[ast.stmt]) -> bool:
        """Go through statements in order."""
        for number, node in enumerate(body):
            if number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue  # a docstring
            method = getattr(self, f"do_{type(node).__name__}", None)
            if method is None:
                self.returned = self.say(
                    node, NO_NODE.get(type(node), f"`{ast.unparse(node).splitlines()[0]}`: no part of the language")
                )
                return False
            self.program.count(self.source, node)
            if not method(node):
                if number + 1 < len(body):
                    self.say(body[number + 1], "never reached: remove it")
                return False
        return True

    def do_Pass(self, _: ast.Pass) -> bool:
        """Nothing."""
        return True

    def do_Expr(self, node: ast.Expr) -> bool:
        """A call that comes to nothing, or refuses."""
        kind = self.of(node.value)
        if kind not in (NOTHING, NEVER, UNKNOWN):
            self.say(
                node, f"{told(kind)} that nobody takes: return it, or name it" if isinstance(node.value, ast.Call) else "no effect"
            )
        return kind is not NEVER

    def do_Return(self, node: ast.Return) -> bool:
        """The end of the function."""
        self.returns(node, NOTHING if node.value is None else self.value(node.value))
        return False

    def do_Assign(self, node: ast.Assign) -> bool:
        """Names for a value."""
        kind = self.value(node.value)
        for target in node.targets:
            self.bind(target, kind)
        return kind is not NEVER

    def do_AnnAssign(self, node: ast.AnnAssign) -> bool:
        """A name for a value of a type."""
        wanted = self.program.annotation(self.source, node.annotation)
        if node.value is None:
            self.say(node, "a name without a value: write NAME: T = value")
            return True
        kind = self.value(node.value)
        if wanted is not Any and not fits(kind, self.program.of_hint(wanted, kind)):
            self.say(node, f"{told(kind)} where {told(wanted)} is announced")
        self.bind(node.target, kind)
        return True

    def do_AugAssign(self, node: ast.AugAssign) -> bool:
        """`x += y` for `x = x + y`: values do not change in place."""
        if not isinstance(node.target, ast.Name):
            self.bind(node.target, UNKNOWN)
            return True
        load = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        self.bind(node.target, self.of(ast.copy_location(ast.BinOp(load, node.op, node.value), node)))
        return True

    def do_Delete(self, node: ast.Delete) -> bool:
        """`del` of names that are not looked at."""
        for target in node.targets:
            if not isinstance(target, ast.Name) or target.id not in self.env:
                self.say(node, "`del` of anything but an argument: return a new value")
            else:
                self.env[target.id] = None
        return True

    def do_If(self, node: ast.If) -> bool:
        """Two ways."""
        self.truth(node.test, self.value(node.test))
        before = dict(self.env)
        yes = self.block(node.body)
        after, self.env = self.env, before
        no = self.block(node.orelse)
        if yes and no:
            self.env = {name: self.both(after.get(name), self.env.get(name)) for name in {**after, **self.env}}
        elif yes:
            self.env = after
        return yes or no

    @staticmethod
    def both(one: Kind, other: Kind) -> Kind:
        """Return the kind of a local behind two ways; None if it has none, or one that depends on the way."""
        return None if one is None or other is None else join(one, other)

    def do_For(self, node: ast.For) -> bool:
        """The body, once for each part."""
        for part in self.parts(node.iter, self.of(node.iter)):
            self.program.count(self.source, node)
            self.bind(node.target, part)
            if not self.block(node.body):
                return False
        return self.block(node.orelse)

    def do_FunctionDef(self, node: ast.FunctionDef) -> bool:
        """A function inside the function."""
        self.name(node, node.name, Closure(node, self))
        return True

    # Names

    def bind(self, target: ast.expr, kind: Kind) -> None:
        """Give names to a value."""
        if isinstance(target, ast.Name):
            self.name(target, target.id, kind)
        elif isinstance(target, ast.Tuple):
            parts = kind.parts if isinstance(kind, Items) else None
            if parts is None or len(parts) != len(target.elts):
                if kind is not UNKNOWN:
                    self.say(target, f"{told(kind)} for {len(target.elts)} names: it is no tuple of as many")
                parts = (UNKNOWN,) * len(target.elts)
            for inner, part in zip(target.elts, parts, strict=True):
                self.bind(inner, part)
        elif isinstance(target, ast.Attribute):
            itself = isinstance(target.value, ast.Name) and target.value.id == "self"
            self.say(
                target, f"a store to .{target.attr}: {'what must last is a part of the state' if itself else 'use replace(...)'}"
            )
        elif isinstance(target, ast.Subscript):
            self.say(target, "a store to [...]: use s.put(...)")
        else:
            self.say(target, f"`{ast.unparse(target)}`: a value is given to names, or to a tuple of them")

    def name(self, node: ast.AST, name: str, kind: Kind, *, given: bool = False) -> None:
        """Give a name to a value: one that means nothing else in the file, and for no argument something else around."""
        if name == "self" and (not given or self.owner is None or self.around is not None):
            self.say(node, "self is the policy: choose another name")
        if name in self.source.names or name in BUILTINS or (name.startswith("__") and name.endswith("__")):
            self.say(node, f"{name} is given another meaning: choose another name")
        around = self.around
        while around is not None and not given:
            if name in around.env:
                self.say(node, f"{name} is a name of the function around this one: choose another name")
            around = around.around
        self.env[name] = kind

    def inside(self) -> Body:
        """Return what finds kinds in a scope within this one: a comprehension's names are its own."""
        return Body(self.program, self.source, self.owner, self)

    # Functions inside

    def of_Lambda(self, node: ast.Lambda) -> Kind:
        """A function that is handed on."""
        return Closure(node, self)

    def inner(self, node: ast.Call, closure: Closure, given: list[Kind], *, pure: bool = False) -> Kind:
        """Return what a function inside a function comes to; a pure one may not refuse."""
        names = self.program.parameters(closure.node)
        if len(names) != len(given):
            return self.say(closure.node, f"a function of {len(names)} arguments where {len(given)} are given")
        kinds = dict(zip(names, given, strict=True))
        self.program.ran.add(closure.node)
        body = Body(closure.body.program, closure.body.source, closure.body.owner, closure.body)
        with self.program.inside(self.source, node, closure.node) as begins:
            found = body.run(closure.node, kinds) if begins else UNKNOWN
        if pure and body.refused:
            body.say(body.refused, PREDICATE)
        self.refused = self.refused or body.refused
        return found
