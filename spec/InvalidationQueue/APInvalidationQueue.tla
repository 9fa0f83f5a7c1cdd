---- MODULE APInvalidationQueue -----------------------------------------------
(******************************************************************************)
(* InvalidationQueue for Apalache: a bounded search. No inductive invariant   *)
(* is offered.                                                                *)
(******************************************************************************)
EXTENDS InvalidationQueue

CInit ==
    /\ Rids = {"d1_OF_VM", "d2_OF_VM"}
    /\ Near = {"d1_OF_VM"}
    /\ NOBODY = "nobody_OF_VM"
    /\ HYPERVISOR = "hypervisor_OF_VM"
    /\ Frames = {"f1_OF_FRAME", "f2_OF_FRAME"}
    /\ Tickets = 1..4
===============================================================================
