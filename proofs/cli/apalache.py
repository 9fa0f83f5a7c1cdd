"""The command `apalache-check`: one specification, one question, in the words of Apalache's own command line."""
# ruff: noqa: PLC0415 - the command's module is imported when it runs, so that `--help` loads nothing

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from proofs.cli import main as command_line
from proofs.cli.main import Engine, installed

__all__ = ["app", "main"]

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def check(  # noqa: PLR0913, PLR0917 - the options of the contract
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="A TLA+ file.")],
    init: Annotated[str, typer.Option(help="The initial predicate.")] = "Init",
    following: Annotated[str, typer.Option("--next", help="The next-state predicate.")] = "Next",
    inv: Annotated[list[str] | None, typer.Option(help="An invariant, or several with commas; repeatable.")] = None,
    length: Annotated[int, typer.Option(min=0, help="How many steps.")] = 10,
    cinit: Annotated[str, typer.Option(help="The predicate that gives the constants.", show_default=False)] = "",
    inductive: Annotated[
        str,
        typer.Option(metavar="INVARIANT", help="Make the three checks of an inductive invariant.", show_default=False),
    ] = "",
    engine: Annotated[Engine, typer.Option(help="Who is asked.")] = Engine.APALACHE,
    server: Annotated[bool, typer.Option("--server", help="Make the checks in one process, a server; see below.")] = False,
    timeout: Annotated[float | None, typer.Option(min=0, help="Seconds in all.")] = None,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Save a counterexample as ITF.")] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write JSON; - is standard output.")] = None,
) -> int:
    """Check a TLA+ specification with Apalache, and believe what it says and not its exit status.

    With --inductive, whatever --length: the invariant holds at first, no step leaves it, and it implies --inv.

    With --server, Apalache starts once and not three times. Its server listens on a port of every network interface of
    this machine for as long as the checks take, without a password. What it does not answer is asked of plain runs.
    """
    with installed():
        from proofs.cli.commands import asking
    invariants = tuple(name for given in inv or [] for name in given.split(",") if name)
    wish = asking.AskWish(spec, init, following, invariants, length, cinit, inductive, engine, server, timeout, save)
    return asking.check(wish, json)


def main() -> NoReturn:
    """Run the command line of this process."""
    command_line.main(app, "apalache-check")
