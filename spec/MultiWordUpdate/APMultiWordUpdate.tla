---- MODULE APMultiWordUpdate -------------------------------------------------
(******************************************************************************)
(* MultiWordUpdate for Apalache, and three checks of its inductive invariant: *)
(* Init implies IndInv (length 0), IndInv is inductive (init IndInv, length   *)
(* 1), IndInv implies OldOrNew (init IndInv, length 0).                       *)
(******************************************************************************)
EXTENDS MultiWordUpdate

CInit ==
    /\ Vms = {"v1_OF_VM", "v2_OF_VM", "v3_OF_VM"}
    /\ HOST = "host_OF_VM"
===============================================================================
