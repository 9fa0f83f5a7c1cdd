---- MODULE InvalidationQueue_EarlierRequest ----------------------------------
(******************************************************************************)
(* A frame is added to a batch whose request was issued before the frame was  *)
(* unmapped.                                                                  *)
(******************************************************************************)
EXTENDS InvalidationQueue

ReleaseByEarlier(d, f) ==
    /\ d \notin quarantined
    /\ \E s \in stale :
        /\ s.rid = d /\ s.frame = f
        /\ \E w \in Tickets : s.since <= w /\ IsCovered([s EXCEPT !.since = 1], w) /\ inv[w].step = "DONE"
        /\ stale' = stale \ {s}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, inv, next, error, late, quarantined, iotlb>>

FaultyNext == Next \/ \E d \in Rids, f \in Frames : ReleaseByEarlier(d, f)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
