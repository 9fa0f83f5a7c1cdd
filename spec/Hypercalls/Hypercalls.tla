---- MODULE Hypercalls --------------------------------------------------------
(******************************************************************************)
(* Several CPUs in hypercalls at once: what the locks order, and where each   *)
(* call takes effect.                                                         *)
(*                                                                            *)
(* What interleaves: the steps of hypercalls on several CPUs, with fills and  *)
(* uses of translations by guests and devices between any two. The            *)
(* discipline: a call takes the lock of the address space, then the lock of   *)
(* the frame, and holds both until it returns; what changes a frame's owner,  *)
(* kind or grants flushes before it says so. An unmap flushes nothing: what   *)
(* it leaves in caches is dropped by the next call that needs it dropped.     *)
(*                                                                            *)
(* Abstracted away: pages, the way a flush completes (StaleTranslations,      *)
(* InvalidationQueue), what a table holds (TagsAndTables). Python: donate,    *)
(* reclaim, share, unshare, map, unmap (of a CPU's or a device's address      *)
(* space), begin_retype and finish_retype, unpool; tlb_fill, iotlb_fill,      *)
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
    \* @type: Set(CPU);
    Cpus,
    \* @type: CPU;
    NOCPU,
    \* @type: Set(Str);
    Ops,            \* hypercalls that guests make in this instance
    \* @type: Set(Str);
    Sides           \* address spaces that a VM has: "cpu", "device"

VARIABLES
    \* @type: FRAME -> VM;
    owner,
    \* @type: FRAME -> Str;
    kind,           \* FREE, DATA, RETYPING, TABLE
    \* @type: Set({vm: VM, frame: FRAME});
    grant,
    \* @type: Set({side: Str, vm: VM, frame: FRAME});
    leaf,           \* the frame is mapped in that address space
    \* @type: Set({side: Str, vm: VM, frame: FRAME});
    cache,          \* and may be cached
    \* @type: VM -> CPU;
    spaceLock,
    \* @type: FRAME -> CPU;
    frameLock,
    \* @type: CPU -> {op: Str, side: Str, vm: VM, frame: FRAME, pc: Str};
    call,
    \* @type: Set({vm: VM, frame: FRAME});
    access          \* what the last step reached, if it was an access; else empty

vars == <<owner, kind, grant, leaf, cache, spaceLock, frameLock, call, access>>

Entries == [side : Sides, vm : Vms, frame : Frames]
Pair(v, f) == [vm |-> v, frame |-> f]

TypeOK ==
    /\ owner \in [Frames -> Vms \union {NOBODY}]
    /\ kind \in [Frames -> {"FREE", "DATA", "RETYPING", "TABLE"}]
    /\ grant \in SUBSET [vm : Vms, frame : Frames]
    /\ leaf \in SUBSET Entries
    /\ cache \in SUBSET Entries
    /\ spaceLock \in [Vms -> Cpus \union {NOCPU}]
    /\ frameLock \in [Frames -> Cpus \union {NOCPU}]
    /\ call \in [Cpus -> [op : Ops \union {"none"}, side : Sides, vm : Vms, frame : Frames,
        pc : {"IDLE", "CALLED", "SPACE", "LOCKED", "FLUSHING", "FLUSHED", "DONE"}]]
    /\ access \in SUBSET [vm : Vms, frame : Frames]

Init ==
    /\ owner = [f \in Frames |-> NOBODY]
    /\ kind = [f \in Frames |-> "FREE"]
    /\ grant = {}
    /\ leaf = {}
    /\ cache = {}
    /\ spaceLock = [v \in Vms |-> NOCPU]
    /\ frameLock = [f \in Frames |-> NOCPU]
    /\ call \in {[c \in Cpus |-> [op |-> "none", side |-> s, vm |-> v, frame |-> f, pc |-> "IDLE"]] :
        s \in {"cpu"}, v \in Vms, f \in Frames}
    /\ access = {}

(******************************************************************************)
(* A VM may map what it owns and what it is granted, as long as it is data.   *)
(******************************************************************************)
Allowed(v, f) == (owner[f] = v \/ Pair(v, f) \in grant) /\ kind[f] = "DATA"
IsUnmapped(f) == \A e \in leaf : e.frame # f
IsUngranted(f) == \A g \in grant : g.frame # f

(******************************************************************************)
(* A CPU is at that point of that hypercall; it goes on to another.           *)
(******************************************************************************)
At(c, op, pc) == call[c].op = op /\ call[c].pc = pc
GoTo(c, pc) == call' = [call EXCEPT ![c].pc = pc] /\ access' = {}
Mine(c) == [side |-> call[c].side, vm |-> call[c].vm, frame |-> call[c].frame]

------------------------------------------------------------------------------
\* Hypervisor: locks

LockSpace(c) ==
    /\ call[c].pc = "CALLED"
    /\ spaceLock[call[c].vm] = NOCPU
    /\ spaceLock' = [spaceLock EXCEPT ![call[c].vm] = c]
    /\ GoTo(c, "SPACE")
    /\ UNCHANGED <<owner, kind, grant, leaf, cache, frameLock>>

LockFrame(c) ==
    /\ call[c].pc = "SPACE"
    /\ frameLock[call[c].frame] = NOCPU
    /\ frameLock' = [frameLock EXCEPT ![call[c].frame] = c]
    /\ GoTo(c, "LOCKED")
    /\ UNCHANGED <<owner, kind, grant, leaf, cache, spaceLock>>

Unlock(c) ==
    /\ spaceLock' = [v \in Vms |-> IF spaceLock[v] = c THEN NOCPU ELSE spaceLock[v]]
    /\ frameLock' = [f \in Frames |-> IF frameLock[f] = c THEN NOCPU ELSE frameLock[f]]

(******************************************************************************)
(* The call returns, done or refused.                                         *)
(******************************************************************************)
Return(c) ==
    /\ call[c].pc = "DONE"
    /\ Unlock(c)
    /\ call' = [call EXCEPT ![c].pc = "IDLE", ![c].op = "none"]
    /\ access' = {}
    /\ UNCHANGED <<owner, kind, grant, leaf, cache>>

------------------------------------------------------------------------------
\* Hypervisor: calls that take effect in one step

Donate(c) == LET v == call[c].vm f == call[c].frame IN
    /\ At(c, "donate", "LOCKED")
    /\ IF kind[f] = "FREE"
       THEN owner' = [owner EXCEPT ![f] = v] /\ kind' = [kind EXCEPT ![f] = "DATA"]
       ELSE UNCHANGED <<owner, kind>>
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<grant, leaf, cache, spaceLock, frameLock>>

(******************************************************************************)
(* The owner grants the frame to another VM.                                  *)
(******************************************************************************)
Share(c) == LET v == call[c].vm f == call[c].frame IN
    /\ At(c, "share", "LOCKED")
    /\ grant' = IF owner[f] \in Vms \ {v} /\ kind[f] = "DATA" THEN grant \union {Pair(v, f)} ELSE grant
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<owner, kind, leaf, cache, spaceLock, frameLock>>

Map(c) ==
    /\ At(c, "map", "LOCKED")
    /\ leaf' = IF Allowed(call[c].vm, call[c].frame) THEN leaf \union {Mine(c)} ELSE leaf
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<owner, kind, grant, cache, spaceLock, frameLock>>

Unmap(c) ==
    /\ At(c, "unmap", "LOCKED")
    /\ leaf' = leaf \ {Mine(c)}
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<owner, kind, grant, cache, spaceLock, frameLock>>

(******************************************************************************)
(* A table that nobody uses becomes data again.                               *)
(******************************************************************************)
Unpool(c) == LET v == call[c].vm f == call[c].frame IN
    /\ At(c, "unpool", "LOCKED")
    /\ kind' = IF owner[f] = v /\ kind[f] = "TABLE" THEN [kind EXCEPT ![f] = "DATA"] ELSE kind
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<owner, grant, leaf, cache, spaceLock, frameLock>>

------------------------------------------------------------------------------
\* Hypervisor: calls that flush

(******************************************************************************)
(* A frame goes back, or becomes a table, when it is neither mapped nor       *)
(* granted. A retype says first what it is about.                             *)
(******************************************************************************)
BeginReclaim(c) == LET v == call[c].vm f == call[c].frame IN
    /\ At(c, "reclaim", "LOCKED")
    /\ GoTo(c, IF owner[f] = v /\ kind[f] = "DATA" /\ IsUnmapped(f) /\ IsUngranted(f) THEN "FLUSHING" ELSE "DONE")
    /\ UNCHANGED <<owner, kind, grant, leaf, cache, spaceLock, frameLock>>

BeginRetype(c) == LET v == call[c].vm f == call[c].frame IN
    /\ At(c, "retype", "LOCKED")
    /\ IF owner[f] = v /\ kind[f] = "DATA" /\ IsUnmapped(f) /\ IsUngranted(f)
       THEN kind' = [kind EXCEPT ![f] = "RETYPING"] /\ GoTo(c, "FLUSHING")
       ELSE kind' = kind /\ GoTo(c, "DONE")
    /\ UNCHANGED <<owner, grant, leaf, cache, spaceLock, frameLock>>

(******************************************************************************)
(* A grant ends when its receiver maps the frame no more.                     *)
(******************************************************************************)
BeginUnshare(c) == LET v == call[c].vm f == call[c].frame IN
    /\ At(c, "unshare", "LOCKED")
    /\ GoTo(c, IF Pair(v, f) \in grant /\ \A e \in leaf : e.vm # v \/ e.frame # f THEN "FLUSHING" ELSE "DONE")
    /\ UNCHANGED <<owner, kind, grant, leaf, cache, spaceLock, frameLock>>

FinishReclaim(c) == LET f == call[c].frame IN
    /\ At(c, "reclaim", "FLUSHED")
    /\ owner' = [owner EXCEPT ![f] = NOBODY]
    /\ kind' = [kind EXCEPT ![f] = "FREE"]
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<grant, leaf, cache, spaceLock, frameLock>>

FinishRetype(c) ==
    /\ At(c, "retype", "FLUSHED")
    /\ kind' = [kind EXCEPT ![call[c].frame] = "TABLE"]
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<owner, grant, leaf, cache, spaceLock, frameLock>>

FinishUnshare(c) ==
    /\ At(c, "unshare", "FLUSHED")
    /\ grant' = grant \ {Pair(call[c].vm, call[c].frame)}
    /\ GoTo(c, "DONE")
    /\ UNCHANGED <<owner, kind, leaf, cache, spaceLock, frameLock>>

------------------------------------------------------------------------------
\* Hardware

(******************************************************************************)
(* The flush that a call waits for completes: of the frame, under all its     *)
(* mappings.                                                                  *)
(******************************************************************************)
Complete(c) ==
    /\ call[c].pc = "FLUSHING"
    /\ cache' = {e \in cache : e.frame # call[c].frame \/ (call[c].op = "unshare" /\ e.vm # call[c].vm)}
    /\ GoTo(c, "FLUSHED")
    /\ UNCHANGED <<owner, kind, grant, leaf, spaceLock, frameLock>>

Fill(e) ==
    /\ e \in leaf
    /\ cache' = cache \union {e}
    /\ access' = {}
    /\ UNCHANGED <<owner, kind, grant, leaf, spaceLock, frameLock, call>>

Evict(e) ==
    /\ e \in cache
    /\ cache' = cache \ {e}
    /\ access' = {}
    /\ UNCHANGED <<owner, kind, grant, leaf, spaceLock, frameLock, call>>

------------------------------------------------------------------------------
\* Guests and devices

(******************************************************************************)
(* A guest makes a hypercall on an idle CPU.                                  *)
(******************************************************************************)
Call(c, op, s, v, f) ==
    /\ call[c].pc = "IDLE"
    /\ op \in {"map", "unmap"} \/ s = "cpu"
    /\ call' = [call EXCEPT ![c] = [op |-> op, side |-> s, vm |-> v, frame |-> f, pc |-> "CALLED"]]
    /\ access' = {}
    /\ UNCHANGED <<owner, kind, grant, leaf, cache, spaceLock, frameLock>>

Use(e) ==
    /\ e \in cache
    /\ access' = {Pair(e.vm, e.frame)}
    /\ UNCHANGED <<owner, kind, grant, leaf, cache, spaceLock, frameLock, call>>

------------------------------------------------------------------------------

(******************************************************************************)
(* The step that a CPU takes within its hypercall, locks apart.               *)
(******************************************************************************)
Step(c) ==
    \/ Donate(c) \/ Share(c) \/ Map(c) \/ Unmap(c) \/ Unpool(c)
    \/ BeginReclaim(c) \/ BeginRetype(c) \/ BeginUnshare(c)
    \/ FinishReclaim(c) \/ FinishRetype(c) \/ FinishUnshare(c)
    \/ Return(c)

HypervisorNext == \E c \in Cpus : LockSpace(c) \/ LockFrame(c) \/ Step(c)
HardwareNext == (\E c \in Cpus : Complete(c)) \/ \E e \in Entries : Fill(e) \/ Evict(e)
GuestNext ==
    \/ \E c \in Cpus, op \in Ops, s \in Sides, v \in Vms, f \in Frames : Call(c, op, s, v, f)
    \/ \E e \in Entries : Use(e)

Next == HypervisorNext \/ HardwareNext \/ GuestNext

Spec == Init /\ [][Next]_vars

(******************************************************************************)
(* CPUs in the hypervisor go on, flushes complete, and a lock that is free    *)
(* again and again is got in the end.                                         *)
(******************************************************************************)
StepsGoOn == \A c \in Cpus : WF_vars(Step(c))
FlushesComplete == \A c \in Cpus : WF_vars(Complete(c))
LocksAreFair == \A c \in Cpus : SF_vars(LockSpace(c)) /\ SF_vars(LockFrame(c))

FairSpec == Spec /\ StepsGoOn /\ FlushesComplete /\ LocksAreFair

------------------------------------------------------------------------------
\* Properties

(******************************************************************************)
(* CON-1 (MEM-1, MEM-3, DMA-1, INV-1): what a guest or its device really      *)
(* reaches is its own or granted, and no table.                               *)
(******************************************************************************)
NoForeignAccess == \A a \in access :
    (owner[a.frame] = a.vm \/ a \in grant) /\ kind[a.frame] # "TABLE"

(******************************************************************************)
(* Two CPUs are never inside calls on one frame.                              *)
(******************************************************************************)
LocksExclude == \A c, d \in Cpus :
    c # d /\ {call[c].pc, call[d].pc} \subseteq {"LOCKED", "FLUSHING", "FLUSHED"} => call[c].frame # call[d].frame

(******************************************************************************)
(* CON-2: it refines the abstract promise. Each call takes effect in one      *)
(* step: its only one, or Finish.                                             *)
(******************************************************************************)
Abstract == INSTANCE Isolation WITH
    owner <- [f \in Frames |-> IF kind[f] = "TABLE" THEN HYPERVISOR ELSE owner[f]],
    reach <- {[vm |-> e.vm, frame |-> e.frame] : e \in leaf \union cache}
Refines == Abstract!Spec

(******************************************************************************)
(* CON-3: every hypercall returns.                                            *)
(******************************************************************************)
EveryCallReturns == \A c \in Cpus : (call[c].pc # "IDLE") ~> (call[c].pc = "IDLE")

------------------------------------------------------------------------------
\* Non-properties: each must fail

(******************************************************************************)
(* One CPU had to wait for a lock of another.                                 *)
(******************************************************************************)
NeverWaits == \A c \in Cpus : call[c].pc = "SPACE" => frameLock[call[c].frame] = NOCPU

(******************************************************************************)
(* A flush had something to drop: an unmap left it in a cache.                *)
(******************************************************************************)
NeverFlushesAnything == \A c \in Cpus : call[c].pc = "FLUSHING" => \A e \in cache : e.frame # call[c].frame

(******************************************************************************)
(* A VM accessed a frame under a grant.                                       *)
(******************************************************************************)
NeverUsesGrant == \A a \in access : owner[a.frame] = a.vm
===============================================================================
