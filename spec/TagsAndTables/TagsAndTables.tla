---- MODULE TagsAndTables -----------------------------------------------------
(******************************************************************************)
(* Things that an invalidation of a whole tag covers: table frames, and tags  *)
(* themselves, before they are used again.                                    *)
(*                                                                            *)
(* What interleaves: a VM that runs while its table is unlinked, walk caches  *)
(* that still point to the table frame, a translation cache whose entries     *)
(* know a tag and no VM, invalidations of a tag that complete late, and the   *)
(* next user of the frame or of the tag. A walk that goes on through a frame  *)
(* believes what stands there: the leaf of whoever's table it is now, or      *)
(* anything at all once a guest can write it.                                 *)
(*                                                                            *)
(* Abstracted away: levels (one table a VM, below a root that never goes),    *)
(* pages (one a VM), scrubbing (a free frame is blank), CPUs (the caches are  *)
(* common to all). Python: donate, reclaim, link_table, unlink_table,         *)
(* free_table, map, unmap, release; use_space, bind_tag, retire_tag,          *)
(* free_tag, invalidate_tag, complete; switch_in, switch_out; walk_on,        *)
(* tlb_fill, tlb_evict, walk_evict, cpu_access.                               *)
(******************************************************************************)

CONSTANTS
    \* @type: Set(VM);
    Vms,
    \* @type: VM;
    NOBODY,
    \* @type: VM;
    HYPERVISOR,
    \* @type: Set(FRAME);
    Frames,
    \* @type: Set(TAG);
    Tags,           \* VMIDs
    \* @type: TAG;
    NOTAG

VARIABLES
    \* @type: FRAME -> VM;
    owner,
    \* @type: Set({vm: VM, frame: FRAME});
    link,           \* the table of the VM, as hardware reads it
    \* @type: Set({vm: VM, frame: FRAME});
    leaf,           \* the leaf in that table
    \* @type: Set({what: Str, vm: VM, frame: FRAME, step: Str});
    stale,          \* leaves and tables that were removed, and how far their invalidation is
    \* @type: VM -> TAG;
    tag,
    \* @type: TAG -> Str;
    phase,          \* FREE, BOUND, or RETIRING and how far the invalidation is: OWED, COVERED, DONE
    \* @type: Set(TAG);
    flying,         \* tags with an invalidation under way
    \* @type: Set(TAG);
    swept,          \* of these, the ones that the caches have done already, though nobody was told yet
    \* @type: Set(VM);
    runs,           \* VMs that some CPU runs
    \* @type: Set({tag: TAG, frame: FRAME});
    walk,           \* walk caches: pointers to table frames
    \* @type: Set({tag: TAG, frame: FRAME});
    tlb,            \* translation caches
    \* @type: Set({vm: VM, frame: FRAME});
    access          \* what the last step reached, if it was an access; else empty

vars == <<owner, link, leaf, stale, tag, phase, flying, swept, runs, walk, tlb, access>>

Pairs == [vm : Vms, frame : Frames]
Steps == {"OWED", "COVERED", "DONE"}
Pair(v, f) == [vm |-> v, frame |-> f]
Under(t, f) == [tag |-> t, frame |-> f]

TypeOK ==
    /\ owner \in [Frames -> Vms \union {NOBODY, HYPERVISOR}]
    /\ link \in SUBSET Pairs
    /\ leaf \in SUBSET Pairs
    /\ stale \in SUBSET [what : {"LEAF", "TABLE"}, vm : Vms, frame : Frames, step : Steps]
    /\ tag \in [Vms -> Tags \union {NOTAG}]
    /\ phase \in [Tags -> {"FREE", "BOUND"} \union Steps]
    /\ flying \in SUBSET Tags
    /\ swept \in SUBSET flying
    /\ runs \in SUBSET Vms
    /\ walk \in SUBSET [tag : Tags, frame : Frames]
    /\ tlb \in SUBSET [tag : Tags, frame : Frames]
    /\ access \in SUBSET Pairs

Init ==
    /\ owner = [f \in Frames |-> NOBODY]
    /\ link = {}
    /\ leaf = {}
    /\ stale = {}
    /\ tag = [v \in Vms |-> NOTAG]
    /\ phase = [t \in Tags |-> "FREE"]
    /\ flying = {}
    /\ swept = {}
    /\ runs = {}
    /\ walk = {}
    /\ tlb = {}
    /\ access = {}

(******************************************************************************)
(* No leaf, present or removed, refers to the frame.                          *)
(******************************************************************************)
IsUnmapped(f) == (\A e \in leaf : e.frame # f) /\ (\A e \in stale : e.frame # f)

(******************************************************************************)
(* What was removed is out of every cache: an invalidation issued afterwards  *)
(* completed, or there is no tag to find it by.                               *)
(******************************************************************************)
\* @type: ({what: Str, vm: VM, frame: FRAME, step: Str}) => Bool;
IsFlushed(e) == e.step = "DONE" \/ tag[e.vm] = NOTAG

------------------------------------------------------------------------------
\* Hypervisor

Donate(f, v) ==
    /\ owner[f] = NOBODY
    /\ owner' = [owner EXCEPT ![f] = v]
    /\ access' = {}
    /\ UNCHANGED <<link, leaf, stale, tag, phase, flying, swept, runs, walk, tlb>>

Reclaim(f, v) ==
    /\ owner[f] = v
    /\ IsUnmapped(f)
    /\ owner' = [owner EXCEPT ![f] = NOBODY]
    /\ access' = {}
    /\ UNCHANGED <<link, leaf, stale, tag, phase, flying, swept, runs, walk, tlb>>

(******************************************************************************)
(* A free frame becomes the table of a VM that has none.                      *)
(******************************************************************************)
LinkTable(v, f) ==
    /\ owner[f] = NOBODY
    /\ \A e \in link : e.vm # v
    /\ owner' = [owner EXCEPT ![f] = HYPERVISOR]
    /\ link' = link \union {Pair(v, f)}
    /\ access' = {}
    /\ UNCHANGED <<leaf, stale, tag, phase, flying, swept, runs, walk, tlb>>

(******************************************************************************)
(* An empty table is unlinked; walk caches may still point to it.             *)
(******************************************************************************)
UnlinkTable(v, f) ==
    /\ Pair(v, f) \in link
    /\ \A e \in leaf : e.vm # v
    /\ \A e \in stale : e.vm # v \/ e.what # "LEAF"
    /\ link' = link \ {Pair(v, f)}
    /\ stale' = stale \union {[what |-> "TABLE", vm |-> v, frame |-> f, step |-> "OWED"]}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, tag, phase, flying, swept, runs, walk, tlb>>

(******************************************************************************)
(* Its frame is free once the invalidation completed.                         *)
(******************************************************************************)
FreeTable(v, f) == \E e \in stale :
    /\ e.what = "TABLE" /\ e.vm = v /\ e.frame = f
    /\ IsFlushed(e)
    /\ stale' = stale \ {e}
    /\ owner' = [owner EXCEPT ![f] = NOBODY]
    /\ access' = {}
    /\ UNCHANGED <<link, leaf, tag, phase, flying, swept, runs, walk, tlb>>

Map(v, f) ==
    /\ owner[f] = v
    /\ \E e \in link : e.vm = v
    /\ \A e \in leaf : e.vm # v
    /\ \A e \in stale : e.vm # v \/ e.what # "LEAF"
    /\ leaf' = leaf \union {Pair(v, f)}
    /\ access' = {}
    /\ UNCHANGED <<owner, link, stale, tag, phase, flying, swept, runs, walk, tlb>>

Unmap(v, f) ==
    /\ Pair(v, f) \in leaf
    /\ leaf' = leaf \ {Pair(v, f)}
    /\ stale' = stale \union {[what |-> "LEAF", vm |-> v, frame |-> f, step |-> "OWED"]}
    /\ access' = {}
    /\ UNCHANGED <<owner, link, tag, phase, flying, swept, runs, walk, tlb>>

Release(v, f) == \E e \in stale :
    /\ e.what = "LEAF" /\ e.vm = v /\ e.frame = f
    /\ IsFlushed(e)
    /\ stale' = stale \ {e}
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, tag, phase, flying, swept, runs, walk, tlb>>

(******************************************************************************)
(* An invalidation of everything under a tag is issued; it will count for     *)
(* what was removed before.                                                   *)
(******************************************************************************)
InvalidateTag(t) ==
    /\ t \notin flying
    /\ phase[t] = "OWED" \/ \E e \in stale : tag[e.vm] = t /\ e.step = "OWED"
    /\ flying' = flying \union {t}
    /\ stale' = {IF tag[e.vm] = t /\ e.step = "OWED" THEN [e EXCEPT !.step = "COVERED"] ELSE e : e \in stale}
    /\ phase' = [phase EXCEPT ![t] = IF @ = "OWED" THEN "COVERED" ELSE @]
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, tag, swept, runs, walk, tlb>>

(******************************************************************************)
(* A free tag goes to a VM that has none.                                     *)
(******************************************************************************)
BindTag(v, t) ==
    /\ tag[v] = NOTAG
    /\ phase[t] = "FREE"
    /\ tag' = [tag EXCEPT ![v] = t]
    /\ phase' = [phase EXCEPT ![t] = "BOUND"]
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, stale, flying, swept, runs, walk, tlb>>

(******************************************************************************)
(* A tag is on its way out (rollover, or the end of its VM).                  *)
(******************************************************************************)
RetireTag(v, t) ==
    /\ tag[v] = t
    /\ phase[t] = "BOUND"
    /\ v \notin runs
    /\ phase' = [phase EXCEPT ![t] = "OWED"]
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, stale, tag, flying, swept, runs, walk, tlb>>

(******************************************************************************)
(* It is free when an invalidation issued since then completed.               *)
(******************************************************************************)
FreeTag(v, t) ==
    /\ tag[v] = t
    /\ phase[t] = "DONE"
    /\ tag' = [tag EXCEPT ![v] = NOTAG]
    /\ phase' = [phase EXCEPT ![t] = "FREE"]
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, stale, flying, swept, runs, walk, tlb>>

SwitchIn(v) ==
    /\ v \notin runs
    /\ tag[v] # NOTAG /\ phase[tag[v]] = "BOUND"
    /\ runs' = runs \union {v}
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, stale, tag, phase, flying, swept, walk, tlb>>

SwitchOut(v) ==
    /\ v \in runs
    /\ runs' = runs \ {v}
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, stale, tag, phase, flying, swept, walk, tlb>>

------------------------------------------------------------------------------
\* Hardware

(******************************************************************************)
(* A walk follows the link, and the pointer to the table is cached.           *)
(******************************************************************************)
WalkOn(v, f) ==
    /\ v \in runs
    /\ Pair(v, f) \in link
    /\ walk' = walk \union {Under(tag[v], f)}
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, stale, tag, phase, flying, swept, runs, tlb>>

(******************************************************************************)
(* What a walk finds in a frame that it takes for a table: a leaf of the VM   *)
(* whose table it is; nothing in a blank one; whatever a guest has written    *)
(* there once the frame is a guest's.                                         *)
(******************************************************************************)
Finds(f, g) ==
    \/ owner[f] \in Vms
    \/ \E e \in link : e.frame = f /\ Pair(e.vm, g) \in leaf

(******************************************************************************)
(* A walk goes on from a cached pointer to a table, and caches the leaf.      *)
(******************************************************************************)
TlbFill(v, f, g) ==
    /\ v \in runs
    /\ Under(tag[v], f) \in walk
    /\ Finds(f, g)
    /\ tlb' = tlb \union {Under(tag[v], g)}
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, stale, tag, phase, flying, swept, runs, walk>>

TlbEvict(t, f) ==
    /\ Under(t, f) \in tlb
    /\ tlb' = tlb \ {Under(t, f)}
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, stale, tag, phase, flying, swept, runs, walk>>

WalkEvict(t, f) ==
    /\ Under(t, f) \in walk
    /\ walk' = walk \ {Under(t, f)}
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, stale, tag, phase, flying, swept, runs, tlb>>

(******************************************************************************)
(* The caches drop what they hold under a tag, at some moment after the       *)
(* invalidation was issued; they may fill again before its completion is      *)
(* reported.                                                                  *)
(******************************************************************************)
Sweep(t) ==
    /\ t \in flying \ swept
    /\ swept' = swept \union {t}
    /\ walk' = {c \in walk : c.tag # t}
    /\ tlb' = {c \in tlb : c.tag # t}
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, stale, tag, phase, flying, runs>>

(******************************************************************************)
(* The completion is reported; to whom it counts is another matter.           *)
(******************************************************************************)
Reported(t) ==
    /\ t \in swept
    /\ flying' = flying \ {t}
    /\ swept' = swept \ {t}
    /\ access' = {}
    /\ UNCHANGED <<owner, link, leaf, tag, runs, walk, tlb>>

Complete(t) ==
    /\ Reported(t)
    /\ stale' = {IF tag[e.vm] = t /\ e.step = "COVERED" THEN [e EXCEPT !.step = "DONE"] ELSE e : e \in stale}
    /\ phase' = [phase EXCEPT ![t] = IF @ = "COVERED" THEN "DONE" ELSE @]

------------------------------------------------------------------------------
\* Guests

(******************************************************************************)
(* A running guest uses a translation that is cached under its tag.           *)
(******************************************************************************)
Use(v, f) ==
    /\ v \in runs
    /\ Under(tag[v], f) \in tlb
    /\ access' = {Pair(v, f)}
    /\ UNCHANGED <<owner, link, leaf, stale, tag, phase, flying, swept, runs, walk, tlb>>

------------------------------------------------------------------------------

HypervisorNext == \E v \in Vms :
    \/ \E f \in Frames :
        \/ Donate(f, v) \/ Reclaim(f, v)
        \/ LinkTable(v, f) \/ UnlinkTable(v, f) \/ FreeTable(v, f)
        \/ Map(v, f) \/ Unmap(v, f) \/ Release(v, f)
    \/ \E t \in Tags : BindTag(v, t) \/ RetireTag(v, t) \/ FreeTag(v, t)
    \/ SwitchIn(v) \/ SwitchOut(v)

HardwareNext ==
    \/ \E v \in Vms, f \in Frames : WalkOn(v, f) \/ \E g \in Frames : TlbFill(v, f, g)
    \/ \E t \in Tags : Sweep(t) \/ Complete(t) \/ \E f \in Frames : TlbEvict(t, f) \/ WalkEvict(t, f)

GuestNext == \E v \in Vms, f \in Frames : Use(v, f)

Next == HypervisorNext \/ (\E t \in Tags : InvalidateTag(t)) \/ HardwareNext \/ GuestNext

Spec == Init /\ [][Next]_vars

------------------------------------------------------------------------------
\* Properties

(******************************************************************************)
(* MEM-1 and MEM-3, interleaved: what a guest really reaches is its own       *)
(* memory, and no table.                                                      *)
(******************************************************************************)
NoForeignAccess == \A a \in access : owner[a.frame] = a.vm

(******************************************************************************)
(* INV-4: nothing is cached under a free tag.                                 *)
(******************************************************************************)
FreeTagsAreClean == \A c \in walk \union tlb : phase[c.tag] # "FREE"

(******************************************************************************)
(* Whoever's tag it is, a cached pointer leads to a table of that VM, or to   *)
(* one that waits to be freed.                                                *)
(******************************************************************************)
WalksStayInTables == \A c \in walk : \A v \in Vms : tag[v] = c.tag =>
    Pair(v, c.frame) \in link \/ \E e \in stale : e.vm = v /\ e.frame = c.frame /\ e.what = "TABLE"

(******************************************************************************)
(* Nothing is granted here.                                                   *)
(******************************************************************************)
\* @type: () => Set({vm: VM, frame: FRAME});
NoGrants == {}

(******************************************************************************)
(* CON-2: it refines the abstract promise.                                    *)
(******************************************************************************)
Abstract == INSTANCE Isolation WITH
    grant <- NoGrants,
    reach <- leaf \union {p \in Pairs :
        \/ \E e \in stale : e.what = "LEAF" /\ e.vm = p.vm /\ e.frame = p.frame
        \/ Under(tag[p.vm], p.frame) \in tlb}
Refines == Abstract!Spec

------------------------------------------------------------------------------
\* Non-properties: each must fail

(******************************************************************************)
(* A walk cache points to a table that was unlinked: the link would be        *)
(* skipped.                                                                   *)
(******************************************************************************)
NeverWalksRetired == \A c \in walk : \E e \in link : e.frame = c.frame

(******************************************************************************)
(* A retired tag is ready for its next holder.                                *)
(******************************************************************************)
NeverRetires == \A t \in Tags : phase[t] # "DONE"
===============================================================================
