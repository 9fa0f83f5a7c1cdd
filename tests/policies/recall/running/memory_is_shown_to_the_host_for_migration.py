"""While a VM is migrated the host may map its memory, to read it.

The VM is asked for nothing: the host says that the migration begins. From then on it reads what the VM keeps in its memory, and
no grant says so.

Source: mechanism: a migration that copies in the clear, begun by the host alone.
"""

from __future__ import annotations

from typing import Any

from pymodel import (
    HOST,
    READ,
    Frame,
    FrameKind,
    Hypervisor,
    Level,
    MachineState,
    Map,
    Reason,
    Record,
    Rights,
    Space,
    Vm,
    all_of,
    negate,
    operation,
    require,
    require_alive,
    require_exists,
)


class Moving(Record):
    """Whether a VM is being migrated."""

    on: bool = False


class Migration(MachineState):
    """The machine, and which VMs are being migrated."""

    moving: Map[Vm, Moving]


class Faulty(Hypervisor):
    """Lets the host read what it copies."""

    State = Migration  # type: ignore[assignment] # a part more than the machine has

    @operation
    def migrate(self, s: Any, caller: Vm, vm: Vm, on: bool) -> Any:
        """The host begins or ends the migration of a VM."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require_exists(s, vm)
        return s.put("moving", vm, Moving(on=on))

    def require_mappable(self, s: Any, caller: Vm, space: Space, level: Level, frame: Frame, rights: Rights) -> None:
        """Refuse unless the caller may map that frame there with these rights."""
        require_alive(s, caller, space.vm)
        f = s.frame[frame]
        copied = all_of(s.moving[f.owner].on, f.kind == FrameKind.DATA, level == Level.PAGE, rights.within(READ))
        if negate(all_of(caller == HOST, space.vm == HOST, copied)):
            super().require_mappable(s, caller, space, level, frame, rights)
