"""Policies: loading a user's file, and the check that nothing in it can hide from the symbolic execution.

A proof runs a policy's Python on symbolic words, several times. What Python gives no hook for would go unseen: a
counter kept on `self` or in a module, a test of identity or type, a look inside a word. `unsupported` rejects all of
that by reading the source of the policy and of every module of its own; `load` rejects what does not fit the signatures
of the model.
"""

from proofs.policies.files import digest
from proofs.policies.loaded import REFERENCE, LoadedPolicy, PolicyError
from proofs.policies.loading import load
from proofs.policies.purity import Finding, unsupported

__all__ = ["REFERENCE", "Finding", "LoadedPolicy", "PolicyError", "digest", "load", "unsupported"]
