---- MODULE Refuses ----
EXTENDS Naturals
CONSTANT N
VARIABLE x
ASSUME N > 3
Init == x = N
Next == x' = x
====
