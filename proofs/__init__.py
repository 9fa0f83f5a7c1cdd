"""The proofs: theorems over the model, and the checkers that turn them into verdicts."""

import time

__all__ = ["STARTED"]

#: When this process began to load our code: of a file that was changed since then, something else may have been loaded.
STARTED = time.time()
