"""What had another name: errors that say the new one, and the command that rewrites a policy."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from proofs.policies import PolicyError, load
from proofs.policies.earlier.moved import ARGUMENTS, FIELDS, NAMES, REPLACED, STEPS
from proofs.policies.earlier.renaming import outdated, port
from proofs.policies.port import main
from pymodel import surface
from pymodel.machine import Hypervisor, MachineState, steps
from tests.places import ROOT

OLD = '''
    """An earlier version's policy."""

    from pymodel.hardware.ids import HOST, AccountKind, Frame, Rid, Space, Vm, account
    from pymodel.hardware.machine import Entry, EntryKind, FrameKind, MachineState
    from pymodel.hypervisor import Hypervisor
    from pymodel.hypervisor.accounts import is_unmapped, is_unused
    from pymodel.hypervisor.memory import scrubbed
    from pymodel.outcomes import Reason, require
    from pymodel.words import all_of


    class Mine(Hypervisor):
        """Keeps a comment."""

        def hide(self, s: MachineState, frame: Frame) -> MachineState:
            f, e = s.frame[frame], s.memory[frame, 0]
            require(all_of(is_unmapped(s, frame), e.job == 0), Reason.IN_USE)  # a comment
            after = scrubbed(s, frame).put("memory", (frame, 0), Entry(kind=EntryKind.NONE))
            return after.put("frame", frame, f.replace(kind=FrameKind.SHOWN, fresh=False))

        def may_attach(self, s: MachineState, rid: Rid, vm: Vm, space: Space) -> bool:
            f = s.function[rid]
            unused = is_unused(s, account(AccountKind.GROUP, f.group))
            return all_of(f.present, unused, self.tag_usable(s, space), s.seat[rid].taken, vm != HOST)

        def detach(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
            return s.replace(context=s.context.set(rid, self.context_after_detach(s, rid)), function=s.function)

        def forget(self, s: MachineState, rid: Rid) -> MachineState:
            return s.put("vm", rid, s.vm[rid]).put('twin', rid, s.seat[rid]).replace(twin=s.twin)
'''
NEW = '''
    """An earlier version's policy."""

    from pymodel import (
        AccountKind,
        Entry,
        EntryKind,
        Frame,
        FrameKind,
        HOST,
        Hypervisor,
        MachineState,
        Reason,
        Rid,
        Space,
        Vm,
        account,
        all_of,
        has_usable_tag,
        is_unreferenced,
        is_unused,
        require,
        scrub_frame,
        store_entry,
        write_context,
    )


    class Mine(Hypervisor):
        """Keeps a comment."""

        def unpublish(self, s: MachineState, frame: Frame) -> MachineState:
            f, e = s.frame[frame], s.memory[frame, 0]
            require(all_of(is_unreferenced(s, frame), s.slot_note[frame, 0].job == 0), Reason.IN_USE)  # a comment
            after = store_entry(scrub_frame(s, frame), frame, 0, Entry(kind=EntryKind.NONE))
            return after.put("frame", frame, f.replace(kind=FrameKind.PUBLISHED))

        def may_attach(self, s: MachineState, rid: Rid, vm: Vm, space: Space) -> bool:
            f = s.function[rid]
            unused = is_unused(s, account(AccountKind.GROUP, s.platform.function[rid].group))
            return all_of(s.pcie[rid].present, unused, has_usable_tag(s, space), s.reference[rid].taken, vm != HOST)

        def detach(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
            return write_context(s, rid, self.context_after_detach(s, rid)).replace(function=s.function)

        def forget(self, s: MachineState, rid: Rid) -> MachineState:
            return s.put("vm", rid, s.vm[rid]).put('mirror_link', rid, s.reference[rid]).replace(mirror_link=s.mirror_link)
'''


def test_a_policy_is_rewritten() -> None:
    """Imports become one, names and fields follow, a put into hardware becomes its command; comments and layout stay."""
    assert port(dedent(OLD)).text == dedent(NEW)


def test_what_was_rewritten_is_left_alone() -> None:
    """The second time there is nothing to do."""
    assert port(dedent(NEW)) == (dedent(NEW), [])
    assert list(outdated(dedent(NEW))) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param(
            "e = self.entry(s)\n        return e.split", "it is s.slot_note[...].split now", id="whose field is not clear"
        ),
        pytest.param("return s.replace(tlb=s.tlb)", "written by flush_local_tlb and invalidations alone", id="no command fits"),
        pytest.param("return Entry(may=rights)", "may=: it is s.slot_note[...].max_cached_rights now", id="an argument"),
    ],
)
def test_what_cannot_be_decided_is_listed(line: str, says: str) -> None:
    """A field of an unknown record, or a part without a command for it, is told with its line and what to write."""
    text = f"class P:\n    def f(self, s, rights):\n        {line}\n"
    left = port(text).left
    assert [says in what for _, what in left] == [True]
    assert left[0][0] == text.count("\n")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("from pymodel.hardware.machine import FrameKind", "write `from pymodel import FrameKind`"),
        ("from pymodel.hypervisor.accounts import is_unmapped", "write `from pymodel import is_unreferenced`"),
        ("from pymodel.words import all_of", "write `from pymodel import all_of`"),
        ("from pymodel.transitions import decision", "pymodel.transitions has no decision: it is no policy's to use"),
    ],
)
def test_an_old_import_is_an_error_that_gives_the_new_one(tmp_path: Path, line: str, says: str) -> None:
    """An import of what moved is refused at its line, with what to write."""
    path = tmp_path / "old.py"
    path.write_text(f'"""A policy."""\n{line}\nfrom pymodel import Hypervisor\n\n\nclass P(Hypervisor):\n    pass\n')
    with pytest.raises(PolicyError, match=r"old\.py:2: ") as told:
        load(str(path))
    assert says in str(told.value)


def test_an_import_of_what_is_gone_is_listed() -> None:
    """Nothing stands in its place, so its author is told."""
    text = "from pymodel.transitions import decision, operation\n"
    found = port(text)
    assert found.text == "from pymodel import operation\nfrom pymodel.transitions import decision\n"
    assert [line for line, what in found.left if "has no decision" in what] == [2]


UNTOLD = """
from pymodel import Entry, MachineState
import pymodel.words as words

class P:
    def f(self, s, key, e):
        from pymodel.hypervisor.accounts import is_unmapped
        s = s.put("memory", key, e)
        s = s.put(name="tlb", key=key, record=e)
        return s.put("slot_note", key, Entry(handle=3))
"""


def test_what_it_cannot_rewrite_is_told() -> None:
    """A put into the hardware's with a key that is not plain, a field that a record does not have, an import of a module."""
    found = [(line, what.partition(":")[0]) for line, what in port(UNTOLD).left]
    assert found == [
        (3, "import of pymodel.words"),
        (7, "pymodel.hypervisor.accounts has no is_unmapped"),
        (8, 'put("memory", ...)'),
        (9, 'put("tlb", ...)'),
        (10, "Entry(handle=...)"),
    ]


def test_nothing_is_lost() -> None:
    """Two writes in one `replace`, or one of another state's map, are no command; a function of the policy's own keeps its name."""
    for value in ("s.memory.set((f, 0), e).set((f, 1), e)", "after.memory.set((f, 0), e)"):
        text = f"def g(s, after, f, e):\n    return s.replace(memory={value})\n"
        assert port(text).text == text
        assert [line for line, what in port(text).left if what.startswith("replace(memory=...)")] == [2]
    helper = "def hide(s):\n    return s\n\n\ndef f(s, w):\n    return hide(w.show)\n"
    assert port(helper) == (helper, [])


def test_an_old_operation_and_part_are_errors_that_give_the_new_ones(tmp_path: Path) -> None:
    """A method with an operation's old name, or a part's old name, would go unseen: both are refused at their line."""
    path = tmp_path / "old.py"
    for body, says in (
        ("    def settle(self, s, caller):\n        return s\n", "'confirm_downgrade' in place of 'settle'"),
        ("    def f(self, s, w):\n        return s.seat[w].taken\n", "'reference' in place of 'seat'"),
        ("    def f(self, s, rid):\n        return s.function[rid].virtual\n", "s.pcie[rid].virtual"),
    ):
        path.write_text(f"from pymodel import Hypervisor\n\n\nclass P(Hypervisor):\n{body}")
        with pytest.raises(PolicyError) as told:
            load(str(path))
        assert says in str(told.value)
        assert told.value.line in (5, 6)


def test_the_new_names_exist() -> None:
    """What the tables point to is there: public names, operations, parts."""
    assert set(NAMES.values()) <= set(surface.__all__)
    assert set(STEPS.values()) <= {t.name for t in steps(Hypervisor())}
    assert set(FIELDS) - {"iommu"} <= set(MachineState.shapes())
    assert not set(NAMES) & set(surface.__all__)


def test_the_policies_here_are_up_to_date() -> None:
    """Nothing in the policies to try, the zoo and the README is called otherwise by now."""
    files = [*(ROOT / "tests" / "policies").glob("*.py"), *(ROOT / "pymodel" / "zoo").rglob("*.py")]
    assert len(files) > 10
    assert {
        f.name: list(outdated(f.read_text(encoding="utf-8"))) for f in files if list(outdated(f.read_text(encoding="utf-8")))
    } == {}
    blocks = [part.split("```")[0] for part in (ROOT / "README.md").read_text(encoding="utf-8").split("```python\n")[1:]]
    assert [list(outdated(block)) for block in blocks] == [[] for _ in blocks]


def test_the_command_rewrites_files_and_says_what_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It rewrites in place, with --check only tells; a file that is no Python is exit 2 and left alone."""
    path = tmp_path / "old.py"
    path.write_text(dedent(OLD))
    assert main(["--check", str(path)]) == 1
    assert path.read_text() == dedent(OLD)
    assert main([str(path)]) == 0
    assert path.read_text() == dedent(NEW)
    assert main(["--check", str(path)]) == 0
    path.write_text("def (")
    assert main([str(path)]) == 2
    assert path.read_text() == "def ("
    assert "old.py: rewritten" in capsys.readouterr().out
    by_decree = "def flush(s):\n    return s.replace(tlb=s.tlb)\n"
    path.write_text(by_decree)
    assert main([str(path)]) == 1
    assert path.read_text() == by_decree
    assert "old.py:2: needs a hand: replace(tlb=...)" in capsys.readouterr().out


MADE = """
from pymodel import Frame, Hypervisor, Layout, MachineState, Space, Tag, Vm

class P(Hypervisor):
    def create_space(
        self, s: MachineState, caller: Vm, space: Space, root: Frame, tag: Tag, io: bool, layout: Layout, mirror: bool
    ) -> MachineState:
        s = super().create_space(s, caller, space, root, tag, io, layout, mirror)
        s = self.create_space(s, caller, space, root, Tag(1), io, layout, mirror)
        return Hypervisor.create_space(self, s, caller, space, root, tag, io, layout, mirror)
"""


def test_an_argument_that_is_no_more_goes() -> None:
    """An operation is defined and asked for without it, however it is asked for, and only once."""
    once = MADE.replace("tag: Tag, ", "").replace("root, tag, io", "root, io").replace("root, Tag(1), io", "root, io")
    assert port(MADE) == (once, [])
    assert port(once) == (once, [])


def test_a_decision_that_answers_something_else_is_told(tmp_path: Path) -> None:
    """A policy that overrides the decision of before is refused at its line, with what to write; the rewriting lists it."""
    path = tmp_path / "old.py"
    path.write_text(
        "from pymodel import Hypervisor, MachineState, Tag\n\n\nclass P(Hypervisor):\n"
        "    def accepts_tag(self, s: MachineState, tag: Tag, io: bool) -> bool:\n        return True\n"
    )
    with pytest.raises(PolicyError, match=r"old\.py:5: .*next_tag\(self, s, tag, io\) returns the tag itself") as told:
        load(str(path))
    assert told.value.line == 5
    assert [line for line, _ in port(path.read_text()).left] == [5]


def test_what_takes_the_place_of_a_decision_exists() -> None:
    """An operation whose arguments were others is there, and so is the decision that stands for another one."""
    assert {name for name in ARGUMENTS if not hasattr(Hypervisor, name)} == set()
    assert {name for name, what in REPLACED.items() if not hasattr(Hypervisor, what.partition("(")[0])} == set()
