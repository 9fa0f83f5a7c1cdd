---- MODULE PostedInterrupts_WrongVcpu ----------------------------------------
(******************************************************************************)
(* A late notification gives whoever runs on the CPU now the interrupt of the *)
(* one that ran there before.                                                 *)
(******************************************************************************)
EXTENDS PostedInterrupts

ArriveForAnother(c) ==
    /\ [cpu |-> c, how |-> "ACTIVE"] \in flying
    /\ flying' = flying \ {[cpu |-> c, how |-> "ACTIVE"]}
    /\ \E u, v \in Vcpus :
        /\ u # v /\ u \in posted /\ place[v] = c /\ state[v] = "RUNNING"
        /\ pending' = pending \union {v}
        /\ posted' = posted \ {u}
        /\ outstanding' = outstanding \ {u}
    /\ taken' = {}
    /\ UNCHANGED <<state, place, notify, suppressed, owed>>

FaultyNext == Next \/ \E c \in Cpus : ArriveForAnother(c)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
