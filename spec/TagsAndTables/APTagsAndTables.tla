---- MODULE APTagsAndTables ---------------------------------------------------
(******************************************************************************)
(* TagsAndTables for Apalache: a bounded search. No inductive invariant is    *)
(* offered.                                                                   *)
(******************************************************************************)
EXTENDS TagsAndTables

CInit ==
    /\ Vms = {"v1_OF_VM", "v2_OF_VM"}
    /\ NOBODY = "nobody_OF_VM"
    /\ HYPERVISOR = "hypervisor_OF_VM"
    /\ Frames = {"f1_OF_FRAME", "f2_OF_FRAME"}
    /\ Tags = {"t1_OF_TAG"}
    /\ NOTAG = "none_OF_TAG"
===============================================================================
