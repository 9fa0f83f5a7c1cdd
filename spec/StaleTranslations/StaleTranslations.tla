---- MODULE StaleTranslations -------------------------------------------------
(******************************************************************************)
(* Tables, caches that fill at any time, and invalidations that take their    *)
(* time.                                                                      *)
(*                                                                            *)
(* What interleaves: the hypervisor's writes to the tables, fills and uses of *)
(* every CPU's TLB and of every IOMMU's IOTLB, and each cache's part in an    *)
(* invalidation: CPUs drop one by one (interrupts between processors) or all  *)
(* at once (a broadcast), an IOMMU by its own queue. Break before make: a     *)
(* slot is emptied, flushed everywhere, and only then written anew.           *)
(*                                                                            *)
(* Abstracted away: table levels and tags (TagsAndTables), the queue's order  *)
(* (InvalidationQueue), locks (Hypercalls), rights, requests between          *)
(* translation and delivery (DeviceAssignment). One table serves a VM's CPUs  *)
(* and devices. Python: donate, reclaim, map, unmap, release, replace;        *)
(* invalidate_pages, complete; tlb_fill, iotlb_fill, tlb_evict, iotlb_evict;  *)
(* cpu_access, dma_deliver.                                                   *)
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
    \* @type: Set(PAGE);
    Pages,
    \* @type: Set(CACHE);
    Cpus,           \* each has a TLB
    \* @type: Set(CACHE);
    Iommus          \* each has an IOTLB, used by the devices behind it

VARIABLES
    \* @type: FRAME -> VM;
    owner,
    \* @type: Set({vm: VM, page: PAGE, frame: FRAME});
    table,          \* leaves, as hardware reads them
    \* @type: Set({vm: VM, page: PAGE, frame: FRAME});
    stale,          \* leaves that were removed; the slot and the frame are kept
    \* @type: Set({vm: VM, page: PAGE});
    issued,         \* slots for which an invalidation was issued after the removal
    \* @type: Set({vm: VM, page: PAGE, who: CACHE});
    waiting,        \* parts of invalidations that a cache has not done yet
    \* @type: Set({who: CACHE, vm: VM, page: PAGE, frame: FRAME});
    cache,          \* cached translations
    \* @type: Set({vm: VM, frame: FRAME});
    access          \* what the last step reached, if it was an access; else empty

vars == <<owner, table, stale, issued, waiting, cache, access>>

(******************************************************************************)
(* Whatever caches translations.                                              *)
(******************************************************************************)
Caches == Cpus \union Iommus
Leaves == [vm : Vms, page : Pages, frame : Frames]

(******************************************************************************)
(* A leaf of a table, and a translation that a cache holds.                   *)
(******************************************************************************)
Leaf(v, p, f) == [vm |-> v, page |-> p, frame |-> f]
Entry(c, v, p, f) == [who |-> c, vm |-> v, page |-> p, frame |-> f]

TypeOK ==
    /\ owner \in [Frames -> Vms \union {NOBODY}]
    /\ table \in SUBSET Leaves
    /\ stale \in SUBSET Leaves
    /\ issued \in SUBSET [vm : Vms, page : Pages]
    /\ waiting \in SUBSET [vm : Vms, page : Pages, who : Caches]
    /\ cache \in SUBSET [who : Caches, vm : Vms, page : Pages, frame : Frames]
    /\ access \in SUBSET [vm : Vms, frame : Frames]

Init ==
    /\ owner = [f \in Frames |-> NOBODY]
    /\ table = {}
    /\ stale = {}
    /\ issued = {}
    /\ waiting = {}
    /\ cache = {}
    /\ access = {}

(******************************************************************************)
(* No leaf, present or removed, is in that slot.                              *)
(******************************************************************************)
IsEmpty(v, p) == \A e \in table \union stale : e.vm # v \/ e.page # p

(******************************************************************************)
(* No leaf, present or removed, refers to the frame.                          *)
(******************************************************************************)
IsUnmapped(f) == \A e \in table \union stale : e.frame # f

------------------------------------------------------------------------------
\* Hypervisor

Donate(f, v) ==
    /\ owner[f] = NOBODY
    /\ owner' = [owner EXCEPT ![f] = v]
    /\ access' = {}
    /\ UNCHANGED <<table, stale, issued, waiting, cache>>

(******************************************************************************)
(* A frame goes back when nothing refers to it.                               *)
(******************************************************************************)
Reclaim(f, v) ==
    /\ owner[f] = v
    /\ IsUnmapped(f)
    /\ owner' = [owner EXCEPT ![f] = NOBODY]
    /\ access' = {}
    /\ UNCHANGED <<table, stale, issued, waiting, cache>>

(******************************************************************************)
(* Make: a leaf is written into an empty slot.                                *)
(******************************************************************************)
Map(v, p, f) ==
    /\ owner[f] = v
    /\ IsEmpty(v, p)
    /\ table' = table \union {[vm |-> v, page |-> p, frame |-> f]}
    /\ access' = {}
    /\ UNCHANGED <<owner, stale, issued, waiting, cache>>

(******************************************************************************)
(* Break: the leaf goes, but caches may still hold it.                        *)
(******************************************************************************)
Unmap(v, p, f) == LET e == Leaf(v, p, f) IN
    /\ e \in table
    /\ table' = table \ {e}
    /\ stale' = stale \union {e}
    /\ access' = {}
    /\ UNCHANGED <<owner, issued, waiting, cache>>

(******************************************************************************)
(* An invalidation is issued to every cache.                                  *)
(******************************************************************************)
InvalidatePages(v, p, f) == LET e == Leaf(v, p, f) IN
    /\ e \in stale
    /\ [vm |-> e.vm, page |-> e.page] \notin issued
    /\ issued' = issued \union {[vm |-> e.vm, page |-> e.page]}
    /\ waiting' = waiting \union [vm : {e.vm}, page : {e.page}, who : Caches]
    /\ access' = {}
    /\ UNCHANGED <<owner, table, stale, cache>>

(******************************************************************************)
(* The invalidation completed everywhere: the slot is empty and the frame is  *)
(* let go.                                                                    *)
(******************************************************************************)
Release(v, p, f) == LET e == Leaf(v, p, f) IN
    /\ e \in stale
    /\ [vm |-> e.vm, page |-> e.page] \in issued
    /\ \A w \in waiting : w.vm # e.vm \/ w.page # e.page
    /\ stale' = stale \ {e}
    /\ issued' = issued \ {[vm |-> e.vm, page |-> e.page]}
    /\ access' = {}
    /\ UNCHANGED <<owner, table, waiting, cache>>

(******************************************************************************)
(* A page is put in place of one that was removed, evicting the old frame:    *)
(* release and map in one step.                                               *)
(******************************************************************************)
Replace(v, p, old, f) == LET e == Leaf(v, p, old) IN
    /\ e \in stale
    /\ owner[f] = e.vm
    /\ [vm |-> e.vm, page |-> e.page] \in issued
    /\ \A w \in waiting : w.vm # e.vm \/ w.page # e.page
    /\ stale' = stale \ {e}
    /\ issued' = issued \ {[vm |-> e.vm, page |-> e.page]}
    /\ table' = table \union {[e EXCEPT !.frame = f]}
    /\ access' = {}
    /\ UNCHANGED <<owner, waiting, cache>>

------------------------------------------------------------------------------
\* Hardware

(******************************************************************************)
(* A walk, asked for or speculative, puts a leaf into a cache.                *)
(******************************************************************************)
Fill(c, v, p, f) == LET e == Leaf(v, p, f) IN
    /\ e \in table
    /\ cache' = cache \union {Entry(c, v, p, f)}
    /\ access' = {}
    /\ UNCHANGED <<owner, table, stale, issued, waiting>>

Evict(c, v, p, f) == LET t == Entry(c, v, p, f) IN
    /\ t \in cache
    /\ cache' = cache \ {t}
    /\ access' = {}
    /\ UNCHANGED <<owner, table, stale, issued, waiting>>

(******************************************************************************)
(* Some caches do their part in an invalidation: what it covers is gone from  *)
(* them.                                                                      *)
(******************************************************************************)
Drop(v, p, who) ==
    /\ \A c \in who : [vm |-> v, page |-> p, who |-> c] \in waiting
    /\ waiting' = waiting \ [vm : {v}, page : {p}, who : who]
    /\ cache' = {t \in cache : ~(t.who \in who /\ t.vm = v /\ t.page = p)}
    /\ UNCHANGED <<owner, table, stale, issued>>

(******************************************************************************)
(* One CPU answers an interrupt, or an IOMMU its queue; a broadcast completes *)
(* on all CPUs at once.                                                       *)
(******************************************************************************)
Complete(v, p, c) == Drop(v, p, {c}) /\ access' = {}
CompleteBroadcast(v, p) == Drop(v, p, Cpus) /\ access' = {}

------------------------------------------------------------------------------
\* Guests and devices

(******************************************************************************)
(* A guest on a CPU, or its device behind an IOMMU, uses a translation that   *)
(* is cached.                                                                 *)
(******************************************************************************)
Use(c, v, p, f) == LET t == Entry(c, v, p, f) IN
    /\ t \in cache
    /\ access' = {[vm |-> t.vm, frame |-> t.frame]}
    /\ UNCHANGED <<owner, table, stale, issued, waiting, cache>>

------------------------------------------------------------------------------

HypervisorNext == \E v \in Vms, f \in Frames :
    \/ Donate(f, v) \/ Reclaim(f, v)
    \/ \E p \in Pages :
        \/ Map(v, p, f) \/ Unmap(v, p, f) \/ InvalidatePages(v, p, f) \/ Release(v, p, f)
        \/ \E old \in Frames : Replace(v, p, old, f)

HardwareNext == \E v \in Vms, p \in Pages :
    \/ \E c \in Caches : Complete(v, p, c) \/ \E f \in Frames : Fill(c, v, p, f) \/ Evict(c, v, p, f)
    \/ CompleteBroadcast(v, p)

GuestNext == \E c \in Caches, v \in Vms, p \in Pages, f \in Frames : Use(c, v, p, f)

Next == HypervisorNext \/ HardwareNext \/ GuestNext

Spec == Init /\ [][Next]_vars

(******************************************************************************)
(* What must go on for a removed page to be let go: the hypervisor issues and *)
(* releases, each cache does its part.                                        *)
(******************************************************************************)
HypervisorIssues == \A v \in Vms, p \in Pages, f \in Frames :
    WF_vars(InvalidatePages(v, p, f))
HypervisorReleases == \A v \in Vms, p \in Pages, f \in Frames :
    WF_vars(Release(v, p, f))
CachesDrop == \A v \in Vms, p \in Pages, c \in Caches : WF_vars(Complete(v, p, c))

FairSpec == Spec /\ HypervisorIssues /\ HypervisorReleases /\ CachesDrop

------------------------------------------------------------------------------
\* Properties

(******************************************************************************)
(* MEM-1, DMA-1, INV-1 to INV-3, interleaved: what a guest or its device      *)
(* really reaches is its own.                                                 *)
(******************************************************************************)
NoForeignAccess == \A a \in access : owner[a.frame] = a.vm

(******************************************************************************)
(* INV-1: a cached translation agrees with the table, or its removal is not   *)
(* finished and the frame is kept.                                            *)
(******************************************************************************)
CachedIsCovered == \A t \in cache :
    [vm |-> t.vm, page |-> t.page, frame |-> t.frame] \in table \union stale

(******************************************************************************)
(* Break before make: nobody holds two translations of one page, so none can  *)
(* conflict.                                                                  *)
(******************************************************************************)
OneTranslation == \A t, u \in cache : t.vm = u.vm /\ t.page = u.page => t.frame = u.frame

(******************************************************************************)
(* Nothing is granted here.                                                   *)
(******************************************************************************)
\* @type: () => Set({vm: VM, frame: FRAME});
NoGrants == {}

(******************************************************************************)
(* CON-2: it refines the abstract promise. What is removed counts as reached  *)
(* until it is released.                                                      *)
(******************************************************************************)
Abstract == INSTANCE Isolation WITH
    grant <- NoGrants,
    reach <- {[vm |-> e.vm, frame |-> e.frame] : e \in table \union stale}
        \union {[vm |-> t.vm, frame |-> t.frame] : t \in cache}
Refines == Abstract!Spec

(******************************************************************************)
(* Every removed page is let go in the end, whatever guests and devices do.   *)
(******************************************************************************)
EventuallyReleased == \A v \in Vms, p \in Pages, f \in Frames :
    (Leaf(v, p, f) \in stale) ~> (Leaf(v, p, f) \notin stale)

(******************************************************************************)
(* Inductive: the tables refer to frames of their VM only, a slot holds one   *)
(* leaf, and a cache that has done its part of the invalidation of a removed  *)
(* page holds it no more.                                                     *)
(******************************************************************************)
IndInv ==
    /\ TypeOK
    /\ NoForeignAccess
    /\ CachedIsCovered
    /\ \A e \in table \union stale : owner[e.frame] = e.vm
    /\ \A d, e \in table \union stale : d.vm = e.vm /\ d.page = e.page => d = e
    /\ table \intersect stale = {}
    /\ \A i \in issued : \E e \in stale : e.vm = i.vm /\ e.page = i.page
    /\ \A w \in waiting : [vm |-> w.vm, page |-> w.page] \in issued
    /\ \A t \in cache : [vm |-> t.vm, page |-> t.page] \in issued
        => [vm |-> t.vm, page |-> t.page, who |-> t.who] \in waiting

------------------------------------------------------------------------------
\* Non-properties: each must fail

(******************************************************************************)
(* A removed page was used all the same; that is allowed until its release.   *)
(******************************************************************************)
NeverUsedStale == \A a \in access : \E e \in table : e.vm = a.vm /\ e.frame = a.frame

(******************************************************************************)
(* All CPUs have done their part in an invalidation, and the IOMMU has not.   *)
(******************************************************************************)
NeverWaitsForIommuAlone == \A w \in waiting : \E u \in waiting : u.who \in Cpus
===============================================================================
