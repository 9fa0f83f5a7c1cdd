"""A run that refutes a policy, as a person understands it: which promise broke, by which of the policy's lines, and why."""
