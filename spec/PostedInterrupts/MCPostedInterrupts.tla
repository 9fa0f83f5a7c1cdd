---- MODULE MCPostedInterrupts ------------------------------------------------
(******************************************************************************)
(* PostedInterrupts for TLC, and its fairness with one conjunct dropped at a  *)
(* time.                                                                      *)
(******************************************************************************)
EXTENDS PostedInterrupts

WithoutArrival == Spec /\ SwitchesEnd /\ ScheduleIsFair /\ GuestsTake
WithoutSwitches == Spec /\ NotificationsArrive /\ ScheduleIsFair /\ GuestsTake
WithoutSchedule == Spec /\ NotificationsArrive /\ SwitchesEnd /\ GuestsTake
WithoutTaking == Spec /\ NotificationsArrive /\ SwitchesEnd /\ ScheduleIsFair
===============================================================================
