---- MODULE APInvalidationQueue -----------------------------------------------
(******************************************************************************)
(* InvalidationQueue for Apalache: a bounded search. No inductive invariant   *)
(* is offered.                                                                *)
(******************************************************************************)
EXTENDS InvalidationQueue

CInit ==
    /\ Rids = {"d1_OF_RID", "d2_OF_RID"}
    /\ Near = {"d1_OF_RID"}
    /\ NOBODY = "nobody_OF_RID"
    /\ HYPERVISOR = "hypervisor_OF_RID"
    /\ Frames = {"f1_OF_FRAME", "f2_OF_FRAME"}
    /\ Slots = 4
===============================================================================
