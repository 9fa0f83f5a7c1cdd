---- MODULE DeviceAssignment_XSA302 -------------------------------------------
(******************************************************************************)
(* XSA-302: a function that is taken from its owner gets the host's context   *)
(* at once, while its requests are under way.                                 *)
(******************************************************************************)
EXTENDS DeviceAssignment

DetachToHost(d) ==
    /\ function[d].phase = "ATTACHED"
    /\ function' = [function EXCEPT ![d].phase = "DETACHING"]
    /\ context' = [context EXCEPT ![d] = HOST]
    /\ Quiet
    /\ UNCHANGED <<owner, life, cached, flush, request>>

FaultyNext == Next \/ \E d \in Rids : DetachToHost(d)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
