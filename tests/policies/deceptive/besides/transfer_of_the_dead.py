"""transfer: the host hands a frame of a dying (or drained) VM, with what the dead VM left in it, to any other VM.

Unsafe: the dead VM never asked; what it had in memory (keys, passwords) is read by whoever the host names. The reference refuses
(require_alive: only a live VM, or the host before it starts, passes a frame on).
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    Frame,
    FrameKind,
    HOST,
    HolderKind,
    Hypervisor,
    Life,
    MachineState,
    Reason,
    Vm,
    account,
    all_of,
    any_of,
    drop,
    holder,
    is_unreferenced,
    require,
    require_exists,
    take,
)


class P(Hypervisor):
    def transfer(self, s: MachineState, caller: Vm, frame: Frame, to: Vm) -> MachineState:
        f = s.frame[frame]
        life = s.vm[f.owner].life
        if all_of(caller == HOST, any_of(life == Life.DYING, life == Life.DRAINED)):
            require_exists(s, to)
            require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
            require(is_unreferenced(s, frame), Reason.IN_USE)
            after = drop(s, holder(HolderKind.FRAME, frame))
            after = take(after, account(AccountKind.FRAMES, to), holder(HolderKind.FRAME, frame))
            return after.put("frame", frame, f.replace(owner=to))
        return super().transfer(s, caller, frame, to)
