---- MODULE Hypercalls_UnshareUnflushed ---------------------------------------
(******************************************************************************)
(* A grant ends without a flush of what its receiver may have cached.         *)
(******************************************************************************)
EXTENDS Hypercalls

UnshareAtOnce(c) == LET v == call[c].vm f == call[c].frame IN
    /\ At(c, "unshare", "LOCKED")
    /\ \A e \in leaf : e.vm # v \/ e.frame # f
    /\ grant' = grant \ {Pair(v, f)}
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<owner, kind, leaf, cache, spaceLock, frameLock>>

FaultyNext == Next \/ \E c \in Cpus : UnshareAtOnce(c)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
