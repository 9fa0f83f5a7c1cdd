"""Loading a policy by the name that a user gives it: a file, or a class of a module. Nothing of a policy is imported, or run."""

from __future__ import annotations

import ast
import copy
import hashlib
import inspect
from pathlib import Path

from proofs.policies.earlier.renaming import outdated
from proofs.policies.language.check import check
from proofs.policies.language.files import declare
from proofs.policies.language.program import Program, Source
from proofs.policies.language.reading import find, folder_of
from proofs.policies.loaded import REFERENCE, Finding, LoadedPolicy, PolicyError
from pymodel.machine import Hypervisor

__all__ = ["load", "read_module"]

HOW = "give path/to/file.py or package.module:ClassName"


def load(spec: str | None = None) -> LoadedPolicy:
    """Load `path/to/file.py`, `path/to/file.py::ClassName` or `package.module:ClassName`; None is the reference.

    Raises `PolicyError` for whatever is wrong with it.
    """
    if spec is None or spec == REFERENCE:
        return LoadedPolicy(REFERENCE, REFERENCE, Hypervisor)
    try:
        return _load(spec)
    except (RecursionError, MemoryError) as error:
        raise PolicyError("expressions or blocks are nested too deeply: name the parts", spec.partition("::")[0]) from error
    except OSError as error:
        raise PolicyError(f"it cannot be read: {error.strerror}", spec.partition("::")[0][:200]) from error


def _load(spec: str) -> LoadedPolicy:
    if "::" in spec or spec.endswith(".py") or "/" in spec:
        file, _, wanted = spec.partition("::")
        path, shown, mark = Path(file), Path(file).name, "::"
        program, source = read_file(path, path.stem)
    else:
        shown, _, wanted = spec.partition(":")
        mark = ":"
        program, source = read_module(shown)
    program.policy = choose(program, source, wanted, f"{shown}{mark}")
    refuse_findings(program)
    sources = tuple(program.sources)
    return LoadedPolicy(f"{shown}{mark}{program.policy.__name__}", spec, program.policy, sources, digest_of(sources))


def read_module(name: str) -> tuple[Program, Source]:
    """Read and check the file of a module, which is found without importing it."""
    path, is_folder = find(name), bool(folder_of(name))
    if path is None or is_folder:
        raise PolicyError(
            f"{name!r} is a folder and no module; name the module inside it" if is_folder else f"there is no module {name!r}; {HOW}"
        )
    return read_file(path, name)


def read_file(path: Path, name: str) -> tuple[Program, Source]:
    """Read and check a file, with the helpers beside it."""
    program = Program()
    source = declare(program, path, name)
    program.sources.insert(0, source)
    check(program)
    return program, source


def refuse_findings(program: Program) -> None:
    """Raise what was found, in order; where a name is of an earlier version, what to write instead is told in place of it."""
    found = sorted(program.findings.values())
    texts = {source.file: source.text for source in program.sources}
    if found:
        for file in dict.fromkeys(finding.file for finding in found):
            wrong = {finding.line for finding in found if finding.file == file}
            renamed = [Finding(file, line, why) for line, why in outdated(texts[file]) if line in wrong]
            lines = {(file, finding.line) for finding in renamed}
            found = sorted([*renamed, *(f for f in found if (f.file, f.line) not in lines)])
        first, *rest = found
        raise PolicyError(first.why, first.file, first.line, first.column, tuple(rest))


def digest_of(sources: tuple[Source, ...]) -> str:
    """Return the sha256 of the trees that were checked: where they lie, remarks and docstrings do not matter."""
    texts = sorted(f"{Path(source.file).name}\n{undocumented(source.tree)}\n" for source in sources)
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def undocumented(tree: ast.Module) -> str:
    """Return the text of a tree without docstrings."""
    bare = copy.deepcopy(tree)
    for node in ast.walk(bare):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return ast.dump(bare)


def choose(program: Program, source: Source, wanted: str, prefix: str) -> type[Hypervisor]:
    """Return the class that was named, or the one most-derived policy that the file defines."""
    policies = [c for c in program.policies if c.__module__ == source.name]
    names = ", ".join(sorted(c.__name__ for c in policies)) or "none"
    if wanted:
        cls = source.names.get(wanted)
        if inspect.isclass(cls) and issubclass(cls, Hypervisor):
            return cls
        refuse_findings(program)
        if not inspect.isclass(cls):
            raise PolicyError(f"there is no class {wanted!r}; its policies are: {names}", source.file)
        node = next((n for n in source.tree.body if isinstance(n, ast.ClassDef) and n.name == wanted), None)
        line = node.lineno if node else 0
        raise PolicyError(f"{wanted} is no policy; derive it from Hypervisor, which `pymodel` has", source.file, line)
    last = [c for c in policies if not any(other is not c and issubclass(other, c) for other in policies)]
    if len(last) == 1:
        return last[0]
    refuse_findings(program)
    if not last:
        raise PolicyError("no policy here; define a class that derives from Hypervisor, which `pymodel` has", source.file)
    choices = ", ".join(sorted(f"{prefix}{c.__name__}" for c in last))
    raise PolicyError(f"several policies here; name the one you mean: {choices}", source.file)
