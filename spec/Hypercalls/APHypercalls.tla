---- MODULE APHypercalls ------------------------------------------------------
(******************************************************************************)
(* Hypercalls for Apalache: a bounded search. No inductive invariant is       *)
(* offered.                                                                   *)
(******************************************************************************)
EXTENDS Hypercalls

CInit ==
    /\ Vms = {"v1_OF_VM", "v2_OF_VM"}
    /\ NOBODY = "nobody_OF_VM"
    /\ HYPERVISOR = "hypervisor_OF_VM"
    /\ Frames = {"f1_OF_FRAME"}
    /\ Cpus = {"c1_OF_CPU", "c2_OF_CPU"}
    /\ NOCPU = "none_OF_CPU"
    /\ Ops = {"donate", "reclaim", "share", "unshare", "map", "unmap", "retype", "unpool"}
    /\ Sides = {"cpu", "device"}
===============================================================================
