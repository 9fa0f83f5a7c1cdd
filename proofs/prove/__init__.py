"""Proving a policy: what is to be decided, who decides it, what is known already, and the verdicts that come of it."""
