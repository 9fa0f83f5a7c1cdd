---- MODULE DeviceAssignment_NoFirstDrain -------------------------------------
(******************************************************************************)
(* The invalidation drops what is cached, and completes while a request that  *)
(* was translated before is undelivered.                                      *)
(******************************************************************************)
EXTENDS DeviceAssignment

CompleteUndrained(d) ==
    /\ flush[d] = "SWEPT"
    /\ flush' = [flush EXCEPT ![d] = "DONE"]
    /\ Quiet
    /\ UNCHANGED <<owner, life, function, context, cached, request>>

FaultyNext == Next \/ \E d \in Rids : CompleteUndrained(d)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
