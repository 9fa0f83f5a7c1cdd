---- MODULE DeviceAssignment --------------------------------------------------
(******************************************************************************)
(* A virtual function on its way from one VM to the next, while its requests  *)
(* wait and its VM may die.                                                   *)
(*                                                                            *)
(* What interleaves: a request waits between issue and translation, and       *)
(* between translation and delivery; the IOMMU caches the context and may go  *)
(* on using it; the detach is a sequence of steps (context to abort,          *)
(* invalidation of the function with drain, reset, drain again) and the next  *)
(* owner may only follow the last. The physical function misbehaves: it makes *)
(* the VF issue requests at any time up to its reset, bus mastering or not (a *)
(* reset is what stops it: ASM-FLR; and each request carries the function     *)
(* that it acts for: ASM-TAG).                                                *)
(*                                                                            *)
(* Abstracted away: tables (a context leads to all frames of its VM), the     *)
(* IOTLB (part of the cached context), the queue (InvalidationQueue), groups, *)
(* a function's registers but for whose data they may hold. Python: attach,   *)
(* set_master, detach, invalidate_function, complete, finish_detach,          *)
(* reset_function, drain_function; create_vm, kill_vm, drain_vm, empty_vm;    *)
(* context_fill, dma_issue, dma_translate, dma_fault, dma_deliver.            *)
(******************************************************************************)

CONSTANTS
    \* @type: Set(VM);
    Vms,
    \* @type: VM;
    NOBODY,
    \* @type: VM;
    HYPERVISOR,
    \* @type: VM;
    HOST,           \* has memory of its own, and is never given a function here
    \* @type: Set(FRAME);
    Frames,
    \* @type: FRAME;
    HostFrame,      \* the host's, for ever
    \* @type: Set(RID);
    Rids,           \* virtual functions of one physical function
    \* @type: RID;
    NORID,
    \* @type: Set(REQUEST);
    Requests

VARIABLES
    \* @type: FRAME -> VM;
    owner,
    \* @type: VM -> Str;
    life,
    \* @type: RID -> {phase: Str, owner: VM, residue: VM};
    function,       \* residue: whose data its registers may hold
    \* @type: RID -> VM;
    context,        \* what the table says: the VM whose memory it leads to, or NOBODY for abort
    \* @type: RID -> VM;
    cached,         \* what the IOMMU may use beside it, or NOBODY for nothing
    \* @type: RID -> Str;
    flush,          \* an invalidation of the function: NONE, SENT, SWEPT, DONE
    \* @type: REQUEST -> {phase: Str, rid: RID, owner: VM, frame: FRAME};
    request,        \* owner: whose request it was when it was issued
    \* @type: Set({vm: VM, frame: FRAME});
    access,         \* what the last step reached, if it was an access; else empty
    \* @type: Set({vm: VM, saw: VM});
    seen            \* whose data the last step read from a function's registers; else empty

vars == <<owner, life, function, context, cached, flush, request, access, seen>>

Phases == {"CLEAN", "ATTACHED", "DETACHING", "FLUSHED", "RESET"}
Nothing == [phase |-> "NONE", rid |-> NORID, owner |-> NOBODY, frame |-> HostFrame]

TypeOK ==
    /\ owner \in [Frames -> Vms \union {NOBODY, HOST}]
    /\ life \in [Vms -> {"ABSENT", "LIVE", "DYING", "DRAINED"}]
    /\ function \in [Rids -> [phase : Phases, owner : Vms \union {NOBODY}, residue : Vms \union {NOBODY}]]
    /\ context \in [Rids -> Vms \union {NOBODY, HOST}]
    /\ cached \in [Rids -> Vms \union {NOBODY, HOST}]
    /\ flush \in [Rids -> {"NONE", "SENT", "SWEPT", "DONE"}]
    /\ request \in [Requests ->
        [phase : {"NONE", "ISSUED", "TRANSLATED"}, rid : Rids \union {NORID},
         owner : Vms \union {NOBODY}, frame : Frames]]
    /\ access \in SUBSET [vm : Vms \union {NOBODY}, frame : Frames]
    /\ seen \in SUBSET [vm : Vms, saw : Vms]

Init ==
    /\ owner = [f \in Frames |-> IF f = HostFrame THEN HOST ELSE NOBODY]
    /\ life = [v \in Vms |-> "ABSENT"]
    /\ function = [d \in Rids |-> [phase |-> "CLEAN", owner |-> NOBODY, residue |-> NOBODY]]
    /\ context = [d \in Rids |-> NOBODY]
    /\ cached = [d \in Rids |-> NOBODY]
    /\ flush = [d \in Rids |-> "NONE"]
    /\ request = [r \in Requests |-> Nothing]
    /\ access = {}
    /\ seen = {}

(******************************************************************************)
(* The step reached nothing and read nothing.                                 *)
(******************************************************************************)
Quiet == access' = {} /\ seen' = {}

------------------------------------------------------------------------------
\* Hypervisor: virtual machines

CreateVm(v) ==
    /\ life[v] = "ABSENT"
    /\ life' = [life EXCEPT ![v] = "LIVE"]
    /\ Quiet
    /\ UNCHANGED <<owner, function, context, cached, flush, request>>

KillVm(v) ==
    /\ life[v] = "LIVE"
    /\ life' = [life EXCEPT ![v] = "DYING"]
    /\ Quiet
    /\ UNCHANGED <<owner, function, context, cached, flush, request>>

(******************************************************************************)
(* A dying VM is drained when it owns no function any more.                   *)
(******************************************************************************)
DrainVm(v) ==
    /\ life[v] = "DYING"
    /\ \A d \in Rids : function[d].owner # v
    /\ life' = [life EXCEPT ![v] = "DRAINED"]
    /\ Quiet
    /\ UNCHANGED <<owner, function, context, cached, flush, request>>

(******************************************************************************)
(* Its name is free when its frames are: empty_vm and reap_vm in one step.    *)
(******************************************************************************)
ReapVm(v) ==
    /\ life[v] = "DRAINED"
    /\ \A f \in Frames : owner[f] # v
    /\ life' = [life EXCEPT ![v] = "ABSENT"]
    /\ Quiet
    /\ UNCHANGED <<owner, function, context, cached, flush, request>>

Donate(f, v) ==
    /\ owner[f] = NOBODY
    /\ life[v] = "LIVE"
    /\ owner' = [owner EXCEPT ![f] = v]
    /\ Quiet
    /\ UNCHANGED <<life, function, context, cached, flush, request>>

(******************************************************************************)
(* A VM's frames are all mapped for its functions here, so they go back only  *)
(* when each of these is cut off.                                             *)
(******************************************************************************)
Reclaim(f, v) ==
    /\ owner[f] = v
    /\ \A d \in Rids : function[d].owner = v => function[d].phase \in {"FLUSHED", "RESET"}
    /\ owner' = [owner EXCEPT ![f] = NOBODY]
    /\ Quiet
    /\ UNCHANGED <<life, function, context, cached, flush, request>>

------------------------------------------------------------------------------
\* Hypervisor: functions

(******************************************************************************)
(* A clean function is given to a live VM.                                    *)
(******************************************************************************)
Attach(d, v) ==
    /\ life[v] = "LIVE"
    /\ function[d].phase = "CLEAN"
    /\ function' = [function EXCEPT ![d].phase = "ATTACHED", ![d].owner = v]
    /\ context' = [context EXCEPT ![d] = v]
    /\ Quiet
    /\ UNCHANGED <<owner, life, cached, flush, request>>

(******************************************************************************)
(* First the context: from now on the table says abort.                       *)
(******************************************************************************)
Detach(d) ==
    /\ function[d].phase = "ATTACHED"
    /\ function' = [function EXCEPT ![d].phase = "DETACHING"]
    /\ context' = [context EXCEPT ![d] = NOBODY]
    /\ Quiet
    /\ UNCHANGED <<owner, life, cached, flush, request>>

InvalidateFunction(d) ==
    /\ function[d].phase = "DETACHING"
    /\ flush[d] = "NONE"
    /\ flush' = [flush EXCEPT ![d] = "SENT"]
    /\ Quiet
    /\ UNCHANGED <<owner, life, function, context, cached, request>>

FinishDetach(d) ==
    /\ function[d].phase = "DETACHING"
    /\ flush[d] = "DONE"
    /\ flush' = [flush EXCEPT ![d] = "NONE"]
    /\ function' = [function EXCEPT ![d].phase = "FLUSHED"]
    /\ Quiet
    /\ UNCHANGED <<owner, life, context, cached, request>>

(******************************************************************************)
(* The reset stops issue, whoever drives the function, and clears what its    *)
(* registers held; it recalls no request.                                     *)
(******************************************************************************)
ResetFunction(d) ==
    /\ function[d].phase = "FLUSHED"
    /\ function' = [function EXCEPT ![d].phase = "RESET", ![d].residue = NOBODY]
    /\ Quiet
    /\ UNCHANGED <<owner, life, context, cached, flush, request>>

(******************************************************************************)
(* What it issued before is waited for; then it is nobody's. The steps of     *)
(* drain_function: requests end by themselves.                                *)
(******************************************************************************)
DrainFunction(d) ==
    /\ function[d].phase = "RESET"
    /\ \A r \in Requests : request[r].phase = "NONE" \/ request[r].rid # d
    /\ function' = [function EXCEPT ![d].phase = "CLEAN", ![d].owner = NOBODY]
    /\ Quiet
    /\ UNCHANGED <<owner, life, context, cached, flush, request>>

------------------------------------------------------------------------------
\* Hardware

(******************************************************************************)
(* The IOMMU caches a context.                                                *)
(******************************************************************************)
ContextFill(d) ==
    /\ context[d] # NOBODY
    /\ cached' = [cached EXCEPT ![d] = context[d]]
    /\ Quiet
    /\ UNCHANGED <<owner, life, function, context, flush, request>>

ContextEvict(d) ==
    /\ cached[d] # NOBODY
    /\ cached' = [cached EXCEPT ![d] = NOBODY]
    /\ Quiet
    /\ UNCHANGED <<owner, life, function, context, flush, request>>

(******************************************************************************)
(* A waiting request is translated by the table's context or by the cached    *)
(* one; the context's VM has the frame.                                       *)
(******************************************************************************)
DmaTranslate(r, f) ==
    /\ request[r].phase = "ISSUED"
    /\ owner[f] # NOBODY
    /\ owner[f] \in {context[request[r].rid], cached[request[r].rid]}
    /\ request' = [request EXCEPT ![r].phase = "TRANSLATED", ![r].frame = f]
    /\ Quiet
    /\ UNCHANGED <<owner, life, function, context, cached, flush>>

(******************************************************************************)
(* Or it faults and is gone.                                                  *)
(******************************************************************************)
DmaFault(r) ==
    /\ request[r].phase = "ISSUED"
    /\ request' = [request EXCEPT ![r] = Nothing]
    /\ Quiet
    /\ UNCHANGED <<owner, life, function, context, cached, flush>>

(******************************************************************************)
(* A translated request takes effect, piece by piece, and then ends.          *)
(******************************************************************************)
DmaDeliver(r) ==
    /\ request[r].phase = "TRANSLATED"
    /\ access' = {[vm |-> request[r].owner, frame |-> request[r].frame]}
    /\ seen' = {}
    /\ UNCHANGED <<owner, life, function, context, cached, flush, request>>

DmaEnd(r) ==
    /\ request[r].phase = "TRANSLATED"
    /\ request' = [request EXCEPT ![r] = Nothing]
    /\ Quiet
    /\ UNCHANGED <<owner, life, function, context, cached, flush>>

(******************************************************************************)
(* An invalidation first drops what is cached for the function, so that       *)
(* nothing more is translated by it.                                          *)
(******************************************************************************)
Sweep(d) ==
    /\ flush[d] = "SENT"
    /\ flush' = [flush EXCEPT ![d] = "SWEPT"]
    /\ cached' = [cached EXCEPT ![d] = NOBODY]
    /\ Quiet
    /\ UNCHANGED <<owner, life, function, context, request>>

(******************************************************************************)
(* It completes when nothing that was translated before is undelivered (ASM-  *)
(* ORDER).                                                                    *)
(******************************************************************************)
Complete(d) ==
    /\ flush[d] = "SWEPT"
    /\ \A r \in Requests : request[r].phase # "TRANSLATED" \/ request[r].rid # d
    /\ flush' = [flush EXCEPT ![d] = "DONE"]
    /\ Quiet
    /\ UNCHANGED <<owner, life, function, context, cached, request>>

------------------------------------------------------------------------------
\* Devices and guests

(******************************************************************************)
(* The VF issues for its owner; made to by its physical function also while   *)
(* it is taken away, up to its reset.                                         *)
(******************************************************************************)
DmaIssue(r, d) ==
    /\ request[r].phase = "NONE"
    /\ function[d].phase \in {"ATTACHED", "DETACHING", "FLUSHED"}
    /\ request' = [request EXCEPT ![r] = [Nothing EXCEPT !.phase = "ISSUED", !.rid = d, !.owner = function[d].owner]]
    /\ Quiet
    /\ UNCHANGED <<owner, life, function, context, cached, flush>>

(******************************************************************************)
(* The owner uses the function's registers: it sees what they hold, and       *)
(* leaves data of its own.                                                    *)
(******************************************************************************)
UseFunction(d) ==
    /\ function[d].phase = "ATTACHED"
    /\ seen' = IF function[d].residue = NOBODY THEN {} ELSE {[vm |-> function[d].owner, saw |-> function[d].residue]}
    /\ function' = [function EXCEPT ![d].residue = function[d].owner]
    /\ access' = {}
    /\ UNCHANGED <<owner, life, context, cached, flush, request>>

------------------------------------------------------------------------------

HypervisorNext ==
    \/ \E v \in Vms : CreateVm(v) \/ KillVm(v) \/ DrainVm(v) \/ ReapVm(v)
    \/ \E v \in Vms, f \in Frames : Donate(f, v) \/ Reclaim(f, v)
    \/ \E d \in Rids :
        \/ \E v \in Vms : Attach(d, v)
        \/ Detach(d) \/ InvalidateFunction(d) \/ FinishDetach(d) \/ ResetFunction(d) \/ DrainFunction(d)

HardwareNext ==
    \/ \E d \in Rids : ContextFill(d) \/ ContextEvict(d) \/ Sweep(d) \/ Complete(d)
    \/ \E r \in Requests : DmaFault(r) \/ DmaDeliver(r) \/ DmaEnd(r) \/ \E f \in Frames : DmaTranslate(r, f)

DeviceNext == \E d \in Rids : UseFunction(d) \/ \E r \in Requests : DmaIssue(r, d)

Next == HypervisorNext \/ HardwareNext \/ DeviceNext

Spec == Init /\ [][Next]_vars

(******************************************************************************)
(* A function is taken from a VM that is dying.                               *)
(******************************************************************************)
DetachDying(d) == (\E v \in Vms : function[d].owner = v /\ life[v] = "DYING") /\ Detach(d)

(******************************************************************************)
(* The host goes on with what it began, and requests end: delivered, or       *)
(* faulted. Guests and devices owe nothing, and the host need not detach a    *)
(* function of a VM that lives.                                               *)
(******************************************************************************)
HostGoesOn ==
    /\ \A d \in Rids :
        /\ WF_vars(DetachDying(d))
        /\ WF_vars(InvalidateFunction(d)) /\ WF_vars(FinishDetach(d)) /\ WF_vars(ResetFunction(d))
    /\ \A v \in Vms : WF_vars(DrainVm(v)) /\ WF_vars(ReapVm(v)) /\ \A f \in Frames : WF_vars(Reclaim(f, v))
HostDrains == \A d \in Rids : WF_vars(DrainFunction(d))
RequestsEnd == \A r \in Requests : WF_vars(DmaFault(r)) /\ WF_vars(DmaEnd(r))
InvalidationsComplete == \A d \in Rids : WF_vars(Sweep(d)) /\ WF_vars(Complete(d))

FairSpec == Spec /\ HostGoesOn /\ HostDrains /\ RequestsEnd /\ InvalidationsComplete

------------------------------------------------------------------------------
\* Properties

(******************************************************************************)
(* DMA-1, VF-5: a request reaches memory of the VM that owned the function    *)
(* when it was issued, and no other.                                          *)
(******************************************************************************)
NoForeignAccess == \A a \in access : owner[a.frame] = a.vm

(******************************************************************************)
(* VF-5: nobody reads from a function what another VM left in it.             *)
(******************************************************************************)
NoResidueSeen == \A s \in seen : s.vm = s.saw

(******************************************************************************)
(* VF-5: a clean function has nothing in flight and nothing cached.           *)
(******************************************************************************)
CleanIsClean == \A d \in Rids : function[d].phase = "CLEAN" =>
    cached[d] = NOBODY /\ \A r \in Requests : request[r].phase = "NONE" \/ request[r].rid # d

(******************************************************************************)
(* Nothing is granted here.                                                   *)
(******************************************************************************)
\* @type: () => Set({vm: VM, frame: FRAME});
NoGrants == {}

(******************************************************************************)
(* CON-2: it refines the abstract promise. What counts as reached is what     *)
(* requests were translated to; that a context leads to a frame is no access  *)
(* yet.                                                                       *)
(******************************************************************************)
Abstract == INSTANCE Isolation WITH
    Vms <- Vms \union {HOST},
    grant <- NoGrants,
    reach <- {p \in [vm : Vms, frame : Frames] : \E r \in Requests :
        request[r].phase = "TRANSLATED" /\ request[r].owner = p.vm /\ request[r].frame = p.frame}
Refines == Abstract!AnySpec

(******************************************************************************)
(* LIF-5: a VM that is killed is gone in the end, whatever guests and devices *)
(* do.                                                                        *)
(******************************************************************************)
DestroyFinishes == \A v \in Vms : (life[v] = "DYING") ~> (life[v] = "ABSENT")

------------------------------------------------------------------------------
\* Non-properties: each must fail

(******************************************************************************)
(* A request was delivered after the context said abort: only the             *)
(* invalidation's drain ends this.                                            *)
(******************************************************************************)
NeverAfterAbort == access = {} \/ \E d \in Rids : context[d] # NOBODY

(******************************************************************************)
(* A request was waiting untranslated when the function was reset: only the   *)
(* second drain catches it.                                                   *)
(******************************************************************************)
NeverPendingAtReset == \A r \in Requests : request[r].phase = "NONE" \/ function[request[r].rid].phase # "RESET"

===============================================================================
