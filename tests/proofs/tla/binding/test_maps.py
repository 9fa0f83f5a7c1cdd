"""The maps name every action of their modules and only steps that are there, and the reading guide says what they say."""

from __future__ import annotations

import re

import pytest

from proofs.cli.main import run as command
from proofs.tla.binding import table
from proofs.tla.binding.conform import BINDINGS
from proofs.tla.binding.declared import DECLARED
from tests.places import SPEC

MODULES = sorted(path.stem for path in SPEC.glob("*/*.tla") if path.stem == path.parent.name)
#: Disjunctions of actions that are no actions themselves.
NEXT = re.compile(r"\w*Next|Step")


def definitions(source: str) -> dict[str, str]:
    """Return the text of each definition of a module, without comments."""
    bare = re.sub(r"\(\*.*?\*\)|\\\*[^\n]*", "", source, flags=re.DOTALL)
    parts = re.split(r"^(\w+)(?:\([^)]*\))? ==", bare, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def actions_in_next(source: str) -> set[str]:
    """Return the actions that a module's Next is made of."""
    known, found, todo = definitions(source), set[str](), ["Next"]
    while todo:
        text = known[todo.pop()].split("\n\n")[0]
        names = {name for name in re.findall(r"\b[A-Z]\w*", text) if name in known}
        todo += [name for name in names if NEXT.fullmatch(name)]
        found |= {name for name in names if not NEXT.fullmatch(name) and "'" in bodies(known, name)}
    return found


def bodies(known: dict[str, str], name: str) -> str:
    """Return the text of a definition and of those that it uses."""
    return known[name] + "".join(known[n] for n in re.findall(r"\b[A-Z]\w*", known[name]) if n in known and n != name)


@pytest.mark.parametrize("module", MODULES)
def test_map_names_every_action_of_its_module(module: str) -> None:
    """What Next is made of is what the map names, no more and no less."""
    wanted = actions_in_next((SPEC / module / f"{module}.tla").read_text(encoding="utf-8"))
    assert set(table.everything()[module]) == wanted


def test_action_that_no_map_names_is_seen() -> None:
    """An action more in Next is one that the map does not have: the test above would say so."""
    source = (SPEC / "Isolation" / "Isolation.tla").read_text(encoding="utf-8")
    more = source.replace("    \\/ Rest\n", "    \\/ Rest \\/ Vanish\n") + "\nVanish == owner' = owner\n\n"
    assert actions_in_next(more) - actions_in_next(source) == {"Vanish"}


def test_every_module_has_a_folder_with_its_wrappers_and_its_faults() -> None:
    """Nothing stands beside the folders, each has the module of its name, and what else it has is named for that module."""
    assert not list(SPEC.glob("*.tla"))
    assert sorted({path.parent.name for path in SPEC.glob("*/*.tla")}) == MODULES
    for path in SPEC.glob("*/*.tla"):
        assert re.fullmatch(rf"(MC|AP)?{path.parent.name}|{path.parent.name}_\w+", path.stem)


def test_every_module_is_bound_or_says_why_not() -> None:
    """No module is forgotten, none has two maps; what is only declared names steps that are there, or why there are none."""
    assert sorted([*BINDINGS, *DECLARED]) == MODULES
    for declaration in DECLARED.values():
        assert declaration.why
        for stands in declaration.actions:
            assert set(stands.steps) <= table.known_steps()
            assert bool(stands.steps) != bool(stands.why)


def test_reading_guide_has_the_table_of_the_maps() -> None:
    """The table in spec/README.md is what the maps say now; `python -m proofs.tla.binding.table` prints it."""
    source = (SPEC / "README.md").read_text(encoding="utf-8")
    assert source[source.index(table.BEGIN) : source.index(table.END) + len(table.END)] == table.markdown()


def test_command_says_why_a_module_is_not_bound(capsys: pytest.CaptureFixture[str]) -> None:
    """A module that is only declared is an error of input, with the reason; the help names it too."""
    for name, declaration in DECLARED.items():
        assert command(["conform", name]) == 2
        assert declaration.why.split(":")[0] in " ".join(capsys.readouterr().err.split())
    command(["conform", "--help"])
    told = capsys.readouterr().out
    assert all(name in told for name in DECLARED)
