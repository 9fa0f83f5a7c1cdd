"""Which modules a checker is given: those of a folder, and what they name of other folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.tla.modules import needed


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """Return a folder with four modules in three folders, and one that nobody names."""
    sources = {
        "Top/MCTop": "EXTENDS Naturals, Top",
        "Top/Top": "(* EXTENDS Idle *)\nEXTENDS Integers,\n  Middle\n\\* INSTANCE Idle",
        "Middle/Middle": "Abstract == INSTANCE Bottom WITH x <- y",
        "Middle/MCMiddle": "EXTENDS Middle",
        "Bottom/Bottom": "EXTENDS Naturals",
        "Idle/Idle": "EXTENDS Naturals",
    }
    for name, source in sources.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.tla").write_text(f"---- MODULE {name.partition('/')[2]} ----\n{source}\n====\n", encoding="utf-8")
    return tmp_path


def test_what_a_module_names_is_found_in_the_folder_of_its_name(spec: Path) -> None:
    """Extended or instantiated, and in turn; what stands in comments is not taken, nor a folder's other modules."""
    assert [path.relative_to(spec).as_posix() for path in needed(spec / "Top")] == [
        "Top/MCTop.tla",
        "Top/Top.tla",
        "Middle/Middle.tla",
        "Bottom/Bottom.tla",
    ]
    assert needed(spec / "Bottom") == [spec / "Bottom" / "Bottom.tla"]


@pytest.mark.parametrize(("beside", "folders"), [("Top/Middle", "Top Top Top"), ("Middle/Bottom", "Top Top Middle Middle")])
def test_what_stands_beside_a_module_comes_first(spec: Path, beside: str, folders: str) -> None:
    """A module of the folder itself is taken, and not one of the same name in a folder of that name."""
    (spec / f"{beside}.tla").touch()
    assert [path.parent.name for path in needed(spec / "Top")] == folders.split()
