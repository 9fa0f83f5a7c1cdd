---- MODULE Hypercalls_XSA401HalfRepaired -------------------------------------
(******************************************************************************)
(* XSA-408, the half-repair of XSA-401: the new kind is published first, but  *)
(* whether a flush is due is then decided by the kind that stands there now,  *)
(* which is the new one; so there is none.                                    *)
(******************************************************************************)
EXTENDS Hypercalls

SkipFlushByNewKind(c) ==
    /\ At(c, "retype", "FLUSHING")
    /\ kind[call[c].frame] # "DATA"
    /\ GoTo(c, "FLUSHED")
    /\ UNCHANGED <<owner, kind, grant, leaf, cache, spaceLock, frameLock>>

FaultyNext == Next \/ \E c \in Cpus : SkipFlushByNewKind(c)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
