---- MODULE PostedInterrupts_MigrateUnnoted -----------------------------------
(******************************************************************************)
(* A virtual CPU is loaded on another CPU, and the old one goes on being      *)
(* notified.                                                                  *)
(******************************************************************************)
EXTENDS PostedInterrupts

LoadUnnoted(u, c) ==
    /\ state[u] = "READY"
    /\ IsFree(c)
    /\ state' = [state EXCEPT ![u] = "LOADED"]
    /\ place' = [place EXCEPT ![u] = c]
    /\ notify' = [notify EXCEPT ![u].how = "ACTIVE"]
    /\ suppressed' = suppressed \ {u}
    /\ taken' = {}
    /\ UNCHANGED <<posted, outstanding, flying, pending, owed>>

FaultyNext == Next \/ \E u \in Vcpus, c \in Cpus : LoadUnnoted(u, c)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
