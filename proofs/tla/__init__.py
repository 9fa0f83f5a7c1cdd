"""Model checking of the TLA+ modules in `spec/`: their manifest, TLC, Apalache, and the counterexamples of both."""
