---- MODULE APPostedInterrupts ------------------------------------------------
(******************************************************************************)
(* PostedInterrupts for Apalache: a bounded search. No inductive invariant is *)
(* offered.                                                                   *)
(******************************************************************************)
EXTENDS PostedInterrupts

CInit ==
    /\ Vcpus = {"u1_OF_VCPU", "u2_OF_VCPU"}
    /\ Cpus = {"c1_OF_CPU", "c2_OF_CPU"}
    /\ NOCPU = "none_OF_CPU"
===============================================================================
