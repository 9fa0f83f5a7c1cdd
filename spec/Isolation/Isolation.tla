---- MODULE Isolation ---------------------------------------------------------
(******************************************************************************)
(* The abstract promise: every step atomic, no cache, no lock, no queue.      *)
(*                                                                            *)
(* A frame has an owner. A VM may reach a frame that it owns or is granted.   *)
(* What it can reach at this moment is the set `reach`; in a refining module  *)
(* that is everything through which hardware could still take it there: table *)
(* entries, entries that were removed and may be cached, cached translations, *)
(* requests in flight. A frame changes hands only when nobody reaches it and  *)
(* no grant names it.                                                         *)
(*                                                                            *)
(* Abstracted away: how a frame is reached, and rights (an access is an       *)
(* access). Read next: StaleTranslations.                                     *)
(******************************************************************************)

CONSTANTS
    \* @type: Set(VM);
    Vms,            \* the guests
    \* @type: VM;
    NOBODY,         \* who owns a free frame
    \* @type: VM;
    HYPERVISOR,     \* who owns a frame that is a table
    \* @type: Set(FRAME);
    Frames

VARIABLES
    \* @type: FRAME -> VM;
    owner,
    \* @type: Set({vm: VM, frame: FRAME});
    grant,          \* the frame is granted to that VM by its owner
    \* @type: Set({vm: VM, frame: FRAME});
    reach,          \* the frame can be reached by that VM
    \* @type: Set({vm: VM, frame: FRAME});
    access          \* what the last step reached, if it was an access; else empty

vars == <<owner, grant, reach, access>>

(******************************************************************************)
(* Whose a frame may be, and the pairs that the three sets are made of.       *)
(******************************************************************************)
Owners == Vms \union {NOBODY, HYPERVISOR}
Pairs == [vm : Vms, frame : Frames]

TypeOK ==
    /\ owner \in [Frames -> Owners]
    /\ grant \in SUBSET Pairs
    /\ reach \in SUBSET Pairs
    /\ access \in SUBSET Pairs

(******************************************************************************)
(* At first every frame is free.                                              *)
(******************************************************************************)
Init ==
    /\ owner = [f \in Frames |-> NOBODY]
    /\ grant = {}
    /\ reach = {}
    /\ access = {}

(******************************************************************************)
(* A VM may reach what it owns and what it is granted.                        *)
(******************************************************************************)
Allowed(v, f) == owner[f] = v \/ [vm |-> v, frame |-> f] \in grant

(******************************************************************************)
(* Nobody reaches a frame, and no grant names it.                             *)
(******************************************************************************)
IsUnused(f) == \A p \in reach \union grant : p.frame # f

------------------------------------------------------------------------------
\* Hypervisor

(******************************************************************************)
(* The one way in which a frame passes from hand to hand; the operations      *)
(* below are its instances.                                                   *)
(******************************************************************************)
ChangeOwner(f, from, to) ==
    /\ owner[f] = from
    /\ IsUnused(f)
    /\ owner' = [owner EXCEPT ![f] = to]
    /\ UNCHANGED <<grant, reach>>

(******************************************************************************)
(* Donate gives a free frame, reclaim takes it back, transfer hands it on; a  *)
(* retyped frame becomes a table, and an unpooled one data again; the         *)
(* hypervisor allocates a free frame for itself, and frees it.                *)
(******************************************************************************)
Donate(f, v) == ChangeOwner(f, NOBODY, v) /\ access' = {}
Reclaim(f, v) == ChangeOwner(f, v, NOBODY) /\ access' = {}
Transfer(f, v, to) == v # to /\ ChangeOwner(f, v, to) /\ access' = {}
Retype(f, v) == ChangeOwner(f, v, HYPERVISOR) /\ access' = {}
Unpool(f, v) == ChangeOwner(f, HYPERVISOR, v) /\ access' = {}
Allocate(f) == ChangeOwner(f, NOBODY, HYPERVISOR) /\ access' = {}
Free(f) == ChangeOwner(f, HYPERVISOR, NOBODY) /\ access' = {}

(******************************************************************************)
(* The owner grants a frame to another VM.                                    *)
(******************************************************************************)
Share(f, to) ==
    /\ owner[f] \in Vms \ {to}
    /\ grant' = grant \union {[vm |-> to, frame |-> f]}
    /\ access' = {}
    /\ UNCHANGED <<owner, reach>>

