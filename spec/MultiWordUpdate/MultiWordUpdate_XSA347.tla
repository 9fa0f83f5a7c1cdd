---- MODULE MultiWordUpdate_XSA347 --------------------------------------------
(******************************************************************************)
(* XSA-347: the words of an entry are rewritten one after the other while it  *)
(* is valid.                                                                  *)
(******************************************************************************)
EXTENDS MultiWordUpdate

RewriteValid(v) ==
    /\ step = "IDLE"
    /\ v # target
    /\ target' = v
    /\ step' = "FLUSHED"
    /\ access' = {}
    /\ UNCHANGED <<entry, loaded, loads, cached, iotlb>>

FaultyNext == Next \/ \E v \in Vms : RewriteValid(v)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
