"""The proofs: theorems over the model, and the checkers that turn them into verdicts."""
