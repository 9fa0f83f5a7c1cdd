"""The language of policies: an allowed set. What is run is built from what was checked, and nothing of a policy is imported.

`table` says what is allowed. A file is read (`reading`), its top is declared by the loader (`files`, `classes`), and each function
is gone through with the kinds of its arguments (`functions/`): so every attribute, call and
operator of a policy is known to be one that words, records, maps and states offer in a run and in a proof alike. `members` holds
names and signatures to what the model declares, `circles` sees to it that calls end, and `check` does all of it.
"""
