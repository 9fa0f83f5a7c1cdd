"""Hands on the class of states under its own name, and has two of its own."""

from pymodel import MachineState


class Machine(MachineState):
    pass


class Mine(MachineState):
    pass
