---- MODULE InvalidationQueue_WaitOvertakes -----------------------------------
(******************************************************************************)
(* A wait that does not keep behind the requests in its queue.                *)
(******************************************************************************)
EXTENDS InvalidationQueue

CompleteWaitAtOnce(w) ==
    /\ inv[w].kind = "WAIT" /\ inv[w].step = "SENT"
    /\ inv' = [inv EXCEPT ![w].step = "DONE"]
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, next, error, late, quarantined, iotlb>>

FaultyNext == Next \/ \E t \in Tickets : CompleteWaitAtOnce(t)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
