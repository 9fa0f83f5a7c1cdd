"""Has one function."""

from pymodel import HOST, Vm


def peek(vm: Vm) -> bool:
    return vm == HOST
