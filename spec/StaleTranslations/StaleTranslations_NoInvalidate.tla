---- MODULE StaleTranslations_NoInvalidate ------------------------------------
(******************************************************************************)
(* A removed page is let go without any invalidation.                         *)
(******************************************************************************)
EXTENDS StaleTranslations

ReleaseUnflushed(v, p, f) == LET e == Leaf(v, p, f) IN
    /\ e \in stale
    /\ stale' = stale \ {e}
    /\ issued' = issued \ {[vm |-> e.vm, page |-> e.page]}
    /\ access' = {}
    /\ UNCHANGED <<owner, table, waiting, cache>>

FaultyNext == Next \/ \E v \in Vms, p \in Pages, f \in Frames : ReleaseUnflushed(v, p, f)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
