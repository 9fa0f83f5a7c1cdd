---- MODULE Hypercalls_XSA401 -------------------------------------------------
(******************************************************************************)
(* XSA-401: a retype looks, flushes, and only then publishes the new kind by  *)
(* compare and swap, with no lock held. In between another CPU maps the       *)
(* frame, uses it and unmaps it: the swap finds everything as it was, and a   *)
(* translation is left behind.                                                *)
(******************************************************************************)
EXTENDS Hypercalls

Look(c) == LET v == call[c].vm f == call[c].frame IN
    /\ At(c, "retype", "LOCKED")
    /\ owner[f] = v /\ kind[f] = "DATA" /\ IsUnmapped(f) /\ IsUngranted(f)
    /\ Unlock(c)
    /\ GoTo(c, "LOOKED")
    /\ UNCHANGED <<owner, kind, grant, leaf, cache>>

FlushFirst(c) ==
    /\ call[c].pc = "LOOKED"
    /\ cache' = {e \in cache : e.frame # call[c].frame}
    /\ GoTo(c, "SWAPPING")
    /\ UNCHANGED <<owner, kind, grant, leaf, spaceLock, frameLock>>

CompareAndSwap(c) == LET v == call[c].vm f == call[c].frame IN
    /\ call[c].pc = "SWAPPING"
    /\ kind' = IF owner[f] = v /\ kind[f] = "DATA" /\ IsUnmapped(f) /\ IsUngranted(f)
               THEN [kind EXCEPT ![f] = "TABLE"] ELSE kind
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<owner, grant, leaf, cache, spaceLock, frameLock>>

FaultyNext == Next \/ \E c \in Cpus : Look(c) \/ FlushFirst(c) \/ CompareAndSwap(c)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
