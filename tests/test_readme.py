"""The README shows the policy and the exit codes as they are."""

from __future__ import annotations

import re

import pytest

from proofs.cli import exits
from proofs.cli.main import app
from proofs.policies import load as load_policy
from pymodel.hardware.ids import HOST, READ, Asid, Cpu, Frame, Index, Layout, Level, Page, Tag, Vcpu, VirtualPage, Vm
from pymodel.hypervisor.ids import Space
from pymodel.hypervisor.memory import FrameKind, FrameRecord
from pymodel.language.json_form import read_json
from pymodel.language.outcomes import Reason, Refused
from pymodel.machine import Hardware, Hypervisor, MachineState
from tests.places import POLICIES, ROOT, SPEC


def test_the_readme_shows_the_policy_as_it_is() -> None:
    """The example in the README is the file that the tests prove."""
    policy = (POLICIES / "lazy.py").read_text(encoding="utf-8").split("\n", maxsplit=1)[1]
    assert f"```python\n{policy}```" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_exit_code() -> None:
    """The table of exit codes in the README is complete."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = [cell for line in readme.splitlines() if line.startswith("| ") for cell in line.split("|")[1].split(",")]
    assert {int(cell) for cell in shown if cell.strip().isdigit()} == {int(code) for code in exits.Code}


def test_the_readme_is_a_first_screen_and_a_few_more() -> None:
    """It stays short; what else there is to say has a page in `spec/`."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_the_pages_name_commands_and_files_that_are_there() -> None:
    """Every command that README and pages name can be typed, and every page of `spec/` that they name exists."""
    commands = {str(c.name or getattr(c.callback, "__name__", "")) for c in app.registered_commands}
    for page in (ROOT / "README.md", SPEC / "README.md", SPEC / "architecture.md", SPEC / "write-a-policy.md"):
        text = page.read_text(encoding="utf-8")
        named = {a or b for a, b in re.findall(r"^ringfence ([a-z]+)|`ringfence ([a-z]+)", text, re.MULTILINE)}
        assert named, page
        assert named <= commands, page
        files = re.findall(r"`((?:spec/|adr/)[\w./-]+\.(?:md|toml))`", text)
        assert [name for name in files if not (SPEC / name.removeprefix("spec/")).is_file()] == [], page


def stale_translation(policy: type[Hypervisor]) -> bool:
    """Run from boot: invalidate, cache a translation, unmap, and give the frame back on the old invalidation."""
    hv, hw = policy(), Hardware()
    vm, space, tag, page, cpu = Vm(3), Space(3 << 16 | 1), Tag(1), Page(0), Cpu(0)
    root, upper, lower, data = (Frame(n) for n in (1, 2, 3, 4))
    free = FrameRecord(kind=FrameKind.FREE, clean=True)
    s = read_json(MachineState, {})
    for frame in (root, upper, lower, data):
        s = s.put("frame", frame, free)
    s = hv.create_vm(hv.boot(s), HOST, vm)
    for frame in (root, upper, lower, data):
        s = hv.donate(s, HOST, vm, frame)
    for frame in (root, upper, lower):
        s = hv.finish_retype(hv.begin_retype(s, HOST, frame), HOST, frame)
    s = hv.bind_tag(hv.create_space(s, HOST, space, root, False, Layout(0), False), HOST, space, tag)
    s = hv.use_space(s, HOST, vm, space)
    s = hv.link_table(s, HOST, space, page, Level.HUGE, upper)
    s = hv.link_table(s, HOST, space, page, Level.BLOCK, lower)
    s = hv.map(s, HOST, space, page, Level.PAGE, data, READ)
    s = hv.start_vm(hv.create_vcpu(s, HOST, vm, Vcpu(1)), HOST, vm)
    s = hv.switch_in(hv.load(s, cpu, Vcpu(1)), cpu)
    old = s.queue.next
    s = hw.complete(hv.invalidate_tag(s, tag), old)
    s = hw.walk_on(hw.walk_on(hw.cpu_root(s, cpu), tag, root, Index(0)), tag, upper, Index(0))
    s = hw.tlb_fill(s, cpu, Asid(0), VirtualPage(0), lower, page, READ)
    s = hv.release(hv.unmap(s, vm, space, page, Level.PAGE), vm, space, page, Level.PAGE, old)
    s = hv.reclaim(s, vm, data)
    cached = s.tlb[cpu, tag, Asid(0), VirtualPage(0)]
    return cached.valid and cached.frame == data and s.frame[data].kind == FrameKind.FREE


def test_the_readmes_policy_is_wrong_in_the_way_it_says() -> None:
    """Under the README's policy a freed frame stays cached; the reference refuses at that very step."""
    lazy = load_policy(str(POLICIES / "lazy.py")).cls
    assert stale_translation(lazy)
    with pytest.raises(Refused) as refusal:
        stale_translation(Hypervisor)
    assert refusal.value.reason == Reason.NOT_FLUSHED
