---- MODULE MultiWordUpdate ---------------------------------------------------
(******************************************************************************)
(* A context entry of several words, rewritten word by word while hardware    *)
(* may read it, also word by word.                                            *)
(*                                                                            *)
(* What interleaves: the hypervisor's stores, the IOMMU's loads of the same   *)
(* entry in any order, the context that it makes of them and caches, and the  *)
(* translations that it caches by that context. Break before make: the valid  *)
(* word is cleared, what was read or cached before is invalidated, the other  *)
(* words are written, and before the valid word is set there is an            *)
(* invalidation again: hardware may have loaded the others one by one while   *)
(* they were written, and load the valid word last. An entry has a root,      *)
(* which says whose memory it leads to, and a tag, under which translations   *)
(* are cached; a neighbouring function of the VM that a tag stands for uses   *)
(* what is cached under it.                                                   *)
(*                                                                            *)
(* Abstracted away: memory below the root (a root leads to all of its VM's),  *)
(* stores that become visible out of order (a barrier stands between any      *)
(* two). The same holds, word for word, for a page-table entry: root is its   *)
(* output address, tag its attributes. Python writes a context in one step    *)
(* (attach, detach); complete, context_fill, iotlb_fill.                      *)
(******************************************************************************)

CONSTANTS
    \* @type: Set(VM);
    Vms,
    \* @type: VM;
    HOST            \* what a word of zeros stands for: no translation, the host's memory

VARIABLES
    \* @type: {valid: Bool, root: VM, tag: VM};
    entry,          \* the words in memory
    \* @type: VM;
    target,         \* whose the function is to be
    \* @type: Str;
    step,           \* of the update: IDLE, CLEARED, FLUSHING, FLUSHED, SETTLING, SETTLED
    \* @type: Set(Str);
    loaded,         \* the words that hardware has loaded
    \* @type: {valid: Bool, root: VM, tag: VM};
    loads,          \* what it loaded; a word that it did not load has its value at rest
    \* @type: Set({root: VM, tag: VM});
    cached,         \* the context that it made of them; at most one
    \* @type: Set({root: VM, tag: VM});
    iotlb,          \* translations cached under a tag, to memory of a root
    \* @type: Set({vm: VM, whose: VM});
    access          \* who reached whose memory in the last step, if it was an access; else empty

vars == <<entry, target, step, loaded, loads, cached, iotlb, access>>

Steps == {"IDLE", "CLEARED", "FLUSHING", "FLUSHED", "SETTLING", "SETTLED"}
Words == {"valid", "root", "tag"}
Contexts == [root : Vms \union {HOST}, tag : Vms]
Entries == [valid : BOOLEAN, root : Vms \union {HOST}, tag : Vms \union {HOST}]
Entry(v) == [valid |-> TRUE, root |-> v, tag |-> v]
AtRest == [valid |-> FALSE, root |-> HOST, tag |-> HOST]

TypeOK ==
    /\ entry \in Entries
    /\ target \in Vms
    /\ step \in Steps
    /\ loaded \in SUBSET Words
    /\ loads \in Entries
    /\ cached \in SUBSET Contexts
    /\ iotlb \in SUBSET Contexts
    /\ access \in SUBSET [vm : Vms, whose : Vms \union {HOST}]

Init ==
    /\ target \in Vms
    /\ entry = Entry(target)
    /\ step = "IDLE"
    /\ loaded = {}
    /\ loads = AtRest
    /\ cached = {}
    /\ iotlb = {}
    /\ access = {}

------------------------------------------------------------------------------
\* Hypervisor

(******************************************************************************)
(* Break: the function is to have another owner; the valid word is cleared.   *)
(******************************************************************************)
ClearValid(v) ==
    /\ step = "IDLE"
    /\ v # target
    /\ target' = v
    /\ entry' = [entry EXCEPT !.valid = FALSE]
    /\ step' = "CLEARED"
    /\ access' = {}
    /\ UNCHANGED <<loaded, loads, cached, iotlb>>

InvalidateFunction ==
    /\ step = "CLEARED"
    /\ step' = "FLUSHING"
    /\ access' = {}
    /\ UNCHANGED <<entry, target, loaded, loads, cached, iotlb>>

(******************************************************************************)
(* Make: the other words, in any order.                                       *)
(******************************************************************************)
WriteRoot ==
    /\ step = "FLUSHED"
    /\ entry.root # target
    /\ entry' = [entry EXCEPT !.root = target]
    /\ access' = {}
    /\ UNCHANGED <<target, step, loaded, loads, cached, iotlb>>

WriteTag ==
    /\ step = "FLUSHED"
    /\ entry.tag # target
    /\ entry' = [entry EXCEPT !.tag = target]
    /\ access' = {}
    /\ UNCHANGED <<target, step, loaded, loads, cached, iotlb>>

(******************************************************************************)
(* What was loaded of them while they were written is invalidated.            *)
(******************************************************************************)
InvalidateWritten ==
    /\ step = "FLUSHED"
    /\ entry.root = target /\ entry.tag = target
    /\ step' = "SETTLING"
    /\ access' = {}
    /\ UNCHANGED <<entry, target, loaded, loads, cached, iotlb>>

(******************************************************************************)
(* The valid word comes last.                                                 *)
(******************************************************************************)
SetValid ==
    /\ step = "SETTLED"
    /\ entry' = [entry EXCEPT !.valid = TRUE]
    /\ step' = "IDLE"
    /\ access' = {}
    /\ UNCHANGED <<target, loaded, loads, cached, iotlb>>

------------------------------------------------------------------------------
\* Hardware

(******************************************************************************)
(* A word of the entry is loaded, whichever comes next.                       *)
(******************************************************************************)
Load(w) ==
    /\ w \notin loaded
    /\ loaded' = loaded \union {w}
    /\ loads' = [loads EXCEPT !.valid = IF w = "valid" THEN entry.valid ELSE @,
                              !.root = IF w = "root" THEN entry.root ELSE @,
                              !.tag = IF w = "tag" THEN entry.tag ELSE @]
    /\ access' = {}
    /\ UNCHANGED <<entry, target, step, cached, iotlb>>

(******************************************************************************)
(* When all are there, a valid entry becomes the context in use; an invalid   *)
(* one faults.                                                                *)
(******************************************************************************)
ContextFill ==
    /\ loaded = Words
    /\ cached' = IF loads.valid THEN {[root |-> loads.root, tag |-> loads.tag]} ELSE cached
    /\ loaded' = {}
    /\ loads' = AtRest
    /\ access' = {}
    /\ UNCHANGED <<entry, target, step, iotlb>>

(******************************************************************************)
(* By the context in use a translation is cached, under the context's tag.    *)
(******************************************************************************)
IotlbFill(c) ==
    /\ c \in cached
    /\ iotlb' = iotlb \union {c}
    /\ access' = {}
    /\ UNCHANGED <<entry, target, step, loaded, loads, cached>>

(******************************************************************************)
(* The invalidation completes: the context in use, loads under way, and what  *)
(* the function has cached are gone.                                          *)
(******************************************************************************)
Complete ==
    /\ step \in {"FLUSHING", "SETTLING"}
    /\ step' = IF step = "FLUSHING" THEN "FLUSHED" ELSE "SETTLED"
    /\ cached' = {}
    /\ loaded' = {}
    /\ loads' = AtRest
    /\ iotlb' = {}
    /\ access' = {}
    /\ UNCHANGED <<entry, target>>

------------------------------------------------------------------------------
\* Devices

(******************************************************************************)
(* A function of the VM that a tag stands for uses what is cached under it.   *)
(******************************************************************************)
Use(t) ==
    /\ t \in iotlb
    /\ access' = {[vm |-> t.tag, whose |-> t.root]}
    /\ UNCHANGED <<entry, target, step, loaded, loads, cached, iotlb>>

------------------------------------------------------------------------------

HypervisorNext == (\E v \in Vms : ClearValid(v)) \/ InvalidateFunction \/ WriteRoot \/ WriteTag
    \/ InvalidateWritten \/ SetValid
HardwareNext ==
    \/ \E w \in Words : Load(w)
    \/ ContextFill \/ Complete
    \/ \E c \in Contexts : IotlbFill(c)
DeviceNext == \E t \in Contexts : Use(t)

Next == HypervisorNext \/ HardwareNext \/ DeviceNext

Spec == Init /\ [][Next]_vars

(******************************************************************************)
(* Hardware and hypervisor go on: loads may fault, but what was begun is      *)
(* finished.                                                                  *)
(******************************************************************************)
UpdateGoesOn ==
    /\ WF_vars(InvalidateFunction) /\ WF_vars(WriteRoot) /\ WF_vars(WriteTag)
    /\ WF_vars(InvalidateWritten) /\ WF_vars(SetValid)
InvalidationCompletes == WF_vars(Complete)

FairSpec == Spec /\ UpdateGoesOn /\ InvalidationCompletes

------------------------------------------------------------------------------
\* Properties

(******************************************************************************)
(* DMA-1: a function reaches memory of its own VM.                            *)
(******************************************************************************)
NoForeignAccess == \A a \in access : a.vm = a.whose

(******************************************************************************)
(* XLT-6: the context in use is an entry as it stood before an update or      *)
(* after one, and no mixture.                                                 *)
(******************************************************************************)
OldOrNew == \A c \in cached : c.root = c.tag

(******************************************************************************)
(* INV-1: from the time that the invalidation completes, the context in use   *)
(* is the new one.                                                            *)
(******************************************************************************)
NewAfterFlush == step \notin {"CLEARED", "FLUSHING"} => \A c \in cached : c.root = target

(******************************************************************************)
(* Every update is finished.                                                  *)
(******************************************************************************)
EveryUpdateEnds == (step # "IDLE") ~> (step = "IDLE")

(******************************************************************************)
(* Inductive, and written in an order in which a model checker can enumerate  *)
(* it. Words that were loaded are those in memory, but while the entry is     *)
(* rewritten; and then none of them says valid.                               *)
(******************************************************************************)
IndInv ==
    /\ target \in Vms
    /\ step \in Steps
    /\ entry \in Entries
    /\ step = "IDLE" => entry = Entry(target)
    /\ step \in {"CLEARED", "FLUSHING"} => ~entry.valid /\ entry.root = entry.tag /\ entry.root # HOST
    /\ step = "FLUSHED" => ~entry.valid /\ entry.root # HOST /\ entry.tag # HOST
    /\ step \in {"SETTLING", "SETTLED"} => entry = [Entry(target) EXCEPT !.valid = FALSE]
    /\ loaded \in SUBSET Words
    /\ loads \in Entries
    /\ step \in {"FLUSHED", "SETTLING"} => ("valid" \in loaded => ~loads.valid)
    /\ step \notin {"FLUSHED", "SETTLING"} =>
        /\ "root" \in loaded => loads.root = entry.root
        /\ "tag" \in loaded => loads.tag = entry.tag
    /\ cached \in SUBSET {c \in Contexts : c.root = c.tag}
    /\ NewAfterFlush
    /\ iotlb \in SUBSET {c \in Contexts : c.root = c.tag}
    /\ access \in SUBSET {a \in [vm : Vms, whose : Vms \union {HOST}] : a.vm = a.whose}

------------------------------------------------------------------------------
\* Non-properties: each must fail

(******************************************************************************)
(* The old context was used after the table said invalid.                     *)
(******************************************************************************)
NeverUsesOld == \A c \in cached : entry.valid

(******************************************************************************)
(* Hardware loaded some words before an update and others after it.           *)
(******************************************************************************)
NeverLoadsMixture == loaded = Words => loads.root = loads.tag
===============================================================================
