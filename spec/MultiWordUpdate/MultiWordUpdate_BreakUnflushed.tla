---- MODULE MultiWordUpdate_BreakUnflushed ------------------------------------
(******************************************************************************)
(* The entry is broken before it is made anew, but without the invalidation   *)
(* in between.                                                                *)
(******************************************************************************)
EXTENDS MultiWordUpdate

SkipInvalidation ==
    /\ step = "CLEARED"
    /\ step' = "FLUSHED"
    /\ access' = {}
    /\ UNCHANGED <<entry, target, loaded, loads, cached, iotlb>>

FaultyNext == Next \/ SkipInvalidation
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
