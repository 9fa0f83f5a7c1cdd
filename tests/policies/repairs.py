"""Policies that keep the hypervisor's books otherwise than the reference, and keep every promise; each with one that does not."""

from pymodel import (
    HOST,
    Frame,
    FrameKind,
    HolderKind,
    Hypervisor,
    Job,
    JobPhase,
    JobRecord,
    Layout,
    Level,
    MachineState,
    Page,
    Reason,
    Rid,
    Space,
    SriovPhase,
    Vf,
    Vm,
    all_of,
    any_of,
    drop,
    holder,
    is_unreferenced,
    require,
    require_alive,
    require_manages,
    scrub_frame,
    write_sriov,
)


class ComparesLate(Hypervisor):
    """Lets NumVFs be written as it likes, and compares it with TotalVFs when VFs are brought up."""

    def set_num_vfs(self, s: MachineState, caller: Vm, pf: Rid, number: Vf, offset: Rid, stride: Rid) -> MachineState:
        """Write the register."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(s.platform.function[pf].capable, s.pf[pf].phase == SriovPhase.OFF), Reason.WRONG_STATE)
        return write_sriov(s, pf, s.sriov[pf].replace(num_vfs=number, offset=offset, stride=stride))

    def enable_vfs(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """Compare, and bring them up."""
        require(s.sriov[pf].num_vfs <= s.platform.function[pf].total_vfs, Reason.OUT_OF_RANGE)
        return super().enable_vfs(s, caller, pf)


class ComparesNever(ComparesLate):
    """Does not compare at all."""

    def enable_vfs(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """Bring them up, however many."""
        return Hypervisor.enable_vfs(self, s, caller, pf)


class EndsEarly(Hypervisor):
    """Lets a job be given up at once that never began to map anything."""

    def job_end(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Forget a job that maps nothing."""
        j = s.job[job]
        require_manages(s, caller, j.vm)
        undone = all_of(j.phase == JobPhase.UNDOING, j.cursor == 0)
        require(any_of(undone, j.phase == JobPhase.LISTING), Reason.WRONG_STATE)
        return drop(s.put("job", job, JobRecord.default()), holder(HolderKind.JOB, job))


class EndsAny(EndsEarly):
    """Lets any job be given up."""

    def job_end(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Forget a job."""
        require_manages(s, caller, s.job[job].vm)
        require(s.job[job].phase != JobPhase.NONE, Reason.WRONG_STATE)
        return drop(s.put("job", job, JobRecord.default()), holder(HolderKind.JOB, job))


class ClearsLate(Hypervisor):
    """Clears a page when it becomes a table; the pool holds pages as they were."""

    def finish_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Take the page into the pool."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.RETYPING, Reason.WRONG_STATE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        return s.put("frame", frame, f.replace(kind=FrameKind.POOL))

    def cleared(self, s: MachineState, frame: Frame) -> MachineState:
        """Return the state with a page of the pool cleared."""
        require(s.frame[frame].kind == FrameKind.POOL, Reason.WRONG_STATE)
        return scrub_frame(s, frame)

    def create_space(
        self, s: MachineState, caller: Vm, space: Space, root: Frame, io: bool, layout: Layout, mirror: bool
    ) -> MachineState:
        """Clear the root."""
        return super().create_space(self.cleared(s, root), caller, space, root, io, layout, mirror)

    def link_table(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, child: Frame) -> MachineState:
        """Clear the table."""
        return super().link_table(self.cleared(s, child), caller, space, page, level, child)

    def begin_split(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, child: Frame) -> MachineState:
        """Clear the table."""
        return super().begin_split(self.cleared(s, child), caller, space, page, level, child)


class ClearsSome(ClearsLate):
    """Clears no root."""

    def create_space(
        self, s: MachineState, caller: Vm, space: Space, root: Frame, io: bool, layout: Layout, mirror: bool
    ) -> MachineState:
        """Take the root as it is."""
        return Hypervisor.create_space(self, s, caller, space, root, io, layout, mirror)
