"""Has another function by a name of the model."""

from pymodel import Vm


def is_vm(vm: Vm) -> bool:
    return vm.is_concrete == False  # <- refused
