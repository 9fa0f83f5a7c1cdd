---- MODULE MCIsolation -------------------------------------------------------
(* Isolation for TLC. Its constants are plain sets, given by the manifest. *)
EXTENDS Isolation
===============================================================================
