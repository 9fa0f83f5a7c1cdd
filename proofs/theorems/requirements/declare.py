"""What the theorems assume, and how one is declared: an ID, a title, and the statements that make it up."""

from __future__ import annotations

from proofs.statements import Theorem

ASSUMPTIONS = {
    "ASM-WALK": "hardware walks tables as the format says",
    "ASM-PATH": "all DMA of a function passes its IOMMU",
    "ASM-RID": "requester ids cannot be forged below the bridge",
    "ASM-TAG": "a device tags each request with the function it acts for, whoever drives the PF",
    "ASM-FLR": "a function's reset stops issue and clears readable residue (it recalls nothing already issued)",
    "ASM-ORDER": "invalidation completion is ordered after the use of earlier translations",
    "ASM-BOOT": "the IOMMU is on before any function masters the bus",
    "ASM-FW": "no firmware, BMC or debug port does DMA",
    "ASM-TIME": "no timing or microarchitectural channels",
    "ASM-PLATFORM": "the machine is one of which the axioms hold (proofs/theorems/invariants/platform.py), and stays what it is",
    "ASM-COH": "tables and scrubbed data are coherent, or cleaned before use",
}

CPU = ("ASM-PLATFORM", "ASM-WALK", "ASM-ORDER", "ASM-TIME", "ASM-COH")
DMA = (*CPU, "ASM-PATH", "ASM-RID", "ASM-TAG", "ASM-BOOT", "ASM-FW")


def theorem(
    ident: str,
    title: str,
    *clauses: object,
    assumes: tuple[str, ...] = CPU,
    mutants: tuple[str, ...] = (),
    open_: tuple[str, ...] = (),
    argued: tuple[str, ...] = (),
    layer: str = "system",
) -> Theorem:
    """Return the theorem of some statements."""
    names = tuple(c.__name__ for c in clauses)  # type: ignore[attr-defined]
    return Theorem(ident, layer, title, names, assumes, (), mutants, open_, argued)
