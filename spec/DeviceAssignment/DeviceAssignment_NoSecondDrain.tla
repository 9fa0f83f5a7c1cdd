---- MODULE DeviceAssignment_NoSecondDrain ------------------------------------
(******************************************************************************)
(* After its reset a function is taken for clean, though a request that it    *)
(* issued before still waits for translation.                                 *)
(******************************************************************************)
EXTENDS DeviceAssignment

CleanUndrained(d) ==
    /\ function[d].phase = "RESET"
    /\ function' = [function EXCEPT ![d].phase = "CLEAN", ![d].owner = NOBODY]
    /\ Quiet
    /\ UNCHANGED <<owner, life, context, cached, flush, request>>

FaultyNext == Next \/ \E d \in Rids : CleanUndrained(d)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
