"""A policy to start from, with its tests: what `ringfence new` writes. It loads and is proved as it is; a test does both."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from pymodel import surface

__all__ = ["StartError", "class_name", "policy", "start", "tests"]

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: Stands for the name of the file, and for that of the class.
FILE, CLASS = "FILE_NAME", "ClassName"
#: What the template calls otherwise than `pymodel` does.
TAKEN = ("Permission", "Permissions")

POLICY = '''\
"""The host says which VM may have which function, before it gives the function to the VM.

    ringfence prove FILE_NAME.py
    python -m pytest test_FILE_NAME.py
"""

from pymodel import HOST, FunctionPhase, Hypervisor, MachineState, Map, Reason, Record, Rid, Space, Vm
from pymodel import any_of, implies, invariant, operation, require


class Permission(Record):
    """Whether a VM may have a function."""

    given: bool = False


class Permissions(MachineState):
    """The machine, and a state of the policy's own: who may have what."""

    permission: Map[tuple[Rid, Vm], Permission]


class ClassName(Hypervisor):
    """Gives a function to a VM that may have it, and takes back no permission that is in use."""

    State = Permissions  # type: ignore[assignment] # a part more than the machine has

    def may_attach(self, s: Permissions, rid: Rid, vm: Vm, space: Space) -> bool:  # type: ignore[override] # the same
        """A decision, taken otherwise than in the reference: `ringfence explain may_attach` prints its contract."""
        return s.permission[rid, vm].given

    @operation
    def permit(self, s: Permissions, caller: Vm, rid: Rid, vm: Vm, given: bool) -> Permissions:
        """An operation of the policy's own: the host gives a permission, or takes it back."""
        f = s.function[rid]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(any_of(given, f.phase != FunctionPhase.ATTACHED, f.owner != vm), Reason.IN_USE)
        return s.put("permission", (rid, vm), Permission(given=given))

    @invariant
    def an_attached_function_is_permitted(self, s: Permissions, rid: Rid) -> bool:
        """Whoever has a function may have it; reported as the theorem OWN."""
        f = s.function[rid]
        return implies(f.phase == FunctionPhase.ATTACHED, s.permission[rid, f.owner].given)
'''

TESTS = '''\
"""What is claimed of the policy in FILE_NAME.py."""

from pathlib import Path

from proofs.cli.main import run

POLICY = str(Path(__file__).with_name("FILE_NAME.py"))


def test_a_permission_can_be_given() -> None:
    """Some run from boot gives one: the policy is not safe for the reason alone that it refuses everything."""
    assert run(["reach", POLICY, "permission[Rid(8), Vm(3)].given"]) == 0


def test_every_theorem_is_proved() -> None:
    """No theorem is refuted or undecided. This takes minutes once; then only what has changed is decided again."""
    assert run(["prove", POLICY]) == 0
'''


class StartError(ValueError):
    """Nothing was written; the message says why."""


def start(place: Path) -> tuple[Path, Path]:
    """Write a policy and its tests, and return where they are; files that are there already are left alone."""
    name = place.name.removesuffix(".py")
    files = (place.with_name(f"{name}.py"), place.with_name(f"test_{name}.py"))
    for path in files:
        if path.exists():
            raise StartError(f"{path} is there already; nothing was written")
    _check(name)
    for path, text in zip(files, (policy(name), tests(name)), strict=True):
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise StartError(f"{path}: cannot be written: {error.strerror or error}") from error
    return files


def _check(name: str) -> None:
    if not NAME.fullmatch(name):
        raise StartError(f"{name!r} is no name for a policy: take letters, digits and _, a letter first")
    if class_name(name) in (*surface.__all__, *TAKEN):
        raise StartError(f"a policy called {name!r} would have the class {class_name(name)}, which means something else")
    if importlib.util.find_spec(name) is not None:
        raise StartError(f"{name}.py would hide the module {name} of Python or of a library; take another name")


def class_name(name: str) -> str:
    """Return the name of the class in a file of this name."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def policy(name: str) -> str:
    """Return the text of the policy."""
    return POLICY.replace(FILE, name).replace(CLASS, class_name(name))


def tests(name: str) -> str:
    """Return the text of its tests."""
    return TESTS.replace(FILE, name)
