---- MODULE Hypercalls_LockUntested -------------------------------------------
(******************************************************************************)
(* The lock of a frame is taken without a look at who holds it.               *)
(******************************************************************************)
EXTENDS Hypercalls

TakeFrameLock(c) ==
    /\ call[c].pc = "SPACE"
    /\ frameLock' = [frameLock EXCEPT ![call[c].frame] = c]
    /\ GoTo(c, "LOCKED")
    /\ UNCHANGED <<owner, kind, grant, leaf, cache, spaceLock>>

FaultyNext == Next \/ \E c \in Cpus : TakeFrameLock(c)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
