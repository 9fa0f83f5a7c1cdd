"""How the tests take an interrupt."""

from __future__ import annotations

import signal

# Whatever starts the tests in the background may have them ignore interrupts; the programs that they start should not.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
