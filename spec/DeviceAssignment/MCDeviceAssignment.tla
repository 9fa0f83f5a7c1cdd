---- MODULE MCDeviceAssignment ------------------------------------------------
(******************************************************************************)
(* DeviceAssignment for TLC, and its fairness with one conjunct dropped at a  *)
(* time.                                                                      *)
(******************************************************************************)
EXTENDS DeviceAssignment

WithoutHost == Spec /\ HostDrains /\ RequestsEnd /\ InvalidationsComplete
WithoutDrain == Spec /\ HostGoesOn /\ RequestsEnd /\ InvalidationsComplete
WithoutRequests == Spec /\ HostGoesOn /\ HostDrains /\ InvalidationsComplete
WithoutCompletion == Spec /\ HostGoesOn /\ HostDrains /\ RequestsEnd
===============================================================================
