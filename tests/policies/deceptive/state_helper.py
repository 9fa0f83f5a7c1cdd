"""Hands on the class of states, under its own name and another, and has one of its own."""

from pymodel import MachineState
from pymodel import MachineState as Machine  # <- refused


class Mine(MachineState):
    pass
