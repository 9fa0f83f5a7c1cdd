"""The measure: taking down comes to an end.

Each thing has a stage, which is 0 when the thing is gone, and below which there are finitely many. Each taking lowers the stage
of what it takes and raises none, with one exception: filling the table of a half-split leaf adds a leaf, and lowers the stage of
that table, which nothing raises. These are the statements here. Every map of the state has finitely many keys, so the stages of
all tables, and then the sum of all other stages, is a measure that each taking lowers: taking alone comes to an end.

That there is something to take until nothing is left follows from three more things. Whatever may not be given up yet has a
holder that exists (`blockers`). Holders are given up before what they hold, in an order that is no circle (`ORDER`, below). What
nothing holds is not refused (`refusals`). So the first thing in that order can be taken.

The statements are proved of every step; that they make an end is the argument of these two paragraphs.
"""

from __future__ import annotations

from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import Any

from proofs.statements import Area, step
from proofs.theorems.operations.blockers import HOLDERS
from proofs.theorems.operations.contract import Lowers
from proofs.theorems.operations.contracts import STAGES, contract_of
from proofs.theorems.operations.keyed import step_at_each_key
from proofs.theorems.operations.stages import is_lower
from pymodel.hypervisor.ids import AccountKind, HolderKind
from pymodel.language.truth import negate
from pymodel.language.words import Word
from pymodel.machine import MachineState

AREA = Area("measure", promise=True)

#: The accounts that must be empty before a holder is given up, as the entitlements of the takings say.
WAITS_FOR: dict[HolderKind, tuple[AccountKind, ...]] = {
    HolderKind.FRAME: (AccountKind.MAPPINGS,),
    HolderKind.GRANT: (AccountKind.HANDLES,),
    HolderKind.RECEIVED: (AccountKind.HANDLES,),
    HolderKind.SPACE: (AccountKind.CONTEXTS, AccountKind.TABLES, AccountKind.JOBS),
}
#: The accounts in an order in which they can be emptied; there would be none if some waited for each other.
ORDER = tuple(TopologicalSorter({a: {b for h in held for b in WAITS_FOR.get(h, ())} for a, held in HOLDERS.items()}).static_order())


Args = dict[str, Any]


@step
def each_taking_lowers_a_stage(s: MachineState, name: str, args: Args, after: MachineState) -> bool:
    """Whatever an operation takes down, as its contract says, is one stage nearer to being gone."""
    lowers = taking_of(name)
    if lowers is None:
        return True
    key = lowers.key(s, args)
    return is_lower(STAGES[lowers.part](after, key), STAGES[lowers.part](s, key))


def taking_of(name: str) -> Lowers | None:
    """Return what a step takes down, as its contract says."""
    contract = contract_of(name)
    return contract.stage if contract is not None and isinstance(contract.stage, Lowers) else None


def no_taking_raises(field: str) -> Callable[..., Any]:
    """Declare that no taking raises the stage of anything in a map."""

    def statement(s: MachineState, name: str, args: Args, after: MachineState, *key: Word) -> bool:
        del args
        lowers = taking_of(name)
        if lowers is None or field in lowers.adds:
            return True
        where = key if len(key) > 1 else key[0]
        return negate(is_lower(STAGES[field](s, where), STAGES[field](after, where)))

    name, doc = f"no_taking_raises_the_stage_of_a_{field}", f"No taking raises the stage of anything in `{field}`."
    return step_at_each_key(field, name, doc, statement)


NOTHING_RAISED = [no_taking_raises(field) for field in STAGES]
