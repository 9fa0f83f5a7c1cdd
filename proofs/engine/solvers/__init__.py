"""The solvers: how a term is put to z3, as bits or as numbers, and to cvc5 and bitwuzla as SMT-LIB 2; nothing else imports one."""
