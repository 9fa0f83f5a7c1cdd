---- MODULE PostedInterrupts --------------------------------------------------
(******************************************************************************)
(* Interrupts that devices post for virtual CPUs which run, wait, sleep, and  *)
(* move from CPU to CPU.                                                      *)
(*                                                                            *)
(* What interleaves: posts by devices, notifications on their way to a CPU,   *)
(* and the hypervisor's steps of loading, preempting, blocking and waking     *)
(* virtual CPUs. Each virtual CPU has a descriptor: the posted interrupts, a  *)
(* bit that says that a notification is outstanding, the CPU to notify and    *)
(* how (ACTIVE: the CPU takes over what is posted for whom it runs; WAKEUP:   *)
(* the hypervisor wakes whom it finds with the bit set), and a bit that       *)
(* suppresses notification. A notification names a CPU and no virtual CPU. A  *)
(* CPU that is about to enter or leave a guest takes none.                    *)
(*                                                                            *)
(* Abstracted away: vectors (one a virtual CPU, so posts coalesce), interrupt *)
(* remapping, priorities. Python: load, switch_in, switch_out, unload; posted *)
(* descriptors have no counterpart there.                                     *)
(******************************************************************************)

CONSTANTS
    \* @type: Set(VCPU);
    Vcpus,
    \* @type: Set(CPU);
    Cpus,
    \* @type: CPU;
    NOCPU

VARIABLES
    \* @type: VCPU -> Str;
    state,          \* READY, LOADED (on a CPU, not entered), RUNNING, BLOCKING (about to sleep), BLOCKED
    \* @type: VCPU -> CPU;
    place,          \* the CPU that has it loaded
    \* @type: VCPU -> {cpu: CPU, how: Str};
    notify,         \* descriptor: which CPU, and how
    \* @type: Set(VCPU);
    posted,         \* descriptor: an interrupt is posted
    \* @type: Set(VCPU);
    outstanding,    \* descriptor: a notification is outstanding
    \* @type: Set(VCPU);
    suppressed,     \* descriptor: no notification is wanted
    \* @type: Set({cpu: CPU, how: Str});
    flying,         \* notifications on their way
    \* @type: Set(VCPU);
    pending,        \* virtual CPUs with an interrupt ready to be taken
    \* @type: Set(VCPU);
    owed,           \* ghost: an interrupt was posted and has not been taken
    \* @type: Set(VCPU);
    taken           \* who took an interrupt in the last step; else empty

vars == <<state, place, notify, posted, outstanding, suppressed, flying, pending, owed, taken>>

Notifications == [cpu : Cpus, how : {"ACTIVE", "WAKEUP"}]

TypeOK ==
    /\ state \in [Vcpus -> {"READY", "LOADED", "RUNNING", "BLOCKING", "BLOCKED"}]
    /\ place \in [Vcpus -> Cpus \union {NOCPU}]
    /\ notify \in [Vcpus -> Notifications]
    /\ posted \in SUBSET Vcpus
    /\ outstanding \in SUBSET Vcpus
    /\ suppressed \in SUBSET Vcpus
    /\ flying \in SUBSET Notifications
    /\ pending \in SUBSET Vcpus
    /\ owed \in SUBSET Vcpus
    /\ taken \in SUBSET Vcpus

(******************************************************************************)
(* Everybody is ready to run, and notifications are suppressed.               *)
(******************************************************************************)
Init ==
    /\ state = [u \in Vcpus |-> "READY"]
    /\ place = [u \in Vcpus |-> NOCPU]
    /\ notify \in {[u \in Vcpus |-> [cpu |-> c, how |-> "ACTIVE"]] : c \in Cpus}
    /\ posted = {}
    /\ outstanding = {}
    /\ suppressed = Vcpus
    /\ flying = {}
    /\ pending = {}
    /\ owed = {}
    /\ taken = {}

IsFree(c) == \A u \in Vcpus : place[u] # c

(******************************************************************************)
(* A CPU takes notifications unless it is about to enter or leave a guest.    *)
(******************************************************************************)
IsOpen(c) == \A u \in Vcpus : place[u] = c => state[u] = "RUNNING"

------------------------------------------------------------------------------
\* Hypervisor

(******************************************************************************)
(* A virtual CPU is loaded on a CPU, perhaps not the one where it was; from   *)
(* now on that one is to be notified.                                         *)
(******************************************************************************)
Load(u, c) ==
    /\ state[u] = "READY"
    /\ IsFree(c)
    /\ state' = [state EXCEPT ![u] = "LOADED"]
    /\ place' = [place EXCEPT ![u] = c]
    /\ notify' = [notify EXCEPT ![u] = [cpu |-> c, how |-> "ACTIVE"]]
    /\ suppressed' = suppressed \ {u}
    /\ taken' = {}
    /\ UNCHANGED <<posted, outstanding, flying, pending, owed>>

(******************************************************************************)
(* Before it is entered, what was posted meanwhile is taken over.             *)
(******************************************************************************)
Enter(u) ==
    /\ state[u] = "LOADED"
    /\ state' = [state EXCEPT ![u] = "RUNNING"]
    /\ pending' = IF u \in posted THEN pending \union {u} ELSE pending
    /\ posted' = posted \ {u}
    /\ outstanding' = outstanding \ {u}
    /\ taken' = {}
    /\ UNCHANGED <<place, notify, suppressed, flying, owed>>

(******************************************************************************)
(* It loses its CPU, and will be loaded again: no notification is wanted.     *)
(******************************************************************************)
Preempt(u) ==
    /\ state[u] = "RUNNING"
    /\ state' = [state EXCEPT ![u] = "READY"]
    /\ place' = [place EXCEPT ![u] = NOCPU]
    /\ suppressed' = suppressed \union {u}
    /\ taken' = {}
    /\ UNCHANGED <<notify, posted, outstanding, flying, pending, owed>>

(******************************************************************************)
(* It goes to sleep with nothing to take: from now on a post is to wake it.   *)
(******************************************************************************)
BeginBlock(u) ==
    /\ state[u] = "RUNNING"
    /\ u \notin pending
    /\ state' = [state EXCEPT ![u] = "BLOCKING"]
    /\ notify' = [notify EXCEPT ![u].how = "WAKEUP"]
    /\ taken' = {}
    /\ UNCHANGED <<place, posted, outstanding, suppressed, flying, pending, owed>>

(******************************************************************************)
(* What was posted before that is looked for once more.                       *)
(******************************************************************************)
FinishBlock(u) ==
    /\ state[u] = "BLOCKING"
    /\ state' = [state EXCEPT ![u] = IF u \in outstanding THEN "READY" ELSE "BLOCKED"]
    /\ suppressed' = IF u \in outstanding THEN suppressed \union {u} ELSE suppressed
    /\ place' = [place EXCEPT ![u] = NOCPU]
    /\ taken' = {}
    /\ UNCHANGED <<notify, posted, outstanding, flying, pending, owed>>

------------------------------------------------------------------------------
\* Hardware

(******************************************************************************)
(* A device's interrupt is posted; the first since the bit was clear sends a  *)
(* notification.                                                              *)
(******************************************************************************)
Post(u) ==
    /\ posted' = posted \union {u}
    /\ owed' = owed \union {u}
    /\ IF u \in outstanding \union suppressed THEN UNCHANGED <<outstanding, flying>>
       ELSE outstanding' = outstanding \union {u} /\ flying' = flying \union {notify[u]}
    /\ taken' = {}
    /\ UNCHANGED <<state, place, notify, suppressed, pending>>

(******************************************************************************)
(* An ACTIVE notification: the CPU takes over what is posted for the virtual  *)
(* CPU that it runs, if it runs one.                                          *)
(******************************************************************************)
ArriveActive(c) ==
    /\ [cpu |-> c, how |-> "ACTIVE"] \in flying
    /\ IsOpen(c)
    /\ flying' = flying \ {[cpu |-> c, how |-> "ACTIVE"]}
    /\ LET here == {u \in Vcpus : place[u] = c} IN
        /\ pending' = pending \union (here \intersect posted)
        /\ posted' = posted \ here
        /\ outstanding' = outstanding \ here
    /\ taken' = {}
    /\ UNCHANGED <<state, place, notify, suppressed, owed>>

(******************************************************************************)
(* A WAKEUP notification: the hypervisor on that CPU wakes all that sleep     *)
(* there with a notification outstanding.                                     *)
(******************************************************************************)
ArriveWakeup(c) ==
    /\ [cpu |-> c, how |-> "WAKEUP"] \in flying
    /\ IsOpen(c)
    /\ flying' = flying \ {[cpu |-> c, how |-> "WAKEUP"]}
    /\ LET woken == {u \in outstanding : state[u] = "BLOCKED" /\ notify[u].cpu = c} IN
        /\ state' = [u \in Vcpus |-> IF u \in woken THEN "READY" ELSE state[u]]
        /\ suppressed' = suppressed \union woken
    /\ taken' = {}
    /\ UNCHANGED <<place, notify, posted, outstanding, pending, owed>>

------------------------------------------------------------------------------
\* Guests

(******************************************************************************)
(* A running virtual CPU takes its interrupt.                                 *)
(******************************************************************************)
Take(u) ==
    /\ state[u] = "RUNNING"
    /\ u \in pending
    /\ pending' = pending \ {u}
    /\ owed' = IF u \in posted THEN owed ELSE owed \ {u}
    /\ taken' = {u}
    /\ UNCHANGED <<state, place, notify, posted, outstanding, suppressed, flying>>

------------------------------------------------------------------------------

HypervisorNext == \E u \in Vcpus :
    Enter(u) \/ Preempt(u) \/ BeginBlock(u) \/ FinishBlock(u) \/ \E c \in Cpus : Load(u, c)
HardwareNext == (\E u \in Vcpus : Post(u)) \/ \E c \in Cpus : ArriveActive(c) \/ ArriveWakeup(c)
GuestNext == \E u \in Vcpus : Take(u)

Next == HypervisorNext \/ HardwareNext \/ GuestNext

Spec == Init /\ [][Next]_vars

(******************************************************************************)
(* A virtual CPU with nothing to take gives its CPU up, one way or the other. *)
(******************************************************************************)
Yield(u) == u \notin pending /\ (Preempt(u) \/ BeginBlock(u))

(******************************************************************************)
(* Notifications arrive; what the hypervisor began it ends; who is ready gets *)
(* a CPU in the end, though others come and go; a running virtual CPU takes   *)
(* its interrupt before it is preempted every time.                           *)
(******************************************************************************)
NotificationsArrive == \A c \in Cpus : SF_vars(ArriveActive(c)) /\ SF_vars(ArriveWakeup(c))
SwitchesEnd == \A u \in Vcpus : WF_vars(Enter(u)) /\ WF_vars(FinishBlock(u))
ScheduleIsFair == \A u \in Vcpus : SF_vars(\E c \in Cpus : Load(u, c)) /\ \A v \in Vcpus : WF_vars(Yield(v))
GuestsTake == \A u \in Vcpus : SF_vars(Take(u))

FairSpec == Spec /\ NotificationsArrive /\ SwitchesEnd /\ ScheduleIsFair /\ GuestsTake

------------------------------------------------------------------------------
\* Properties

(******************************************************************************)
(* IRQ-4: what was posted and not taken is posted still, or pending, for the  *)
(* same virtual CPU.                                                          *)
(******************************************************************************)
NoneLost == owed = posted \union pending

(******************************************************************************)
(* IRQ-4: a posted interrupt of one that runs or sleeps has a notification on *)
(* its way, to the right CPU and in the right way; otherwise nobody would     *)
(* look.                                                                      *)
(******************************************************************************)
NotificationIsComing == \A u \in posted :
    /\ state[u] = "RUNNING" => [cpu |-> place[u], how |-> "ACTIVE"] \in flying
    /\ state[u] = "BLOCKED" => notify[u] \in flying /\ notify[u].how = "WAKEUP"

(******************************************************************************)
(* IRQ-1, IRQ-4: nobody takes an interrupt that was not posted for it.        *)
(******************************************************************************)
OnlyOwedTaken == pending \subseteq owed

(******************************************************************************)
(* XLT-7: a CPU has one virtual CPU at most.                                  *)
(******************************************************************************)
OnePerCpu == \A u, v \in Vcpus : place[u] = place[v] /\ place[u] # NOCPU => u = v

(******************************************************************************)
(* IRQ-4: what is posted is taken in the end.                                 *)
(******************************************************************************)
EveryPostIsTaken == \A u \in Vcpus : (u \in posted) ~> (u \in taken)

------------------------------------------------------------------------------
\* Non-properties: each must fail

(******************************************************************************)
(* A notification arrives at a CPU that its virtual CPU has left.             *)
(******************************************************************************)
NeverSpurious == \A n \in flying : \E u \in Vcpus : notify[u] = n

(******************************************************************************)
(* A sleeping virtual CPU was posted an interrupt.                            *)
(******************************************************************************)
NeverPostedAsleep == \A u \in posted : state[u] # "BLOCKED"

(******************************************************************************)
(* A post fell between the decision to sleep and the sleep.                   *)
(******************************************************************************)
NeverPostedWhileBlocking == \A u \in posted : state[u] # "BLOCKING"
===============================================================================
