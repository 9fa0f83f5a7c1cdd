---- MODULE InvalidationQueue_TimeOutCompletes --------------------------------
(******************************************************************************)
(* A time-out lets the waits behind it complete, as if the device had         *)
(* answered.                                                                  *)
(******************************************************************************)
EXTENDS InvalidationQueue

TimeOutAsCompletion(t) ==
    /\ inv[t].kind = "FUNCTION" /\ IsOpen(t)
    /\ inv' = [inv EXCEPT ![t].step = "DONE"]
    /\ late' = late \union {[rid |-> inv[t].rid, ticket |-> t]}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, next, error, quarantined, iotlb>>

FaultyNext == Next \/ \E t \in Tickets : TimeOutAsCompletion(t)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
