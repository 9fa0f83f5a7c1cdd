"""Policies: loading a user's file, which is read, checked against the language and built from what was checked.

A proof runs a policy's Python on symbolic words, several times. What the symbolic engine could not see through is no part of the
language (`proofs.policies.language`), and `load` refuses it, with its place, before anything is run.
"""

from proofs.policies.files import digest
from proofs.policies.loaded import REFERENCE, Finding, LoadedPolicy, PolicyError
from proofs.policies.loading import load

__all__ = ["REFERENCE", "Finding", "LoadedPolicy", "PolicyError", "digest", "load"]
