"""Promises about what interleaves: they are searched in the TLA+ models of `spec/`, for stated constants, and never proved.

Which models give evidence for which promise stands in the manifest, `spec/models.toml`; promises that are also theorems of
the system layer are named there too.
"""

from __future__ import annotations

__all__ = ["INTERLEAVED"]

INTERLEAVED = {
    "XLT-6": "At each word that is written of a longer entry, hardware translates as before, as after, or faults.",
    "CTX-5": "Every transaction that stalls is restarted or aborted in the end; a guest that stops answering stalls no other.",
    "INV-6": "Every invalidation completes or times out; a wait returns after all before it; a time-out is no completion.",
    "IRQ-4": "An interrupt that is posted lands in the right virtual CPU, running or not, and none is lost.",
    "LIF-5": "To destroy a VM ends, under weak fairness, whatever guests and devices do.",
    "CON-1": "With several CPUs in hypercalls under locks and late hardware, isolation holds in each interleaved state.",
    "CON-2": "The interleaved models refine the abstract promise: each hypercall takes effect at one point.",
    "CON-3": "There is no deadlock, and every hypercall returns.",
}
