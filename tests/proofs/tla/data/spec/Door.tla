---- MODULE Door ----
\* A door that people pass one at a time, and its faults: small, for the tests of what runs TLC.
EXTENDS Naturals, Sequences, FiniteSets
CONSTANTS People, Nobody
VARIABLES inside, queue, log

vars == <<inside, queue, log>>

Init == inside = Nobody /\ queue = <<>> /\ log = [p \in People |-> [entered |-> 0, tags |-> {}]]

Arrive(p) ==
    /\ Len(queue) < 1
    /\ queue' = Append(queue, p)
    /\ UNCHANGED <<inside, log>>

Enter ==
    /\ inside = Nobody
    /\ queue # <<>>
    /\ log[Head(queue)].entered < 1
    /\ inside' = Head(queue)
    /\ queue' = Tail(queue)
    /\ log' = [log EXCEPT ![Head(queue)].entered = 1, ![Head(queue)].tags = {"in"}]

Leave ==
    /\ inside # Nobody
    /\ inside' = Nobody
    /\ UNCHANGED <<queue, log>>

Turn == queue # <<>> /\ queue' = Tail(queue) /\ UNCHANGED <<inside, log>>

Next == Enter \/ Leave \/ Turn \/ \E p \in People : Arrive(p)
Stuck == Enter \/ Leave \/ \E p \in People : Arrive(p)
Spec == Init /\ [][Next]_vars
FairSpec == Spec /\ WF_vars(Leave)

Entered(p) == log[p].entered = 1
TypeOK == inside \in People \union {Nobody} /\ \A p \in People : log[p].entered \in 0..1
NobodyEnters == \A p \in People : ~Entered(p)
NoQueue == queue = <<>>
NotEmpty == inside # Nobody
BeyondDomain == log[queue] = 0
EveryoneLeaves == \A p \in People : inside = p ~> inside = Nobody
SomeoneEnters == <>(inside # Nobody)
StaysIn == [][inside = Nobody]_vars
Nowhere == Init /\ queue # <<>>
====
