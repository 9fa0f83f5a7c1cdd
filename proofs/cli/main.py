"""The command line. What each command does stands in `proofs.cli.commands`, and is imported when the command runs."""
# ruff: noqa: PLC0415 - a command's module is imported when the command runs, so that `--help` loads no solver and no model

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from proofs.cli.exits import Code, Stop, after_interrupt, catch_termination
from proofs.installing import how_to_get

__all__ = ["app", "installed", "main", "run"]

app = typer.Typer(
    help="Proves how a modelled hypervisor keeps guests, their memory and their devices apart. It proves a model, not your code.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Solver(StrEnum):
    """Who decides."""

    Z3 = "z3"
    CVC5 = "cvc5"
    BITWUZLA = "bitwuzla"
    ALL = "all"


class Engine(StrEnum):
    """Who checks a TLA+ model."""

    TLC = "tlc"
    APALACHE = "apalache"


class Tier(StrEnum):
    """Which models."""

    CI = "ci"
    LARGE = "large"


Policy = Annotated[
    str | None,
    typer.Argument(
        metavar="POLICY",
        help="file.py, file.py::Class or package.module:Class; the reference if left out.",
        show_default=False,
    ),
]
Only = Annotated[list[str] | None, typer.Option("--only", metavar="ID|AREA", help="Only these theorems; repeatable.")]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="Processes at once.")]
Json = Annotated[str | None, typer.Option("--json", metavar="FILE", help="Write JSON; - is standard output.")]
Junit = Annotated[str | None, typer.Option(metavar="FILE", help="Write JUnit XML; - is standard output.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Everything: whole runs, every theorem and obligation.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="One line a theorem.")]
Cache = Annotated[bool | None, typer.Option("--cache/--no-cache", help="Reuse earlier proofs.")]


@contextmanager
def installed() -> Iterator[None]:
    """Stop where a library that a command's module imports is not installed, and say how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").split(".")[0]
        if name in ("", "proofs", "pymodel"):
            raise
        raise Stop(Code.MISSING, f"{name} is not installed; get it with: {how_to_get(name)}") from error


def print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    """Print the version and stop, where that is wanted."""
    if wanted:
        from proofs.cli.output import version

        typer.echo(f"ringfence {version()}")
        raise typer.Exit


@app.callback()
def ringfence(
    _version: Annotated[bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def prove(  # noqa: PLR0913, PLR0917 - the options of the contract
    policy: Policy = None,
    only: Only = None,
    jobs: Jobs = None,
    budget: Annotated[float | None, typer.Option(min=0, help="Seconds for the whole run.")] = None,
    rlimit: Annotated[int | None, typer.Option(min=1, help="Solver units for one obligation.")] = None,
    solver: Annotated[Solver | None, typer.Option(help="Who decides.")] = None,
    cache: Cache = None,
    more: Annotated[int | None, typer.Option(min=0, help="Further counterexamples for each theorem.")] = None,
    everything: Annotated[
        bool | None, typer.Option("--all", help="Decide everything, also when a run has refuted the policy.", show_default=False)
    ] = None,
    fail_fast: Annotated[bool | None, typer.Option("--fail-fast/--no-fail-fast", hidden=True)] = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Save the runs that refute it, for `replay`.")] = None,
    pytest: Annotated[str | None, typer.Option(metavar="FILE", help="Write a test that takes the run again.")] = None,
    json: Json = None,
    junit: Junit = None,
    smt2: Annotated[Path | None, typer.Option(metavar="DIR", help="Export each obligation as SMT-LIB 2.")] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 also where 1 or 3 is due.")] = False,
) -> int:
    """Prove the theorems for a policy."""
    with installed():
        from proofs.cli.commands import proving
    wish = proving.Wish(policy, only or [], jobs, budget, rlimit, solver, cache, more, everything, fail_fast, smt2)
    return proving.prove(wish, proving.Out(json, junit, save, pytest, exit_zero, verbose, quiet))


@app.command()
def new(name: Annotated[str, typer.Argument(metavar="NAME", help="What the policy is called; letters, digits and _.")]) -> int:
    """Write NAME.py, a policy to start from, and test_NAME.py, its tests."""
    with installed():
        from proofs.cli.commands import starting
    return starting.new(name)


@app.command()
def fuzz(  # noqa: PLR0913, PLR0917 - the options of the contract
    policy: Policy = None,
    only: Only = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="How long.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps in all; then the run can be repeated exactly.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Where chance begins.")] = None,
    jobs: Jobs = None,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Save each trace that breaks something.")] = None,
    verbose: Verbose = False,
    json: Json = None,
) -> int:
    """Run a policy at random and watch the theorems, beyond what the prover sees."""
    with installed():
        from proofs.cli.commands import fuzzing
    return fuzzing.fuzz(fuzzing.FuzzWish(policy, only or [], seconds, steps, seed, jobs, save, verbose), json)


@app.command()
def reach(
    arguments: Annotated[
        list[str],
        typer.Argument(metavar="[POLICY] EXPRESSION", help="Python over the state, as in `vm[Vm(3)].life == Life.DYING`."),
    ],
    steps: Annotated[int | None, typer.Option(min=1, help="Steps at random, after the scenarios and the solver.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Where chance begins.")] = None,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Save the trace, for `replay`.")] = None,
) -> int:
    """Search for a run from boot to a state in which an expression is true: 0 if one was found, 3 if none."""
    with installed():
        from proofs.cli.commands import reaching
    return reaching.reach(arguments, steps, seed, save)


@app.command()
def check(  # noqa: PLR0913, PLR0917 - the options of the contract
    models: Annotated[list[str] | None, typer.Argument(metavar="[MODEL...]", help="Only these models.", show_default=False)] = None,
    tier: Annotated[Tier | None, typer.Option(help="Which models; ci if none is named.")] = None,
    engine: Annotated[Engine | None, typer.Option(help="Only the models of this checker; TLC's if none is named.")] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Models at once.")] = None,
    timeout: Annotated[float | None, typer.Option(min=0, help="Seconds for each model.")] = None,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Save each counterexample as ITF.")] = None,
    json: Json = None,
    junit: Junit = None,
    only_list: Annotated[bool, typer.Option("--list", help="List the models and run none.")] = False,
) -> int:
    """Check the TLA+ models, for what interleaves: each must come out as recorded, counterexamples and counts included."""
    with installed():
        from proofs.cli.commands import checking
    wish = checking.CheckWish(models or [], tier, engine, jobs, timeout, save)
    return checking.check(wish, only_list, json, junit)


@app.command()
def conform(
    modules: Annotated[
        list[str] | None, typer.Argument(metavar="[MODULE...]", help="Only these modules.", show_default=False)
    ] = None,
    behaviours: Annotated[int | None, typer.Option(min=1, help="How many each way; 1000 if not said.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Where chance begins; another one each time if not said.")] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Modules at once.")] = None,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Save each behaviour on which the models disagree.")] = None,
    json: Json = None,
) -> int:
    """Compare the TLA+ models with the Python model, by traces in both directions: 5 where they disagree.

    All modules but MultiWordUpdate and PostedInterrupts: Python writes a context in one step, and has no interrupts yet.
    """
    with installed():
        from proofs.cli.commands import conforming
    return conforming.compare(conforming.ConformWish(modules or [], behaviours, seed, jobs, save), json)


@app.command()
def zoo(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="Only these faults.", show_default=False)] = None,
    fuzz: Annotated[bool, typer.Option("--fuzz", help="Fuzz each one too.")] = False,
    jobs: Jobs = None,
    cache: Cache = None,
    json: Json = None,
) -> int:
    """Prove each known fault (it must be refuted) and its repaired version (it must not)."""
    with installed():
        from proofs.cli.commands import zoo as known_faults
    return known_faults.zoo(ids or [], fuzz, jobs, cache, json)


@app.command()
def replay(
    trace: Annotated[Path, typer.Argument(metavar="TRACE", help="A saved trace.")],
    step: Annotated[bool, typer.Option("--step", help="Wait for Enter after each step.")] = False,
    show: Annotated[list[str] | None, typer.Option(metavar="EXPRESSION", help="Show its value at each step.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only the steps of this actor.")] = None,
    policy: Annotated[str | None, typer.Option(metavar="POLICY", help="Under this policy, and not the trace's.")] = None,
    verbose: Verbose = False,
) -> int:
    """Run a saved trace again: 1 if it still breaks something, 0 if not, 2 if it is stale.

    It reads what `prove`, `fuzz`, `reach` and `conform` save, and their reports as JSON.
    """
    with installed():
        from proofs.cli.commands import replaying
    return replaying.replay(trace, replaying.ReplayWish(step, show or [], actor, policy, verbose))


@app.command("list")
def list_command(json: Json = None) -> int:
    """List the theorems."""
    with installed():
        from proofs.cli.commands import reading
    return reading.list_theorems(json)


@app.command()
def explain(
    name: Annotated[str | None, typer.Argument(metavar="NAME", show_default=False)] = None,
    trust: Annotated[bool, typer.Option("--trust", help="What must be trusted, and how each is tested.")] = False,
) -> int:
    """Print a theorem with what it assumes and what is open, a statement, or the contract of an operation or decision."""
    with installed():
        from proofs.cli.commands import reading
    if trust == (name is not None):
        raise Stop(Code.INPUT, "explain takes a theorem, a statement, an operation or a decision by name, or --trust")
    return reading.explain_trust() if name is None else reading.explain(name)


@app.command()
def cite(
    name: Annotated[str, typer.Argument(metavar="ID")],
    policy: Annotated[str | None, typer.Option(metavar="POLICY", help="Whose; the reference if left out.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> int:
    """Prove one theorem and print it for a design review, with its evidence."""
    with installed():
        from proofs.cli.commands import proving
    if markdown and json:
        raise Stop(Code.INPUT, "cite takes --markdown or --json, not both")
    return proving.cite(name, policy, "json" if json else "markdown" if markdown else "text")


@app.command()
def doctor(json: Json = None) -> int:
    """Say which solvers and tools are found, and what each is for."""
    with installed():
        from proofs.cli.commands import tools
    return tools.doctor(json)


@app.command()
def cache(clear: Annotated[bool, typer.Option("--clear", help="Empty it.")] = False) -> int:
    """Say where the cache is and how large."""
    with installed():
        from proofs.cli.commands import tools
    return tools.cache(clear)


@app.command()
def bench(
    only: Annotated[list[str] | None, typer.Option("--only", metavar="ID|AREA", help="List these theorems; repeatable.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Decide a sample of steps, and search less.")] = False,
    width: Annotated[bool, typer.Option("--width", help="Prove also with ids twice as wide, and print the ratio.")] = False,
    engines: Annotated[bool, typer.Option("--engines", help="Ask one question of z3, TLC and Apalache instead.")] = False,
    jobs: Jobs = None,
    json: Json = None,
) -> int:
    """Measure proving (each theorem and all, cold and cached), the model, and a search of explicit states for comparison."""
    with installed():
        from proofs.cli.commands import measuring
    if engines:
        return measuring.engines(json)
    return measuring.bench(only or [], quick, width, jobs, json)


def run(arguments: Sequence[str], command: typer.Typer = app, name: str = "ringfence") -> int:
    """Run a command and return its exit code; whatever goes wrong has a code that says so."""
    try:
        return _dispatch(list(arguments), command, name)
    except Stop as stop:
        _complain(stop.message)
        return stop.code
    except typer.TyperException as error:
        _complain_usage(error)
        return Code.INPUT
    except KeyboardInterrupt:
        return after_interrupt()
    except BaseException as error:  # noqa: BLE001 - a crash must never look like a verdict
        return _crashed(error)


def _dispatch(arguments: list[str], command: typer.Typer, name: str) -> int:
    code = typer.main.get_command(command).main(args=arguments, prog_name=name, standalone_mode=False)
    if not isinstance(code, int):
        raise TypeError("a command returned no exit code")
    return after_interrupt() if code == Code.INTERRUPTED else code


def _complain(message: str) -> None:
    print(f"ringfence: {message}", file=sys.stderr)  # noqa: T201 - this is where messages are printed


def _complain_usage(error: typer.TyperException) -> None:
    show = getattr(error, "show", None)
    if show is None:
        _complain(error.message)
    else:
        show(sys.stderr)


def _crashed(error: BaseException) -> int:
    if isinstance(error.__context__, OSError) and error.__context__.errno == errno.EPIPE:
        return Code.INPUT
    traceback.print_exception(error, file=sys.stderr)
    _complain("an internal error (exit 70), and no verdict about anything; please report it with the lines above")
    return Code.INTERNAL


def main(command: typer.Typer = app, name: str = "ringfence") -> NoReturn:
    """Run the command line of this process."""
    catch_termination()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:], command, name))
