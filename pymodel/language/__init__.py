"""The language: words, state, steps and outcomes, in which the model is written; it knows nothing of hypervisors."""
