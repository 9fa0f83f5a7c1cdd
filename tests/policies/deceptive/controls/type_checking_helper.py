"""The helper of type_checking_alias.py, with one function."""

from pymodel import HOST, Vm


def peek(w: Vm) -> bool:
    return w == HOST
