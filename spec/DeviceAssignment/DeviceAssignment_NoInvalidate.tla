---- MODULE DeviceAssignment_NoInvalidate -------------------------------------
(******************************************************************************)
(* The context says abort, and the invalidation of what the IOMMU caches of   *)
(* it is left out.                                                            *)
(******************************************************************************)
EXTENDS DeviceAssignment

FinishUnflushed(d) ==
    /\ function[d].phase = "DETACHING"
    /\ flush[d] = "NONE"
    /\ function' = [function EXCEPT ![d].phase = "FLUSHED"]
    /\ Quiet
    /\ UNCHANGED <<owner, life, context, cached, flush, request>>

FaultyNext == Next \/ \E d \in Rids : FinishUnflushed(d)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
