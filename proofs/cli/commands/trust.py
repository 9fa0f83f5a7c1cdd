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
            "engines broken on purpose are caught by the same tests; every counterexample is run again in the "
            "ordinary model, and a disagreement has an exit code of its own (5)."
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
        "the product is counted, framed pairs apart, and printed with each report.",
    ),
    (
        "The solver z3, pinned to one version.",
        (
            "`--solver all` has cvc5 and bitwuzla decide the same questions, exported as SMT-LIB 2 (`--smt2`). CI does "
            "so for a few steps; a full run with all three has not been made in this version."
        ),
    ),
    (
        "Python itself, and the words library of the model.",
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
        "Not trusted: the fuzzer, the reports and the cache.",
        "the cache holds digests and verdicts, never pickles; `--no-cache` must give the same verdicts.",
    ),
)
