---- MODULE MultiWordUpdate_XSA347Erased --------------------------------------
(******************************************************************************)
(* XSA-347, the other half: a valid entry is erased in place, and "valid, no  *)
(* translation" is seen on the way.                                           *)
(******************************************************************************)
EXTENDS MultiWordUpdate

EraseRoot ==
    /\ step = "IDLE"
    /\ entry' = [entry EXCEPT !.root = HOST]
    /\ step' = "FLUSHED"
    /\ access' = {}
    /\ UNCHANGED <<target, loaded, loads, cached, iotlb>>

FaultyNext == Next \/ EraseRoot
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
