---- MODULE MCHypercalls ------------------------------------------------------
(******************************************************************************)
(* Hypercalls for TLC, and its fairness with one conjunct dropped, or         *)
(* weakened, at a time.                                                       *)
(******************************************************************************)
EXTENDS Hypercalls

WithoutSteps == Spec /\ FlushesComplete /\ LocksAreFair
WithoutFlushes == Spec /\ StepsGoOn /\ LocksAreFair
WithoutLocks == Spec /\ StepsGoOn /\ FlushesComplete
WeakLocks == Spec /\ StepsGoOn /\ FlushesComplete /\ \A c \in Cpus : WF_vars(LockSpace(c)) /\ WF_vars(LockFrame(c))
===============================================================================
