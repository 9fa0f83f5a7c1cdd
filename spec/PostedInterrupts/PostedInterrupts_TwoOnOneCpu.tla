---- MODULE PostedInterrupts_TwoOnOneCpu --------------------------------------
(******************************************************************************)
(* A virtual CPU is loaded without a look at whether the CPU is free.         *)
(******************************************************************************)
EXTENDS PostedInterrupts

LoadAnyway(u, c) ==
    /\ state[u] = "READY"
    /\ state' = [state EXCEPT ![u] = "LOADED"]
    /\ place' = [place EXCEPT ![u] = c]
    /\ notify' = [notify EXCEPT ![u] = [cpu |-> c, how |-> "ACTIVE"]]
    /\ suppressed' = suppressed \ {u}
    /\ taken' = {}
    /\ UNCHANGED <<posted, outstanding, flying, pending, owed>>

FaultyNext == Next \/ \E u \in Vcpus, c \in Cpus : LoadAnyway(u, c)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
