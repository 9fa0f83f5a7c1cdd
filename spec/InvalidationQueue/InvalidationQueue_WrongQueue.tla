---- MODULE InvalidationQueue_WrongQueue --------------------------------------
(******************************************************************************)
(* The hypervisor waits on some queue, not on the one in which it put the     *)
(* request.                                                                   *)
(******************************************************************************)
EXTENDS InvalidationQueue

ReleaseByAnyQueue(d, f) ==
    /\ d \notin quarantined
    /\ \E s \in stale :
        /\ s.rid = d /\ s.frame = f
        /\ \E t, w \in Tickets :
            /\ s.since <= t /\ t < w /\ inv[t].kind = "FUNCTION" /\ inv[t].rid = d
            /\ inv[w].kind = "WAIT" /\ inv[w].step = "DONE"
        /\ stale' = stale \ {s}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, inv, next, error, late, quarantined, iotlb>>

FaultyNext == Next \/ \E d \in Rids, f \in Frames : ReleaseByAnyQueue(d, f)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
