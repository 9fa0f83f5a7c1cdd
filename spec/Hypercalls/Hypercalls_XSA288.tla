---- MODULE Hypercalls_XSA288 -------------------------------------------------
(******************************************************************************)
(* XSA-288: a mapping for a device is checked under the lock and written      *)
(* after it, with no second look; in between the frame becomes a table.       *)
(******************************************************************************)
EXTENDS Hypercalls

CheckMap(c) ==
    /\ At(c, "map", "LOCKED")
    /\ call[c].side = "device"
    /\ Allowed(call[c].vm, call[c].frame)
    /\ Unlock(c)
    /\ GoTo(c, "CHECKED")
    /\ UNCHANGED <<owner, kind, grant, leaf, cache>>

WriteLater(c) ==
    /\ call[c].pc = "CHECKED"
    /\ leaf' = leaf \union {Mine(c)}
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<owner, kind, grant, cache, spaceLock, frameLock>>

FaultyNext == Next \/ \E c \in Cpus : CheckMap(c) \/ WriteLater(c)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
