---- MODULE TagsAndTables_EarlierFlush ----------------------------------------
(******************************************************************************)
(* An invalidation that was issued before the removal is taken to cover it,   *)
(* because it completed after it.                                             *)
(******************************************************************************)
EXTENDS TagsAndTables

CompleteForAll(t) ==
    /\ Reported(t)
    /\ stale' = {IF tag[e.vm] = t THEN [e EXCEPT !.step = "DONE"] ELSE e : e \in stale}
    /\ phase' = [phase EXCEPT ![t] = IF @ \in {"OWED", "COVERED"} THEN "DONE" ELSE @]

FaultyNext == Next \/ \E t \in Tags : CompleteForAll(t)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
