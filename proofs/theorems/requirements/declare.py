"""What the theorems assume, what hardware can do and no step does yet, and how a theorem is declared: ID, title, statements."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Undone:
    """What hardware can do and no adversary of the model does: a theorem that it weakens says nothing of it."""

    text: str
    weakens: tuple[str, ...]
    source: str = ""
    """The manual's section, by its key in `pymodel/sources.py`, where a chapter cites it."""

    def __str__(self) -> str:
        """Return what it is, and where it stands."""
        return f"{self.text} ({self.source})" if self.source else self.text


UNDONE = {
    "HW-ATS": Undone(
        "a device that has an address translation service asks for translations, keeps them in a TLB of its own until it has "
        "answered an invalidation, and issues requests that are translated already; no device of the model does",
        (
            *("MEM-3", "MEM-7", "DMA-1", "DMA-2", "DMA-7", "DMA-11", "CTX-2", "CTX-6"),
            *("INV-1", "INV-2", "INV-3", "INV-4", "VF-4", "VF-5", "NI-3", "LIF-7"),
        ),
    ),
    "HW-BAR": Undone(
        "a CPU or another function reaches a function's own memory and registers (its BARs), also after the function was taken "
        "from its VM; no step of the model does",
        ("MEM-1", "MEM-12", "DMA-1", "VF-4", "VF-5", "NI-1", "NI-3"),
        "PCIE 7.5.1.1.3",
    ),
    "HW-RID": Undone(
        "a requester id at which no function is known sends requests: a device that was plugged in unasked, a phantom function; "
        "in the model contexts and caches of such ids let nothing through, and no step issues for one",
        ("DMA-7", "CTX-1"),
    ),
    "HW-SHOOTDOWN": Undone(
        "an invalidation reaches one CPU after the other, and one still uses what others have dropped; in the model it completes "
        "for all CPUs in one step, and no CPU drops less than the others",
        ("MEM-1", "MEM-2", "MEM-7", "INV-1", "INV-2", "INV-3", "INV-4", "XLT-1", "XLT-4", "NI-3"),
    ),
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
    weakened = tuple(name for name, undone in UNDONE.items() if ident in undone.weakens)
    return Theorem(ident, layer, title, names, assumes, (), mutants, open_, argued, weakened)
