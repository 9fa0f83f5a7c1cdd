---- MODULE APIsolation -------------------------------------------------------
(******************************************************************************)
(* Isolation for Apalache, and three checks of its inductive invariant: Init  *)
(* implies IndInv (length 0), IndInv is inductive (init IndInv, length 1),    *)
(* IndInv implies NoForeignAccess (init IndInv, length 0).                    *)
(******************************************************************************)
EXTENDS Isolation

CInit ==
    /\ Vms = {"v1_OF_VM", "v2_OF_VM", "v3_OF_VM"}
    /\ NOBODY = "nobody_OF_VM"
    /\ HYPERVISOR = "hypervisor_OF_VM"
    /\ Frames = {"f1_OF_FRAME", "f2_OF_FRAME", "f3_OF_FRAME"}
===============================================================================
