---- MODULE InvalidationQueue_NoQuarantine ------------------------------------
(******************************************************************************)
(* A time-out is cleared and the wait issued once more, but the silent device *)
(* is not put into quarantine.                                                *)
(******************************************************************************)
EXTENDS InvalidationQueue

ClearAndWaitAgain(t) ==
    /\ t \in error
    /\ next \in Tickets
    /\ error' = error \ {t}
    /\ inv' = [inv EXCEPT ![next] = WaitOn(inv[t].queue)]
    /\ next' = next + 1
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, late, quarantined, iotlb>>

FaultyNext == Next \/ \E t \in Tickets : ClearAndWaitAgain(t)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
