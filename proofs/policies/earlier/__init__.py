"""Policies of an earlier version: what had another name or stood elsewhere, told in errors and rewritten on request."""
