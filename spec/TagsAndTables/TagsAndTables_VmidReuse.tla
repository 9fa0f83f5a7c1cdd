---- MODULE TagsAndTables_VmidReuse -------------------------------------------
(******************************************************************************)
(* A VMID is given to the next VM while an invalidation for its old holder is *)
(* under way.                                                                 *)
(******************************************************************************)
EXTENDS TagsAndTables

FreeTagWhileFlying(v, t) ==
    /\ tag[v] = t
    /\ phase[t] = "COVERED"
    /\ tag' = [tag EXCEPT ![v] = NOTAG]
    /\ phase' = [phase EXCEPT ![t] = "FREE"]
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, stale, flying, swept, runs, walk, tlb>>

FaultyNext == Next \/ \E v \in Vms, t \in Tags : FreeTagWhileFlying(v, t)
FaultySpec == Init /\ [][FaultyNext]_vars
===============================================================================
