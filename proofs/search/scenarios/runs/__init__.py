"""Scripted runs from boot into rich states: two VMs with memory, tables, devices, caches and requests in flight.

They are where the search for a trace starts from, and the evidence that each step can succeed (a test names the one that does
not: nothing of the reference's passes untranslated). A step that a policy refuses is skipped.
"""

from __future__ import annotations

from proofs.search.scenarios.runs.basics import devices, early, hypervisors_own, in_flight, reaped, running
from proofs.search.scenarios.runs.caches import caches_forget, dying, pending, stale, stale_half_flushed, two_virtual_cpus
from proofs.search.scenarios.runs.functions import leaving, leaving_flushed, leaving_half_flushed, mirrored
from proofs.search.scenarios.runs.memory import (
    frames_change,
    granted_to,
    grants,
    large_leaf,
    mappings_change,
    protected,
    retyping,
    revoking,
    split_done,
    splitting,
)
from proofs.search.scenarios.runs.parts import CPU_B, IO_B, Script
from proofs.search.scenarios.runs.ranges import edge_of_32_bits, undo_flushed, undoing, undone, windows
from proofs.search.scenarios.runs.sriov import interleaved, vfs_leaving, vfs_undone, virtual_functions
from proofs.search.scenarios.runs.tables import freed, retired, retired_half_flushed, spaces_gone, spaces_left

__all__ = ["RUNS"]

#: Name, platform, script.
RUNS: list[tuple[str, str, Script]] = [
    ("power-on", "large", []),
    ("power-on", "small", []),
    ("early", "large", early(0xF00)),
    ("early", "small", early(0x18)),
    ("in flight", "small", in_flight(0x10)),
    ("grants", "small", grants()),
    ("devices", "small", devices(0x10)),
    ("undoing", "small", undoing()),
    ("hypervisor's own", "small", hypervisors_own()),
    ("running", "small", running()),
    ("retired", "small", retired()),
    ("leaving", "small", leaving()),
    ("stale", "small", stale()),
    ("pending", "small", pending()),
    ("flushed", "small", leaving_flushed()),
    ("leaving, half flushed", "small", leaving_half_flushed()),
    ("stale, half flushed", "small", stale_half_flushed()),
    ("retired, half flushed", "small", retired_half_flushed()),
    ("protected", "small", protected()),
    ("two virtual CPUs", "small", two_virtual_cpus()),
    ("revoking", "small", revoking()),
    ("granted to a CPU", "small", granted_to(CPU_B)),
    ("granted to a device", "small", granted_to(IO_B)),
    ("retyping", "small", retyping()),
    ("dying", "small", dying()),
    ("edge of 32 bits", "large", edge_of_32_bits()),
    ("windows", "small", windows()),
    ("undo flushed", "small", undo_flushed()),
    ("undone", "small", undone()),
    ("frames change", "small", frames_change()),
    ("mappings change", "small", mappings_change()),
    ("mirrored", "small", mirrored()),
    ("caches forget", "small", caches_forget()),
    ("reaped", "small", reaped()),
    ("freed", "small", freed()),
    ("spaces left", "small", spaces_left()),
    ("spaces gone", "small", spaces_gone()),
    ("large leaf", "small", large_leaf()),
    ("splitting", "small", splitting()),
    ("split done", "small", split_done()),
    ("virtual functions", "small", virtual_functions()),
    ("VFs leaving", "small", vfs_leaving()),
    ("VFs undone", "small", vfs_undone()),
    ("interleaved VFs", "large", interleaved()),
]
