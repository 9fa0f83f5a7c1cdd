---- MODULE MultiWordUpdate_ValidUnflushed ------------------------------------
(******************************************************************************)
(* The words are written before the valid word, but nothing is invalidated in *)
(* between: hardware has loaded one word before it was written, and loads the *)
(* valid word afterwards.                                                     *)
(******************************************************************************)
EXTENDS MultiWordUpdate

SetValidAtOnce ==
    /\ step = "FLUSHED"
    /\ entry.root = target /\ entry.tag = target
    /\ entry' = [entry EXCEPT !.valid = TRUE]
    /\ step' = "IDLE"
    /\ access' = {}
    /\ UNCHANGED <<target, loaded, loads, cached, iotlb>>

FaultyNext == Next \/ SetValidAtOnce
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
