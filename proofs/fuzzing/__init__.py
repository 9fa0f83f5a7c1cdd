"""Fuzzing: kept examples, walks at random and the stateful machine."""
