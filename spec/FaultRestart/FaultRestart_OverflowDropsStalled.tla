---- MODULE FaultRestart_OverflowDropsStalled ---------------------------------
(******************************************************************************)
(* A full queue drops the record of a stalled transaction, as it drops        *)
(* others.                                                                    *)
(******************************************************************************)
EXTENDS FaultRestart

ReportLost(s) ==
    /\ request[s] = "STALLED"
    /\ Fill = Places
    /\ overflow' = TRUE
    /\ request' = [request EXCEPT ![s] = "REPORTED"]
    /\ access' = {}
    /\ UNCHANGED <<mapped, queue, asked, impatient>>

FaultyNext == Next \/ \E s \in Streams : ReportLost(s)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
