---- MODULE FaultRestart_ServiceAnything --------------------------------------
(******************************************************************************)
(* The handler maps whatever is asked for.                                    *)
(******************************************************************************)
EXTENDS FaultRestart

ServiceUnchecked(s) ==
    /\ s \in asked
    /\ mapped' = mapped \union {s}
    /\ request' = [request EXCEPT ![s] = "ISSUED"]
    /\ asked' = asked \ {s}
    /\ impatient' = impatient \ {s}
    /\ access' = {}
    /\ UNCHANGED <<queue, overflow>>

FaultyNext == Next \/ \E s \in Streams : ServiceUnchecked(s)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
