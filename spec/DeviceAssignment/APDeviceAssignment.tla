---- MODULE APDeviceAssignment ------------------------------------------------
(******************************************************************************)
(* DeviceAssignment for Apalache: a bounded search. No inductive invariant is *)
(* offered.                                                                   *)
(******************************************************************************)
EXTENDS DeviceAssignment

CInit ==
    /\ Vms = {"v1_OF_VM", "v2_OF_VM"}
    /\ NOBODY = "nobody_OF_VM"
    /\ HYPERVISOR = "hypervisor_OF_VM"
    /\ HOST = "host_OF_VM"
    /\ Frames = {"h_OF_FRAME", "f1_OF_FRAME"}
    /\ HostFrame = "h_OF_FRAME"
    /\ Rids = {"d1_OF_RID", "d2_OF_RID"}
    /\ NORID = "none_OF_RID"
    /\ Requests = {"r1_OF_REQUEST", "r2_OF_REQUEST"}
===============================================================================
