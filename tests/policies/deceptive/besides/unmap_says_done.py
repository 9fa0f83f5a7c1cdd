"""cloud-hypervisor 4d6c7c95c: to remove a range answers that it is done, and a mapping that begins in front of it stays."""
from pymodel import (
    Hypervisor,
    Level,
    MachineState,
    Page,
    Reason,
    Space,
    Vm,
    all_of,
    level_mask,
    negate,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Passes over what begins outside, and says that it is done."""

    def unmap_range(
        self, s: MachineState, caller: Vm, space: Space, first: Page, last: Page, page: Page, level: Level
    ) -> MachineState:
        require(first <= last, Reason.OUT_OF_RANGE)
        end = page | level_mask(level)
        require(all_of(page <= last, end >= first), Reason.OUT_OF_RANGE)
        if negate(self.removes_whole(s, first, last, page, end)):
            require_manages(s, caller, s.space[space].vm)
            return s
        return self.unmap(s, caller, space, page, level)
