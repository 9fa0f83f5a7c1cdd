"""Has one constant."""

from pymodel import Frame

LIMIT = Frame(0x10)
