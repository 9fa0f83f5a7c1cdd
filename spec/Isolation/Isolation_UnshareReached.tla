---- MODULE Isolation_UnshareReached ------------------------------------------
(******************************************************************************)
(* A grant ends while its receiver can still reach the frame.                 *)
(******************************************************************************)
EXTENDS Isolation

UnshareReached(f, to) ==
    /\ [vm |-> to, frame |-> f] \in grant
    /\ grant' = grant \ {[vm |-> to, frame |-> f]}
    /\ access' = {}
    /\ UNCHANGED <<owner, reach>>

FaultyNext == Next \/ \E f \in Frames, v \in Vms : UnshareReached(f, v)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
