"""Loading a policy by the name that a user gives it: a file, or a class of an importable module."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType

from proofs.policies.earlier.renaming import outdated
from proofs.policies.files import file_of, place_of, sources
from proofs.policies.loaded import REFERENCE, LoadedPolicy, PolicyError
from proofs.policies.signatures import check_constructor, check_members, check_state
from pymodel.machine import Hypervisor

__all__ = ["load", "module_called"]

#: Modules beside a policy's file that a policy imported, so that the next load reads them again.
_siblings: set[str] = set()


def load(spec: str | None = None) -> LoadedPolicy:
    """Load `path/to/file.py`, `path/to/file.py::ClassName` or `package.module:ClassName`; None is the reference.

    Raises `PolicyError` for whatever is wrong with it.
    """
    if spec is None or spec == REFERENCE:
        return LoadedPolicy(REFERENCE, REFERENCE, Hypervisor, ())
    if "::" in spec or spec.endswith(".py") or "/" in spec:
        path, _, wanted = spec.partition("::")
        module, shown = _run_file(Path(path)), Path(path).name
    else:
        shown, _, wanted = spec.partition(":")
        module = module_called(shown)
    if module.__file__ is None:
        raise PolicyError(f"{shown!r} is a folder and no module; name the module inside it")
    file = str(module.__file__)
    cls = _choose(module, file, wanted, shown)
    check_members(cls)
    check_state(cls)
    check_constructor(cls)
    return LoadedPolicy(f"{shown}{'::' if shown.endswith('.py') else ':'}{cls.__name__}", spec, cls, sources(module))


def _run_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise PolicyError("there is no such file; give path/to/file.py or path/to/file.py::ClassName", str(path))
    check_names(path)
    module = ModuleType(f"policy_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}")
    module.__file__ = str(path)
    for name in _siblings:
        sys.modules.pop(name, None)
    before = set(sys.modules)
    folder = str(path.resolve().parent)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, folder)
    sys.modules[module.__name__] = module
    try:
        importlib.invalidate_caches()
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)  # noqa: S102 - a policy runs as its author's
    except (Exception, SystemExit) as error:
        raise _import_error(error, str(path)) from error
    finally:
        sys.path.remove(folder)
        sys.dont_write_bytecode = written
        new = [name for name in set(sys.modules) - before if name != module.__name__]
        _siblings.update(name for name in new if (file_of(sys.modules[name]) or "").startswith(folder + os.sep))
    return module


def check_names(path: Path) -> None:
    """Refuse a policy that uses what is called otherwise by now, with the line and what to write."""
    try:
        found = next(outdated(path.read_text(encoding="utf-8")), None)
    except (SyntaxError, ValueError):
        return  # importing it says so
    if found is not None:
        raise PolicyError(found[1], str(path), found[0])


def module_called(name: str) -> ModuleType:
    """Import a module that policies stand in; whatever is wrong with it is a `PolicyError`."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, (ModuleNotFoundError, ValueError)) and name.startswith(getattr(error, "name", None) or ""):
            hint = "give path/to/file.py or package.module:ClassName"
            raise PolicyError(f"there is no module {name!r}; {hint}") from error
        frames = [f.filename for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith(".py")]
        raise _import_error(error, frames[-1] if frames else name) from error
    finally:
        sys.path.remove(str(Path.cwd()))
    return module


def _import_error(error: BaseException, file: str) -> PolicyError:
    if isinstance(error, SyntaxError):
        place = error.filename or file, error.lineno or 0
        return PolicyError(f"syntax error: {error.msg}; expected Python 3.11", *place)
    lines = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    line = lines[-1] if lines else 0
    return PolicyError(f"importing it raised {what}; a policy must import without errors", file, line)


def _choose(module: ModuleType, file: str, wanted: str, shown: str) -> type[Hypervisor]:
    """Return the class that was named, or the one most-derived subclass of Hypervisor that the file defines."""
    own = {c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__}
    policies = [c for c in own if issubclass(c, Hypervisor)]
    names = ", ".join(sorted(c.__name__ for c in policies)) or "none"
    if wanted:
        cls = getattr(module, wanted, None)
        if cls is None:
            raise PolicyError(f"there is no class {wanted!r}; its policies are: {names}", file)
        if not (inspect.isclass(cls) and issubclass(cls, Hypervisor)):
            line = place_of(cls, "")[1] if cls in own else 0
            raise PolicyError(f"{wanted} is no policy; derive it from Hypervisor, which `pymodel` has", file, line)
        return cls
    last = [c for c in policies if not any(other is not c and issubclass(other, c) for other in policies)]
    if not last:
        raise PolicyError("no policy here; define a class that derives from Hypervisor, which `pymodel` has", file)
    if len(last) > 1:
        mark = "::" if shown.endswith(".py") else ":"
        choices = ", ".join(sorted(f"{shown}{mark}{c.__name__}" for c in last))
        raise PolicyError(f"several policies here; name the one you mean: {choices}", file)
    return last[0]
