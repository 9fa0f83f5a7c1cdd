"""The search for a run from boot: at random, by the solver, and for what a reader asks about."""
