---- MODULE FaultRestart ------------------------------------------------------
(******************************************************************************)
(* Translation faults of streams that can stall and of streams that cannot,   *)
(* and guests that need not answer.                                           *)
(*                                                                            *)
(* What interleaves: transactions that fault, the fault queue with its few    *)
(* places, the hypervisor that reads it and hands each record to the guest    *)
(* whose stream it is, the guest's answer, the hypervisor's patience, and the *)
(* stalled transactions themselves. A stream that can stall keeps its         *)
(* transaction until it is restarted or aborted; one that cannot faults and   *)
(* is terminated. When the queue is full, records of terminated transactions  *)
(* are lost, and a stalled one is reported later, when there is room.         *)
(*                                                                            *)
(* Abstracted away: what a fault says beside its stream; page requests of     *)
(* PCIe; a guest has one stream, and a stream one transaction at a time, to   *)
(* one page. Python: handle_fault; dma_issue, dma_fault, dma_deliver. Stalls  *)
(* and the fault queue have no counterpart there.                             *)
(******************************************************************************)

EXTENDS Integers, Sequences

CONSTANTS
    \* @type: Set(STREAM);
    Streams,
    \* @type: Set(STREAM);
    Stallable,      \* those that can stall
    \* @type: Set(STREAM);
    Entitled,       \* those whose owner has the page that they ask for
    \* @type: Int;
    Places          \* of the fault queue

VARIABLES
    \* @type: STREAM -> Str;
    request,        \* NONE, ISSUED, STALLED (unreported), REPORTED, DELIVERED, ABORTED
    \* @type: Set(STREAM);
    mapped,         \* streams whose page is mapped
    \* @type: Seq(STREAM);
    queue,          \* the fault queue
    \* @type: Bool;
    overflow,       \* a record was lost, and the queue not empty since
    \* @type: Set(STREAM);
    asked,          \* faults that wait for their guest's answer
    \* @type: Set(STREAM);
    impatient,      \* of these, the ones that waited too long
    \* @type: Set(STREAM);
    access          \* the stream whose transaction the last step gave effect to; else empty

vars == <<request, mapped, queue, overflow, asked, impatient, access>>

Fill == Len(queue)
IsQueued(s) == \E i \in DOMAIN queue : queue[i] = s

TypeOK ==
    /\ request \in [Streams -> {"NONE", "ISSUED", "STALLED", "REPORTED", "DELIVERED", "ABORTED"}]
    /\ mapped \in SUBSET Streams
    /\ Fill <= Places /\ \A i \in DOMAIN queue : queue[i] \in Streams
    /\ overflow \in BOOLEAN
    /\ asked \in SUBSET Streams
    /\ impatient \in SUBSET asked
    /\ access \in SUBSET Streams

Init ==
    /\ request = [s \in Streams |-> "NONE"]
    /\ mapped = {}
    /\ queue = <<>>
    /\ overflow = FALSE
    /\ asked = {}
    /\ impatient = {}
    /\ access = {}

------------------------------------------------------------------------------
\* Hypervisor

