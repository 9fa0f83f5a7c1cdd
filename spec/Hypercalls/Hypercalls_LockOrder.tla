---- MODULE Hypercalls_LockOrder ----------------------------------------------
(******************************************************************************)
(* Reclaim takes the lock of the frame first and that of the address space    *)
(* second.                                                                    *)
(******************************************************************************)
EXTENDS Hypercalls

FrameFirst(c) ==
    /\ At(c, "reclaim", "CALLED")
    /\ frameLock[call[c].frame] = NOCPU
    /\ frameLock' = [frameLock EXCEPT ![call[c].frame] = c]
    /\ GoTo(c, "FRAME")
    /\ UNCHANGED <<owner, kind, grant, leaf, cache, spaceLock>>

SpaceSecond(c) ==
    /\ At(c, "reclaim", "FRAME")
    /\ spaceLock[call[c].vm] = NOCPU
    /\ spaceLock' = [spaceLock EXCEPT ![call[c].vm] = c]
    /\ GoTo(c, "LOCKED")
    /\ UNCHANGED <<owner, kind, grant, leaf, cache, frameLock>>

FaultyNext == Next \/ \E c \in Cpus : FrameFirst(c) \/ SpaceSecond(c)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
