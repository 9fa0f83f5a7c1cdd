---- MODULE DeviceAssignment_NoReset ------------------------------------------
(******************************************************************************)
(* The function is drained but not reset: what its last owner left in it is   *)
(* still there.                                                               *)
(******************************************************************************)
EXTENDS DeviceAssignment

SkipReset(d) ==
    /\ function[d].phase = "FLUSHED"
    /\ function' = [function EXCEPT ![d].phase = "RESET"]
    /\ Quiet
    /\ UNCHANGED <<owner, life, context, cached, flush, request>>

FaultyNext == Next \/ \E d \in Rids : SkipReset(d)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
