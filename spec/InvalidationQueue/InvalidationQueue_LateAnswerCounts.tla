---- MODULE InvalidationQueue_LateAnswerCounts --------------------------------
(******************************************************************************)
(* A late answer is matched by its number alone, and acknowledges whatever    *)
(* request has that number now.                                               *)
(******************************************************************************)
EXTENDS InvalidationQueue

CompleteByNumber(a) ==
    /\ a \in late
    /\ inv[a.ticket].kind = "FUNCTION" /\ inv[a.ticket].step = "SENT"
    /\ late' = late \ {a}
    /\ iotlb' = {e \in iotlb : e.rid # a.rid}
    /\ inv' = [inv EXCEPT ![a.ticket].step = "DONE"]
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, next, error, quarantined>>

FaultyNext == Next \/ \E d \in Rids, t \in Tickets : CompleteByNumber([rid |-> d, ticket |-> t])
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
