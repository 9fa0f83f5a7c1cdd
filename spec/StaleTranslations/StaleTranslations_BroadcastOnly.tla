---- MODULE StaleTranslations_BroadcastOnly -----------------------------------
(******************************************************************************)
(* The invalidation is a broadcast to CPUs; the IOMMU, which does not listen  *)
(* to it, is forgotten.                                                       *)
(******************************************************************************)
EXTENDS StaleTranslations

InvalidateCpusOnly(v, p, f) == LET e == Leaf(v, p, f) IN
    /\ e \in stale
    /\ [vm |-> e.vm, page |-> e.page] \notin issued
    /\ issued' = issued \union {[vm |-> e.vm, page |-> e.page]}
    /\ waiting' = waiting \union [vm : {e.vm}, page : {e.page}, who : Cpus]
    /\ access' = {}
    /\ UNCHANGED <<owner, table, stale, cache>>

FaultyNext == Next \/ \E v \in Vms, p \in Pages, f \in Frames : InvalidateCpusOnly(v, p, f)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
