---- MODULE APFaultRestart ----------------------------------------------------
(******************************************************************************)
(* FaultRestart for Apalache: a bounded search. No inductive invariant is     *)
(* offered.                                                                   *)
(******************************************************************************)
EXTENDS FaultRestart

CInit ==
    /\ Streams = {"s1_OF_STREAM", "s2_OF_STREAM", "s3_OF_STREAM"}
    /\ Stallable = {"s1_OF_STREAM", "s2_OF_STREAM"}
    /\ Entitled = {"s1_OF_STREAM", "s3_OF_STREAM"}
    /\ Places = 1
===============================================================================
