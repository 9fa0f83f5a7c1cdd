"""The TLA+ models of `spec/`: their manifest, the engines that check them, and the counterexamples that those print."""
