"""Has one function."""

from typing import Any


def __getattr__(name: str) -> Any:  # <- refused
    return lambda w: w.is_concrete  # <- refused
