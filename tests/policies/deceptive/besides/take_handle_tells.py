"""take_handle puts 44 bits of what another VM holds in memory into the new handle's record, where no mapping is noted yet.

Unsafe: handles are their receiver's to read (grant tables are shared pages in real hypervisors). With handle n it learns what stands
at the start of frame n, whosever that is: a VM that is granted one page reads all of memory.

Breaks: no VM learns what is in another's memory but through a grant; a field that is not in use says nothing.
"""

from __future__ import annotations

from pymodel import Frame, Grant, Handle, Hypervisor, Index, MachineState, Vm


class P(Hypervisor):
    """Gives handles."""

    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        """Give a handle; its place in a table comes later."""
        after = super().take_handle(s, caller, handle, grant)
        found = s.memory[handle.to(Frame), Index(0)].frame
        return after.put("handle", handle, after.handle[handle].replace(cpu_table=found))
