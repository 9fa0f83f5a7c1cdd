---- MODULE PostedInterrupts_EnterUnsynced ------------------------------------
(******************************************************************************)
(* A virtual CPU is entered without a look at what was posted while it was    *)
(* away.                                                                      *)
(******************************************************************************)
EXTENDS PostedInterrupts

EnterUnsynced(u) ==
    /\ state[u] = "LOADED"
    /\ state' = [state EXCEPT ![u] = "RUNNING"]
    /\ taken' = {}
    /\ UNCHANGED <<place, notify, posted, outstanding, suppressed, flying, pending, owed>>

FaultyNext == Next \/ \E u \in Vcpus : EnterUnsynced(u)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
