---- MODULE StaleTranslations_LNXLazyFlush ------------------------------------
(******************************************************************************)
(* LNX-LAZY-FLUSH: for devices an invalidation counts as done once it is      *)
(* queued.                                                                    *)
(******************************************************************************)
EXTENDS StaleTranslations

ReleaseWhenQueued(v, p, f) == LET e == Leaf(v, p, f) IN
    /\ e \in stale
    /\ [vm |-> e.vm, page |-> e.page] \in issued
    /\ \A w \in waiting : w.vm # e.vm \/ w.page # e.page \/ w.who \in Iommus
    /\ stale' = stale \ {e}
    /\ issued' = issued \ {[vm |-> e.vm, page |-> e.page]}
    /\ access' = {}
    /\ UNCHANGED <<owner, table, waiting, cache>>

FaultyNext == Next \/ \E v \in Vms, p \in Pages, f \in Frames : ReleaseWhenQueued(v, p, f)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