(******************************************************************************)
(* A grant ends when its receiver does not reach the frame any more.          *)
(******************************************************************************)
Unshare(f, to) ==
    /\ [vm |-> to, frame |-> f] \in grant
    /\ [vm |-> to, frame |-> f] \notin reach
    /\ grant' = grant \ {[vm |-> to, frame |-> f]}
    /\ access' = {}
    /\ UNCHANGED <<owner, reach>>

(******************************************************************************)
(* From now on a VM can reach a frame; only one that it may reach.            *)
(******************************************************************************)
Map(v, f) ==
    /\ Allowed(v, f)
    /\ reach' = reach \union {[vm |-> v, frame |-> f]}
    /\ access' = {}
    /\ UNCHANGED <<owner, grant>>

(******************************************************************************)
(* From now on it cannot: the moment at which the last way there is gone.     *)
(******************************************************************************)
Release(v, f) ==
    /\ reach' = reach \ {[vm |-> v, frame |-> f]}
    /\ access' = {}
    /\ UNCHANGED <<owner, grant>>

(******************************************************************************)
(* A frame takes the place of another in one step.                            *)
(******************************************************************************)
Replace(v, old, f) ==
    /\ Allowed(v, f)
    /\ reach' = (reach \ {[vm |-> v, frame |-> old]}) \union {[vm |-> v, frame |-> f]}
    /\ access' = {}
    /\ UNCHANGED <<owner, grant>>

------------------------------------------------------------------------------
\* Guests and devices

(******************************************************************************)
(* A CPU that runs a VM, or a device of a VM, reaches a frame.                *)
(******************************************************************************)
Access(v, f) ==
    /\ [vm |-> v, frame |-> f] \in reach
    /\ access' = {[vm |-> v, frame |-> f]}
    /\ UNCHANGED <<owner, grant, reach>>

(******************************************************************************)
(* A step that changes nothing of this; the access of the step before is      *)
(* over.                                                                      *)
(******************************************************************************)
Rest == access' = {} /\ UNCHANGED <<owner, grant, reach>>

------------------------------------------------------------------------------

Next ==
    \/ Rest
    \/ \E f \in Frames : Allocate(f) \/ Free(f)
    \/ \E f \in Frames, v \in Vms :
        \/ Donate(f, v) \/ Reclaim(f, v) \/ Retype(f, v) \/ Unpool(f, v)
        \/ \E to \in Vms : Transfer(f, v, to)
        \/ Share(f, v) \/ Unshare(f, v)
        \/ Map(v, f) \/ Release(v, f) \/ \E g \in Frames : Replace(v, f, g)
        \/ Access(v, f)

Spec == Init /\ [][Next]_vars

------------------------------------------------------------------------------
\* Properties

(******************************************************************************)
(* MEM-1 and DMA-1: no access reaches a frame that is neither the VM's own    *)
(* nor granted to it.                                                         *)
(******************************************************************************)
NoForeignAccess == \A a \in access : Allowed(a.vm, a.frame)

(******************************************************************************)
(* Nor could the next one.                                                    *)
(******************************************************************************)
NoForeignReach == \A p \in reach : Allowed(p.vm, p.frame)

(******************************************************************************)
(* A grant is of a frame that some other VM owns.                             *)
(******************************************************************************)
GrantsAreOwned == \A p \in grant : owner[p.frame] \in Vms \ {p.vm}

(******************************************************************************)
(* A frame changes hands only while nobody can reach it.                      *)
(******************************************************************************)
OwnersChangeUnreached ==
    [][\A f \in Frames : owner'[f] # owner[f] => \A p \in reach \union reach' : p.frame # f]_vars

(******************************************************************************)
(* Inductive.                                                                 *)
(******************************************************************************)
IndInv == TypeOK /\ NoForeignAccess /\ NoForeignReach /\ GrantsAreOwned

(******************************************************************************)
(* The same from any state that keeps the promise, for a module in which      *)
(* somebody owns frames from the beginning.                                   *)
(******************************************************************************)
AnySpec == IndInv /\ [][Next]_vars

------------------------------------------------------------------------------
\* Non-properties: each must fail

(******************************************************************************)
(* A grant was used: two VMs reached one frame.                               *)
(******************************************************************************)
NeverShared == \A p, q \in reach : p.frame = q.frame => p.vm = q.vm

(******************************************************************************)
(* The receiver of a grant accessed the frame.                                *)
(******************************************************************************)
NeverUsedGrant == \A a \in access : owner[a.frame] = a.vm
===============================================================================
