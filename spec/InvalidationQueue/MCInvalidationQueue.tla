---- MODULE MCInvalidationQueue -----------------------------------------------
(******************************************************************************)
(* InvalidationQueue for TLC, and its fairness with one conjunct dropped at a *)
(* time.                                                                      *)
(******************************************************************************)
EXTENDS InvalidationQueue

WithoutTimeOut == Spec /\ WaitsComplete /\ Quarantines
WithoutWaits == Spec /\ TimesOut /\ Quarantines
WithoutQuarantine == Spec /\ TimesOut /\ WaitsComplete
===============================================================================
