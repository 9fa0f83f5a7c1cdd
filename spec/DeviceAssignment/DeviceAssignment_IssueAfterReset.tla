---- MODULE DeviceAssignment_IssueAfterReset ----------------------------------
(******************************************************************************)
(* ASM-FLR dropped: the physical function makes the VF issue for its old      *)
(* owner after the reset.                                                     *)
(******************************************************************************)
EXTENDS DeviceAssignment

IssueAfterReset(r, d) ==
    /\ request[r].phase = "NONE"
    /\ function[d].phase = "CLEAN"
    /\ request' = [request EXCEPT ![r] = [Nothing EXCEPT !.phase = "ISSUED", !.rid = d]]
    /\ Quiet
    /\ UNCHANGED <<owner, life, function, context, cached, flush>>

FaultyNext == Next \/ \E r \in Requests, d \in Rids : IssueAfterReset(r, d)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
