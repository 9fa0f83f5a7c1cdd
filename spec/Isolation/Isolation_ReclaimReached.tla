---- MODULE Isolation_ReclaimReached ------------------------------------------
(******************************************************************************)
(* The frame is taken back while its owner can still reach it.                *)
(******************************************************************************)
EXTENDS Isolation

ReclaimReached(f) ==
    /\ owner[f] \in Vms
    /\ \A p \in grant : p.frame # f
    /\ owner' = [owner EXCEPT ![f] = NOBODY]
    /\ access' = {}
    /\ UNCHANGED <<grant, reach>>

FaultyNext == Next \/ \E f \in Frames : ReclaimReached(f)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
