---- MODULE TagsAndTables_XSA480 ----------------------------------------------
(******************************************************************************)
(* XSA-480: a table that was unlinked goes back to the free frames while the  *)
(* flush has only been asked for.                                             *)
(******************************************************************************)
EXTENDS TagsAndTables

FreeTableBeforeFlush(v, f) == \E e \in stale :
    /\ e.what = "TABLE" /\ e.vm = v /\ e.frame = f
    /\ e.step = "COVERED"
    /\ stale' = stale \ {e}
    /\ owner' = [owner EXCEPT ![f] = NOBODY]
    /\ access' = {}
    /\ UNCHANGED <<link, leaf, tag, phase, flying, swept, runs, walk, tlb>>

FaultyNext == Next \/ \E v \in Vms, f \in Frames : FreeTableBeforeFlush(v, f)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