(******************************************************************************)
(* The first record is read. A stalled transaction's guest is asked, once; a  *)
(* terminated one needs no answer.                                            *)
(******************************************************************************)
ReadFault ==
    /\ Fill > 0
    /\ queue' = Tail(queue)
    /\ overflow' = (overflow /\ Fill > 1)
    /\ asked' = IF request[Head(queue)] = "REPORTED" THEN asked \union {Head(queue)} ELSE asked
    /\ access' = {}
    /\ UNCHANGED <<request, mapped, impatient>>

(******************************************************************************)
(* The guest takes too long.                                                  *)
(******************************************************************************)
LosePatience(s) ==
    /\ s \in asked \ impatient
    /\ impatient' = impatient \union {s}
    /\ access' = {}
    /\ UNCHANGED <<request, mapped, queue, overflow, asked>>

(******************************************************************************)
(* Its transaction is aborted.                                                *)
(******************************************************************************)
Abort(s) ==
    /\ s \in impatient
    /\ request' = [request EXCEPT ![s] = "ABORTED"]
    /\ asked' = asked \ {s}
    /\ impatient' = impatient \ {s}
    /\ access' = {}
    /\ UNCHANGED <<mapped, queue, overflow>>

(******************************************************************************)
(* A page is taken from a stream that has nothing under way.                  *)
(******************************************************************************)
Unmap(s) ==
    /\ s \in mapped
    /\ request[s] = "NONE"
    /\ mapped' = mapped \ {s}
    /\ access' = {}
    /\ UNCHANGED <<request, queue, overflow, asked, impatient>>

------------------------------------------------------------------------------
\* Hardware

(******************************************************************************)
(* A transaction whose page is mapped takes effect.                           *)
(******************************************************************************)
Deliver(s) ==
    /\ request[s] = "ISSUED"
    /\ s \in mapped
    /\ request' = [request EXCEPT ![s] = "DELIVERED"]
    /\ access' = {s}
    /\ UNCHANGED <<mapped, queue, overflow, asked, impatient>>

(******************************************************************************)
(* One that faults and can stall waits, and is reported when the queue has    *)
(* room.                                                                      *)
(******************************************************************************)
Stall(s) ==
    /\ request[s] = "ISSUED"
    /\ s \notin mapped
    /\ s \in Stallable
    /\ request' = [request EXCEPT ![s] = "STALLED"]
    /\ access' = {}
    /\ UNCHANGED <<mapped, queue, overflow, asked, impatient>>

Report(s) ==
    /\ request[s] = "STALLED"
    /\ Fill < Places
    /\ queue' = Append(queue, s)
    /\ request' = [request EXCEPT ![s] = "REPORTED"]
    /\ access' = {}
    /\ UNCHANGED <<mapped, overflow, asked, impatient>>

(******************************************************************************)
(* One that faults and cannot stall is terminated; its record is lost if the  *)
(* queue is full.                                                             *)
(******************************************************************************)
Terminate(s) ==
    /\ request[s] = "ISSUED"
    /\ s \notin mapped
    /\ s \notin Stallable
    /\ request' = [request EXCEPT ![s] = "ABORTED"]
    /\ queue' = IF Fill < Places THEN Append(queue, s) ELSE queue
    /\ overflow' = (overflow \/ Fill = Places)
    /\ access' = {}
    /\ UNCHANGED <<mapped, asked, impatient>>

(******************************************************************************)
(* The device hears of the end of a transaction.                              *)
(******************************************************************************)
End(s) ==
    /\ request[s] \in {"DELIVERED", "ABORTED"}
    /\ request' = [request EXCEPT ![s] = "NONE"]
    /\ access' = {}
    /\ UNCHANGED <<mapped, queue, overflow, asked, impatient>>

------------------------------------------------------------------------------
\* Guests and devices

Issue(s) ==
    /\ request[s] = "NONE"
    /\ ~IsQueued(s)
    /\ request' = [request EXCEPT ![s] = "ISSUED"]
    /\ access' = {}
    /\ UNCHANGED <<mapped, queue, overflow, asked, impatient>>

(******************************************************************************)
(* A guest that is asked answers: map and restart. The hypervisor maps what   *)
(* the guest has, and restarts.                                               *)
(******************************************************************************)
ServiceAndRestart(s) ==
    /\ s \in asked
    /\ s \in Entitled
    /\ mapped' = mapped \union {s}
    /\ request' = [request EXCEPT ![s] = "ISSUED"]
    /\ asked' = asked \ {s}
    /\ impatient' = impatient \ {s}
    /\ access' = {}
    /\ UNCHANGED <<queue, overflow>>

(******************************************************************************)
(* Or it gives up.                                                            *)
(******************************************************************************)
GiveUp(s) ==
    /\ s \in asked
    /\ request' = [request EXCEPT ![s] = "ABORTED"]
    /\ asked' = asked \ {s}
    /\ impatient' = impatient \ {s}
    /\ access' = {}
    /\ UNCHANGED <<mapped, queue, overflow>>

------------------------------------------------------------------------------

HypervisorNext == ReadFault \/ \E s \in Streams : LosePatience(s) \/ Abort(s) \/ Unmap(s)
HardwareNext == \E s \in Streams : Deliver(s) \/ Stall(s) \/ Report(s) \/ Terminate(s) \/ End(s)
GuestNext == \E s \in Streams : Issue(s) \/ ServiceAndRestart(s) \/ GiveUp(s)

Next == HypervisorNext \/ HardwareNext \/ GuestNext

Spec == Init /\ [][Next]_vars

(******************************************************************************)
(* Hardware goes on, the hypervisor reads its queue and loses patience.       *)
(* Guests owe nothing. A report waits for room again and again, so hardware   *)
(* must be strongly fair to it: it does not pass the same stream over for     *)
(* ever.                                                                      *)
(******************************************************************************)
HardwareGoesOn == \A s \in Streams :
    WF_vars(Deliver(s)) /\ WF_vars(Stall(s)) /\ WF_vars(Terminate(s)) /\ WF_vars(End(s))
Reports == \A s \in Streams : SF_vars(Report(s))
Reads == WF_vars(ReadFault)
Aborts == \A s \in Streams : WF_vars(LosePatience(s)) /\ WF_vars(Abort(s))

FairSpec == Spec /\ HardwareGoesOn /\ Reports /\ Reads /\ Aborts

------------------------------------------------------------------------------
\* Properties

(******************************************************************************)
(* CTX-6: service gives a stream nothing that its owner lacks.                *)
(******************************************************************************)
NoForeignAccess == access \subseteq Entitled

(******************************************************************************)
(* CTX-3: a stalled transaction is unreported, in the queue, or in the hands  *)
(* of its guest; its record is never lost.                                    *)
(******************************************************************************)
StalledIsKnown == \A s \in Streams : request[s] = "REPORTED" => IsQueued(s) \/ s \in asked

(******************************************************************************)
(* CTX-4: a guest is asked for a stalled transaction only, so none is         *)
(* restarted twice or after its end.                                          *)
(******************************************************************************)
AskedIsStalled == \A s \in asked : request[s] = "REPORTED"

(******************************************************************************)
(* CTX-5: every stalled transaction is restarted or aborted in the end,       *)
(* though no guest need answer.                                               *)
(******************************************************************************)
EveryStallEnds == \A s \in Streams :
    (request[s] \in {"STALLED", "REPORTED"}) ~> (request[s] \notin {"STALLED", "REPORTED"})

------------------------------------------------------------------------------
\* Non-properties: each must fail

(******************************************************************************)
(* Every record of a terminated transaction is kept.                          *)
(******************************************************************************)
NeverOverflows == ~overflow

(******************************************************************************)
(* A stalled transaction had to wait for room in the queue.                   *)
(******************************************************************************)
NeverWaitsForRoom == \A s \in Streams : request[s] = "STALLED" => Fill < Places

(******************************************************************************)
(* A stalled transaction was aborted.                                         *)
(******************************************************************************)
NeverAborts == \A s \in Stallable : request[s] # "ABORTED"
===============================================================================
