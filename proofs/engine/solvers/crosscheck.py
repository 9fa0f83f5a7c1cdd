"""Second opinions: the exported questions decided by cvc5 and bitwuzla (extra `crosscheck`), under counted limits."""

from __future__ import annotations

from importlib.metadata import version
from itertools import count
from typing import Any

__all__ = ["SOLVERS", "decide", "versions"]

SOLVERS = ("cvc5", "bitwuzla")
#: How many of z3's resource units one unit of the other solver stands for (measured on the larger obligations).
UNITS = {"cvc5": 20, "bitwuzla": 100}


def decide(name: str, text: str, rlimit: int) -> str:
    """Return sat, unsat or unknown for a question in SMT-LIB 2; `rlimit` is in z3's units, converted."""
    return {"cvc5": _cvc5, "bitwuzla": _bitwuzla}[name](text, max(1, rlimit // UNITS[name]))


def _cvc5(text: str, limit: int) -> str:
    import cvc5  # noqa: PLC0415 - an extra

    solver = cvc5.Solver()
    solver.setOption("rlimit-per", str(limit))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "question")
    symbols = parser.getSymbolManager()
    answer = "unknown"
    while True:
        command = parser.nextCommand()
        if command.isNull():
            return answer
        said = command.invoke(solver, symbols).strip()
        answer = said if said in ("sat", "unsat") else answer


def _bitwuzla(text: str, limit: int) -> str:
    import bitwuzla  # noqa: PLC0415 - an extra

    asked = count()
    terms = bitwuzla.TermManager()
    parser = bitwuzla.Parser(terms, bitwuzla.Options())
    parser.parse(text, True, False)
    solver: Any = parser.bitwuzla()
    solver.configure_terminator(lambda: next(asked) >= limit)  # counts its own questions, not seconds
    answer = str(solver.check_sat()).rsplit(".", maxsplit=1)[-1].lower()
    return answer if answer in ("sat", "unsat") else "unknown"


def versions(names: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of the solvers named."""
    return {n: version("z3-solver" if n == "z3" else n) for n in names}
