---- MODULE Hypercalls_EarlyUnlock --------------------------------------------
(******************************************************************************)
(* Reclaim frees the frame and lets its locks go before the flush.            *)
(******************************************************************************)
EXTENDS Hypercalls

FreeAndUnlock(c) == LET v == call[c].vm f == call[c].frame IN
    /\ At(c, "reclaim", "LOCKED")
    /\ owner[f] = v /\ kind[f] = "DATA" /\ IsUnmapped(f) /\ IsUngranted(f)
    /\ owner' = [owner EXCEPT ![f] = NOBODY]
    /\ kind' = [kind EXCEPT ![f] = "FREE"]
    /\ Unlock(c)
    /\ GoTo(c, "FLUSHING UNLOCKED")
    /\ UNCHANGED <<grant, leaf, cache>>

FlushLate(c) ==
    /\ call[c].pc = "FLUSHING UNLOCKED"
    /\ cache' = {e \in cache : e.frame # call[c].frame}
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<owner, kind, grant, leaf, spaceLock, frameLock>>

FaultyNext == Next \/ \E c \in Cpus : FreeAndUnlock(c) \/ FlushLate(c)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
