---- MODULE StaleTranslations_FlushFirst --------------------------------------
(******************************************************************************)
(* The order is reversed: the flush comes first and the leaf is removed after *)
(* it, so that a cache can fill in between.                                   *)
(******************************************************************************)
EXTENDS StaleTranslations

InvalidateMapped(v, p, f) == LET e == Leaf(v, p, f) IN
    /\ e \in table
    /\ [vm |-> e.vm, page |-> e.page] \notin issued
    /\ issued' = issued \union {[vm |-> e.vm, page |-> e.page]}
    /\ waiting' = waiting \union [vm : {e.vm}, page : {e.page}, who : Caches]
    /\ access' = {}
    /\ UNCHANGED <<owner, table, stale, cache>>

FaultyNext == Next \/ \E v \in Vms, p \in Pages, f \in Frames : InvalidateMapped(v, p, f)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
