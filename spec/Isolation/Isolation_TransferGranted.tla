---- MODULE Isolation_TransferGranted -----------------------------------------
(******************************************************************************)
(* A frame is handed on although a grant of its old owner names it.           *)
(******************************************************************************)
EXTENDS Isolation

TransferGranted(f, to) ==
    /\ owner[f] \in Vms \ {to}
    /\ \A p \in reach : p.frame # f
    /\ owner' = [owner EXCEPT ![f] = to]
    /\ access' = {}
    /\ UNCHANGED <<grant, reach>>

FaultyNext == Next \/ \E f \in Frames, v \in Vms : TransferGranted(f, v)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
