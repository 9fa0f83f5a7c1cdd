---- MODULE InvalidationQueue -------------------------------------------------
(******************************************************************************)
(* The queue through which invalidations reach IOMMUs and devices, and        *)
(* devices that answer late or never.                                         *)
(*                                                                            *)
(* What interleaves: several devices, each with a translation cache of its    *)
(* own, behind two IOMMUs with a queue each; requests are carried out in any  *)
(* order, and a wait descriptor completes when all requests before it in its  *)
(* queue have; one wait may serve a whole batch. A device that does not       *)
(* answer in time gets a time-out: the waits queued behind it are aborted and *)
(* its queue stops until the hypervisor has put the device into quarantine.   *)
(* Its answer may come later, and then acknowledges nothing. Only a reset     *)
(* brings the device back, and what it held is flushed anew.                  *)
(*                                                                            *)
(* Abstracted away: tables and pages (a frame is lent to a device, whole),    *)
(* the scope of requests (all of a function), tags. A device stands for the   *)
(* VM that owns it. Python: donate, reclaim, map, unmap, release,             *)
(* invalidate_function, complete, iotlb_fill, dma_deliver, reset_function;    *)
(* waits, time-outs and quarantine have no counterpart there.                 *)
(******************************************************************************)

EXTENDS Integers

CONSTANTS
    \* @type: Set(VM);
    Rids,           \* devices
    \* @type: Set(VM);
    Near,           \* those behind the first IOMMU; the rest is behind the second
    \* @type: VM;
    NOBODY,
    \* @type: VM;
    HYPERVISOR,
    \* @type: Set(FRAME);
    Frames,
    \* @type: Set(Int);
    Tickets         \* 1 to the number of descriptors before a rewind

VARIABLES
    \* @type: FRAME -> VM;
    owner,
    \* @type: Set({rid: VM, frame: FRAME});
    leaf,           \* the frame is mapped for the device
    \* @type: Set({rid: VM, frame: FRAME, since: Int});
    stale,          \* it was, up to that ticket
    \* @type: Int -> {kind: Str, rid: VM, queue: Str, step: Str};
    inv,            \* descriptors by ticket, of both queues
    \* @type: Int;
    next,           \* the next ticket
    \* @type: Set(Int);
    error,          \* time-outs that the hypervisor has not seen to
    \* @type: Set({rid: VM, ticket: Int});
    late,           \* answers that a device still owes after its time-out
    \* @type: Set(VM);
    quarantined,
    \* @type: Set({rid: VM, frame: FRAME});
    iotlb,          \* what devices and IOMMUs hold
    \* @type: Set({vm: VM, frame: FRAME});
    access          \* what the last step reached, if it was an access; else empty

vars == <<owner, leaf, stale, inv, next, error, late, quarantined, iotlb, access>>

NextTickets == {1} \union {t + 1 : t \in Tickets}
QueueOf(d) == IF d \in Near THEN "near" ELSE "far"
Queues == {QueueOf(d) : d \in Rids}
Lent(d, f) == [rid |-> d, frame |-> f]

(******************************************************************************)
(* A slot without a descriptor, a request, a wait. A request is SENT, SWEPT   *)
(* (the device has done it) and DONE (and said so), or TIMED OUT; a wait is   *)
(* SENT and DONE or ABORTED.                                                  *)
(******************************************************************************)
Empty == [kind |-> "EMPTY", rid |-> NOBODY, queue |-> "none", step |-> "DONE"]
Request(d) == [kind |-> "FUNCTION", rid |-> d, queue |-> QueueOf(d), step |-> "SENT"]
WaitOn(q) == [kind |-> "WAIT", rid |-> NOBODY, queue |-> q, step |-> "SENT"]
IsOpen(t) == inv[t].step \in {"SENT", "SWEPT"}

TypeOK ==
    /\ owner \in [Frames -> Rids \union {NOBODY}]
    /\ leaf \in SUBSET [rid : Rids, frame : Frames]
    /\ stale \in SUBSET [rid : Rids, frame : Frames, since : NextTickets]
    /\ inv \in [Tickets ->
        [kind : {"EMPTY", "FUNCTION", "WAIT"}, rid : Rids \union {NOBODY}, queue : Queues \union {"none"},
         step : {"SENT", "SWEPT", "DONE", "TIMED OUT", "ABORTED"}]]
    /\ next \in NextTickets
    /\ error \in SUBSET Tickets
    /\ late \in SUBSET [rid : Rids, ticket : Tickets]
    /\ quarantined \in SUBSET Rids
    /\ iotlb \in SUBSET [rid : Rids, frame : Frames]
    /\ access \in SUBSET [vm : Rids, frame : Frames]

