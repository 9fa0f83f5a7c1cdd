---- MODULE StaleTranslations_NoUnmap -----------------------------------------
(******************************************************************************)
(* The hypervisor flushes and lets go, but never removed the leaf.            *)
(******************************************************************************)
EXTENDS StaleTranslations

ReleaseWithoutUnmap(f) ==
    /\ owner[f] # NOBODY
    /\ \A e \in stale : e.frame # f
    /\ cache' = {t \in cache : t.frame # f}
    /\ owner' = [owner EXCEPT ![f] = NOBODY]
    /\ access' = {}
    /\ UNCHANGED <<table, stale, issued, waiting>>

FaultyNext == Next \/ \E f \in Frames : ReleaseWithoutUnmap(f)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
