---- MODULE MCMultiWordUpdate -------------------------------------------------
(******************************************************************************)
(* MultiWordUpdate for TLC, and its fairness with one conjunct dropped at a   *)
(* time.                                                                      *)
(******************************************************************************)
EXTENDS MultiWordUpdate

WithoutUpdate == Spec /\ InvalidationCompletes
WithoutCompletion == Spec /\ UpdateGoesOn
===============================================================================