Init ==
    /\ owner = [f \in Frames |-> NOBODY]
    /\ leaf = {}
    /\ stale = {}
    /\ inv = [t \in Tickets |-> Empty]
    /\ next = 1
    /\ error = {}
    /\ late = {}
    /\ quarantined = {}
    /\ iotlb = {}
    /\ access = {}

------------------------------------------------------------------------------
\* Hypervisor

(******************************************************************************)
(* The frame is neither mapped nor on its way out.                            *)
(******************************************************************************)
IsUnmapped(f) == (\A e \in leaf : e.frame # f) /\ (\A s \in stale : s.frame # f)

Donate(d, f) ==
    /\ owner[f] = NOBODY
    /\ owner' = [owner EXCEPT ![f] = d]
    /\ access' = {}
    /\ UNCHANGED <<leaf, stale, inv, next, error, late, quarantined, iotlb>>

Reclaim(d, f) ==
    /\ owner[f] = d
    /\ IsUnmapped(f)
    /\ owner' = [owner EXCEPT ![f] = NOBODY]
    /\ access' = {}
    /\ UNCHANGED <<leaf, stale, inv, next, error, late, quarantined, iotlb>>

Map(d, f) ==
    /\ owner[f] = d
    /\ IsUnmapped(f)
    /\ d \notin quarantined
    /\ leaf' = leaf \union {Lent(d, f)}
    /\ access' = {}
    /\ UNCHANGED <<owner, stale, inv, next, error, late, quarantined, iotlb>>

Unmap(d, f) ==
    /\ Lent(d, f) \in leaf
    /\ leaf' = leaf \ {Lent(d, f)}
    /\ stale' = stale \union {[rid |-> d, frame |-> f, since |-> next]}
    /\ access' = {}
    /\ UNCHANGED <<owner, inv, next, error, late, quarantined, iotlb>>

(******************************************************************************)
(* A request for a device that something was taken from, since the last one:  *)
(* it serves all that was.                                                    *)
(******************************************************************************)
InvalidateFunction(d) ==
    /\ next \in Tickets
    /\ d \notin quarantined
    /\ \E s \in stale : s.rid = d /\ \A t \in Tickets : t >= s.since => inv[t].rid # d
    /\ inv' = [inv EXCEPT ![next] = Request(d)]
    /\ next' = next + 1
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, error, late, quarantined, iotlb>>

(******************************************************************************)
(* A wait is put behind requests that no wait follows yet, or none that will  *)
(* complete.                                                                  *)
(******************************************************************************)
Wait(q) ==
    /\ next \in Tickets
    /\ \E t \in Tickets :
        /\ inv[t].kind = "FUNCTION" /\ inv[t].queue = q /\ inv[t].step # "TIMED OUT"
        /\ \A w \in Tickets : w > t /\ inv[w].kind = "WAIT" /\ inv[w].queue = q => inv[w].step = "ABORTED"
    /\ inv' = [inv EXCEPT ![next] = WaitOn(q)]
    /\ next' = next + 1
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, error, late, quarantined, iotlb>>

(******************************************************************************)
(* That wait, in the device's queue, was put behind a request for the device  *)
(* that was issued after the removal.                                         *)
(******************************************************************************)
\* @type: ({rid: VM, frame: FRAME, since: Int}, Int) => Bool;
IsCovered(s, w) ==
    /\ inv[w].kind = "WAIT" /\ inv[w].queue = QueueOf(s.rid)
    /\ \E t \in Tickets : s.since <= t /\ t < w /\ inv[t].kind = "FUNCTION" /\ inv[t].rid = s.rid

(******************************************************************************)
(* The frame is let go when such a wait completed and the device is not in    *)
(* quarantine.                                                                *)
(******************************************************************************)
Release(d, f) ==
    /\ d \notin quarantined
    /\ \E s \in stale :
        /\ s.rid = d /\ s.frame = f
        /\ \E w \in Tickets : IsCovered(s, w) /\ inv[w].step = "DONE"
        /\ stale' = stale \ {s}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, inv, next, error, late, quarantined, iotlb>>

(******************************************************************************)
(* A time-out is seen to: the device loses its context, its frames stay where *)
(* they are, the queue goes on.                                               *)
(******************************************************************************)
Quarantine(t) ==
    /\ t \in error
    /\ quarantined' = quarantined \union {inv[t].rid}
    /\ error' = error \ {t}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, inv, next, late, iotlb>>

(******************************************************************************)
(* A reset (ASM-FLR) ends what the device does and owes; what was taken from  *)
(* it must be flushed as if taken now.                                        *)
(******************************************************************************)
ResetFunction(d) ==
    /\ d \in quarantined
    /\ \A t \in Tickets : inv[t].rid = d => ~IsOpen(t) /\ t \notin error
    /\ quarantined' = quarantined \ {d}
    /\ late' = {a \in late : a.rid # d}
    /\ stale' = {IF s.rid = d THEN [s EXCEPT !.since = next] ELSE s : s \in stale}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, inv, next, error, iotlb>>

(******************************************************************************)
(* When nothing is under way the queues begin anew, and with them the         *)
(* tickets.                                                                   *)
(******************************************************************************)
Rewind ==
    /\ next > 1
    /\ \A t \in Tickets : ~IsOpen(t)
    /\ error = {}
    /\ \A s \in stale : s.rid \in quarantined \/ s.since = next \/ next \notin Tickets
    /\ next' = 1
    /\ inv' = [t \in Tickets |-> Empty]
    /\ stale' = {[s EXCEPT !.since = 1] : s \in stale}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, error, late, quarantined, iotlb>>

------------------------------------------------------------------------------
\* Hardware

(******************************************************************************)
(* A device walks and caches; one in quarantine has no context to walk with.  *)
(******************************************************************************)
IotlbFill(d, f) ==
    /\ Lent(d, f) \in leaf
    /\ d \notin quarantined
    /\ iotlb' = iotlb \union {Lent(d, f)}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, inv, next, error, late, quarantined>>

(******************************************************************************)
(* The device carries a request out, and later says so; requests in any       *)
(* order.                                                                     *)
(******************************************************************************)
Sweep(t) ==
    /\ inv[t].kind = "FUNCTION" /\ inv[t].step = "SENT"
    /\ inv' = [inv EXCEPT ![t].step = "SWEPT"]
    /\ iotlb' = {e \in iotlb : e.rid # inv[t].rid}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, next, error, late, quarantined>>

Complete(t) ==
    /\ inv[t].kind = "FUNCTION" /\ inv[t].step = "SWEPT"
    /\ inv' = [inv EXCEPT ![t].step = "DONE"]
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, next, error, late, quarantined, iotlb>>

(******************************************************************************)
(* A wait completes behind completed requests, unless its queue stands still  *)
(* for a time-out.                                                            *)
(******************************************************************************)
CompleteWait(w) ==
    /\ inv[w].kind = "WAIT" /\ inv[w].step = "SENT"
    /\ \A t \in Tickets : t < w /\ inv[t].queue = inv[w].queue => ~IsOpen(t)
    /\ \A t \in error : inv[t].queue # inv[w].queue
    /\ inv' = [inv EXCEPT ![w].step = "DONE"]
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, next, error, late, quarantined, iotlb>>

(******************************************************************************)
(* The device did not answer in time: its request is given up, and the waits  *)
(* behind it are aborted.                                                     *)
(******************************************************************************)
TimeOut(t) ==
    /\ inv[t].kind = "FUNCTION" /\ IsOpen(t)
    /\ inv' = [w \in Tickets |->
        IF w = t THEN [inv[w] EXCEPT !.step = "TIMED OUT"]
        ELSE IF w > t /\ inv[w].kind = "WAIT" /\ inv[w].queue = inv[t].queue /\ inv[w].step = "SENT"
        THEN [inv[w] EXCEPT !.step = "ABORTED"] ELSE inv[w]]
    /\ error' = error \union {t}
    /\ late' = late \union {[rid |-> inv[t].rid, ticket |-> t]}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, next, quarantined, iotlb>>

(******************************************************************************)
(* The late answer: the device has done it now, and nobody is told.           *)
(******************************************************************************)
CompleteLate(a) ==
    /\ a \in late
    /\ late' = late \ {a}
    /\ iotlb' = {e \in iotlb : e.rid # a.rid}
    /\ access' = {}
    /\ UNCHANGED <<owner, leaf, stale, inv, next, error, quarantined>>

------------------------------------------------------------------------------
\* Devices

(******************************************************************************)
(* A device uses what it holds, in quarantine too: requests that it had       *)
(* translated may still be on their way.                                      *)
(******************************************************************************)
Use(d, f) ==
    /\ Lent(d, f) \in iotlb
    /\ access' = {[vm |-> d, frame |-> f]}
    /\ UNCHANGED <<owner, leaf, stale, inv, next, error, late, quarantined, iotlb>>

------------------------------------------------------------------------------

HypervisorNext ==
    \/ \E d \in Rids :
        \/ \E f \in Frames :
            Donate(d, f) \/ Reclaim(d, f) \/ Map(d, f) \/ Unmap(d, f) \/ Release(d, f)
        \/ InvalidateFunction(d) \/ ResetFunction(d)
    \/ \E q \in Queues : Wait(q)
    \/ \E t \in Tickets : Quarantine(t)
    \/ Rewind

HardwareNext ==
    \/ \E d \in Rids, f \in Frames : IotlbFill(d, f)
    \/ \E t \in Tickets : Sweep(t) \/ Complete(t) \/ CompleteWait(t) \/ TimeOut(t)
    \/ \E d \in Rids, t \in Tickets : CompleteLate([rid |-> d, ticket |-> t])

DeviceNext == \E d \in Rids, f \in Frames : Use(d, f)

Next == HypervisorNext \/ HardwareNext \/ DeviceNext

Spec == Init /\ [][Next]_vars

(******************************************************************************)
(* No device need ever answer; that a request is given up in time, that waits *)
(* complete when they can, and that the hypervisor sees to time-outs is       *)
(* enough.                                                                    *)
(******************************************************************************)
TimesOut == \A t \in Tickets : WF_vars(TimeOut(t))
WaitsComplete == \A t \in Tickets : WF_vars(CompleteWait(t))
Quarantines == \A t \in Tickets : WF_vars(Quarantine(t))

FairSpec == Spec /\ TimesOut /\ WaitsComplete /\ Quarantines

------------------------------------------------------------------------------
\* Properties

(******************************************************************************)
(* DMA-1, INV-2, INV-3: what a device really reaches is lent to it.           *)
(******************************************************************************)
NoForeignAccess == \A a \in access : owner[a.frame] = a.vm

(******************************************************************************)
(* INV-6: a wait that returned means that all requests before it in its queue *)
(* were answered or reported.                                                 *)
(******************************************************************************)
WaitMeansDone == \A w \in Tickets : inv[w].kind = "WAIT" /\ inv[w].step = "DONE" =>
    \A t \in Tickets : t < w /\ inv[t].queue = inv[w].queue => ~IsOpen(t)

(******************************************************************************)
(* INV-6: a request counts as answered only if its device did what it asks,   *)
(* whatever others answered.                                                  *)
(******************************************************************************)
DoneMeansSwept == \A t \in Tickets : inv[t].kind = "FUNCTION" /\ inv[t].step \in {"SWEPT", "DONE"} =>
    \A s \in stale : s.rid = inv[t].rid /\ s.since <= t => Lent(s.rid, s.frame) \notin iotlb

(******************************************************************************)
(* INV-6: every request is answered or reported in the end, and every wait    *)
(* returns or is aborted.                                                     *)
(******************************************************************************)
EveryRequestEnds == \A t \in Tickets : IsOpen(t) ~> ~IsOpen(t)

(******************************************************************************)
(* Nothing is granted here.                                                   *)
(******************************************************************************)
\* @type: () => Set({vm: VM, frame: FRAME});
NoGrants == {}

(******************************************************************************)
(* CON-2: it refines the abstract promise.                                    *)
(******************************************************************************)
Abstract == INSTANCE Isolation WITH
    Vms <- Rids,
    grant <- NoGrants,
    reach <- {[vm |-> e.rid, frame |-> e.frame] : e \in leaf \union iotlb}
        \union {[vm |-> e.rid, frame |-> e.frame] : e \in stale}
Refines == Abstract!Spec

------------------------------------------------------------------------------
\* Non-properties: each must fail

(******************************************************************************)
(* A wait was aborted by the time-out of a request before it.                 *)
(******************************************************************************)
NeverAborted == \A t \in Tickets : inv[t].step # "ABORTED"

(******************************************************************************)
(* Requests completed out of order.                                           *)
(******************************************************************************)
NeverOutOfOrder == \A t, u \in Tickets : t < u /\ inv[t].step = "SENT" => inv[u].step # "DONE" \/ inv[u].kind = "EMPTY"

(******************************************************************************)
(* One request and one wait served two frames.                                *)
(******************************************************************************)
NeverBatched == \A r, s \in stale : r.rid = s.rid /\ r # s =>
    \A w \in Tickets : ~(IsCovered(r, w) /\ IsCovered(s, w) /\ inv[w].step = "DONE")

(******************************************************************************)
(* A late answer is owed under a ticket that now belongs to another request.  *)
(******************************************************************************)
NeverLateOverNew == \A a \in late : inv[a.ticket].kind = "EMPTY" \/ inv[a.ticket].rid = a.rid
===============================================================================
