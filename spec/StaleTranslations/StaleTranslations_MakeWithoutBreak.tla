---- MODULE StaleTranslations_MakeWithoutBreak --------------------------------
(******************************************************************************)
(* A leaf is overwritten by another while it is valid: two translations of    *)
(* one page are cached at once.                                               *)
(******************************************************************************)
EXTENDS StaleTranslations

Overwrite(v, p, old, f) == LET e == Leaf(v, p, old) IN
    /\ e \in table
    /\ owner[f] = e.vm
    /\ table' = (table \ {e}) \union {[e EXCEPT !.frame = f]}
    /\ access' = {}
    /\ UNCHANGED <<owner, stale, issued, waiting, cache>>

FaultyNext == Next \/ \E v \in Vms, p \in Pages, old, f \in Frames : Overwrite(v, p, old, f)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
