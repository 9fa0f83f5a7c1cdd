---- MODULE MultiWordUpdate_OneStore ------------------------------------------
(******************************************************************************)
(* Not a fault but the other way to do it: an entry that is stored whole and  *)
(* loaded whole needs no break. What was read before must still be            *)
(* invalidated before the old owner's memory is anybody else's.               *)
(******************************************************************************)
EXTENDS MultiWordUpdate

StoreWhole(v) ==
    /\ step = "IDLE"
    /\ v # target
    /\ target' = v
    /\ entry' = Entry(v)
    /\ step' = "FLUSHING"
    /\ access' = {}
    /\ UNCHANGED <<loaded, loads, cached, iotlb>>

InvalidateStored ==
    /\ step = "FLUSHING"
    /\ step' = "IDLE"
    /\ cached' = {}
    /\ iotlb' = {}
    /\ access' = {}
    /\ UNCHANGED <<entry, target, loaded, loads>>

LoadWhole ==
    /\ cached' = {[root |-> entry.root, tag |-> entry.tag]}
    /\ access' = {}
    /\ UNCHANGED <<entry, target, step, loaded, loads, iotlb>>

WholeNext ==
    \/ \E v \in Vms : StoreWhole(v)
    \/ InvalidateStored \/ LoadWhole
    \/ \E c \in Contexts : IotlbFill(c) \/ Use(c)
WholeSpec == Init /\ [][WholeNext]_vars
===============================================================================
