---- MODULE MultiWordUpdate_ValidEarly ----------------------------------------
(******************************************************************************)
(* The valid word is written before the last of the others.                   *)
(******************************************************************************)
EXTENDS MultiWordUpdate

SetValidEarly ==
    /\ step = "FLUSHED"
    /\ entry.root = target
    /\ entry' = [entry EXCEPT !.valid = TRUE]
    /\ access' = {}
    /\ UNCHANGED <<target, step, loaded, loads, cached, iotlb>>

FaultyNext == Next \/ SetValidEarly
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
