---- MODULE MCFaultRestart ----------------------------------------------------
(******************************************************************************)
(* FaultRestart for TLC, and its fairness with one conjunct dropped, or       *)
(* weakened, at a time.                                                       *)
(******************************************************************************)
EXTENDS FaultRestart

WithoutHardware == Spec /\ Reports /\ Reads /\ Aborts
WithoutReports == Spec /\ HardwareGoesOn /\ Reads /\ Aborts
WithoutReads == Spec /\ HardwareGoesOn /\ Reports /\ Aborts
WithoutAborts == Spec /\ HardwareGoesOn /\ Reports /\ Reads
WeakReports == Spec /\ HardwareGoesOn /\ Reads /\ Aborts /\ \A s \in Streams : WF_vars(Report(s))
===============================================================================
