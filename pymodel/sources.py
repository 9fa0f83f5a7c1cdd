"""The manuals that rules of hardware are taken from: each by a key, with its edition and the sections that chapters cite.

A rule cites its section on a line of its own, `Source: PCIE 9.3.3.9`. A key, or a section, that is not listed here fails a test, and
so does one that no chapter cites.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SOURCES", "Manual"]


@dataclass(frozen=True)
class Manual:
    """A manual: its title, whose it is, the edition that sections are numbered by, and the title of each section that is cited."""

    title: str
    publisher: str
    edition: str
    sections: dict[str, str]


SOURCES = {
    "PCIE": Manual(
        "PCI Express Base Specification",
        "PCI-SIG",
        "5.0, version 1.0 (2019)",
        {
            "6.6.2": "Function Level Reset",
            "7.5.1.1.3": "Command Register",
            "7.5.3.5": "Device Status Register",
            "9.3.3.3.1": "VF Enable",
            "9.3.3.3.5": "ARI Capable Hierarchy",
            "9.3.3.7": "NumVFs",
            "9.3.3.9": "First VF Offset",
            "9.3.3.10": "VF Stride",
        },
    ),
}
