---- MODULE FaultRestart_HeadOfLine -------------------------------------------
(******************************************************************************)
(* The hypervisor reads the next record only when the guest asked last has    *)
(* answered, and has all the patience.                                        *)
(******************************************************************************)
EXTENDS FaultRestart

ReadWhenAnswered == asked = {} /\ ReadFault

FaultyNext ==
    \/ ReadWhenAnswered \/ \E s \in Streams : Unmap(s)
    \/ HardwareNext \/ GuestNext
FaultySpec == Init /\ [][FaultyNext]_vars /\ HardwareGoesOn /\ Reports /\ WF_vars(ReadWhenAnswered)
    /\ \A s \in Entitled : WF_vars(ServiceAndRestart(s))

(******************************************************************************)
(* A stream whose guest answers does not wait for another's.                  *)
(******************************************************************************)
EntitledStallsEnd == \A s \in Entitled :
    (request[s] \in {"STALLED", "REPORTED"}) ~> (request[s] \notin {"STALLED", "REPORTED"})
===============================================================================
