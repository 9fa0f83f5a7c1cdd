"""What must be trusted, each with how it is tested. Short, and nothing else may turn a refuted into a proved."""

__all__ = ["TRUSTED"]

TRUSTED = (
    (
        "The statements of the theorems: that they say what you think they say.",
        (
            "read them (`ringfence explain ID`); scripted runs from boot reach the states that they speak of, and "
            "faults refute some of them (`ringfence zoo`). A theorem none of whose cases a run from boot shows is "
            "called vacuous."
        ),
    ),
    (
        "The model as a picture of hardware and of a hypervisor.",
        (
            "by reading: pymodel is plain Python in chapters, each with what it does not model. It has not been "
            "compared with real implementations in this version."
        ),
    ),
    (
        "The symbolic engine, which runs that Python on symbolic words.",
        (
            "operators and random small programs are run both ways, on symbolic and on ordinary words, and compared; "
            "engines broken on purpose are caught by the same tests; that the paths of a step, with its refusals, are all "
            "cases is proved of each; every counterexample is run again in the ordinary model, and a disagreement has an "
            "exit code of its own (5)."
        ),
    ),
    (
        "The reading of words as whole numbers, in which z3 is asked what no single bits decide.",
        (
            "random questions with a known answer are read so, and never called unsatisfiable; rules that are wrong on purpose "
            "are found by the same questions; cvc5 and bitwuzla are asked of bits alone."
        ),
    ),
    (
        "The generator of obligations: every step against every statement.",
        (
            "what each step is to be asked is counted before anything is decided, and a theorem is proved only if of all that "
            "it rests on nothing is missing; tests lose, one at a time, obligations of each kind."
        ),
    ),
    (
        "The solver z3, pinned to one version.",
        (
            "`--solver all` has cvc5 and bitwuzla decide the same questions, exported as SMT-LIB 2 (`--smt2`). CI does "
            "so for a few steps; a full run with all three was made by hand on 2026-11-30, before the last changes of the "
            "prover, and nobody disagreed."
        ),
    ),
    (
        "The loader of policies: that what it lets through means the same on numbers and on terms, and keeps nothing in mind.",
        (
            "it imports nothing, and builds what is run from what it checked against an allowed set and its types "
            "(`spec/language.md`); policies that were written to deceive are refused, each beside a twin that loads; random "
            "programs of the language do the same on numbers and on terms; texts damaged at random are refused or load. There are "
            "no guards at run time: what the check misses is not noticed there."
        ),
    ),
    (
        "The second look: what was proved of a policy's own steps is what they do.",
        (
            "at places of the scenarios each step that the policy's text touches is computed from its terms and compared with what "
            "it does; a difference is exit 5. Tests break the engine and see it; all operations of the reference are looked at so."
        ),
    ),
    (
        "Python itself, which compiles and runs what was checked, and the words library of the model.",
        "property tests compare each operator with integer arithmetic at the widths in use.",
    ),
    (
        "TLC, for interleavings of several CPUs.",
        (
            "what it prints is parsed, and recorded runs of every kind are the tests of that; its exit status is not "
            "believed, and a run without initial states is no pass. A completed search is called bounded, never proved."
        ),
    ),
    (
        "Whoever may write to the cache's folder; damage is noticed, a forged row is not.",
        (
            "a row is sealed by a digest of itself and its key, and holds verdicts, never pickles; tests damage and exchange "
            "rows; `--no-cache` does without."
        ),
    ),
    (
        "Not trusted: the fuzzer and the reports.",
        "no verdict but `refuted` comes of a run, and each such run is replayed.",
    ),
)
