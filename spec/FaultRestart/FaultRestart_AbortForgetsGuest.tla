---- MODULE FaultRestart_AbortForgetsGuest ------------------------------------
(******************************************************************************)
(* An impatient hypervisor aborts, and does not withdraw the question: the    *)
(* guest's answer restarts what has ended.                                    *)
(******************************************************************************)
EXTENDS FaultRestart

AbortOnly(s) ==
    /\ s \in impatient
    /\ request' = [request EXCEPT ![s] = "ABORTED"]
    /\ impatient' = impatient \ {s}
    /\ access' = {}
    /\ UNCHANGED <<mapped, queue, overflow, asked>>

FaultyNext == Next \/ \E s \in Streams : AbortOnly(s)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
