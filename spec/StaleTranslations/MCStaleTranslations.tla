---- MODULE MCStaleTranslations -----------------------------------------------
(******************************************************************************)
(* StaleTranslations for TLC, and its fairness with one conjunct dropped at a *)
(* time.                                                                      *)
(******************************************************************************)
EXTENDS StaleTranslations

WithoutIssue == Spec /\ HypervisorReleases /\ CachesDrop
WithoutRelease == Spec /\ HypervisorIssues /\ CachesDrop
WithoutDrop == Spec /\ HypervisorIssues /\ HypervisorReleases
===============================================================================
