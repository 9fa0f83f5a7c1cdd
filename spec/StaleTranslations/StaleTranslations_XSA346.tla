---- MODULE StaleTranslations_XSA346 ------------------------------------------
(******************************************************************************)
(* XSA-346: in a batch of moves the flush is left to the end, and the frame   *)
(* that a move displaces is let go at once.                                   *)
(******************************************************************************)
EXTENDS StaleTranslations

ReplaceBeforeFlush(v, p, old, f) == LET e == Leaf(v, p, old) IN
    /\ e \in stale
    /\ owner[f] = e.vm
    /\ stale' = stale \ {e}
    /\ issued' = issued \ {[vm |-> e.vm, page |-> e.page]}
    /\ table' = table \union {[e EXCEPT !.frame = f]}
    /\ access' = {}
    /\ UNCHANGED <<owner, waiting, cache>>

FaultyNext == Next \/ \E v \in Vms, p \in Pages, old, f \in Frames : ReplaceBeforeFlush(v, p, old, f)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
