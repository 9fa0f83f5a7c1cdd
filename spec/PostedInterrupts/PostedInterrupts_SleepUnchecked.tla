---- MODULE PostedInterrupts_SleepUnchecked -----------------------------------
(******************************************************************************)
(* A virtual CPU goes to sleep without a second look: a post that came before *)
(* is not announced again.                                                    *)
(******************************************************************************)
EXTENDS PostedInterrupts

FinishUnchecked(u) ==
    /\ state[u] = "BLOCKING"
    /\ state' = [state EXCEPT ![u] = "BLOCKED"]
    /\ place' = [place EXCEPT ![u] = NOCPU]
    /\ taken' = {}
    /\ UNCHANGED <<notify, posted, outstanding, suppressed, flying, pending, owed>>

FaultyNext == Next \/ \E u \in Vcpus : FinishUnchecked(u)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
