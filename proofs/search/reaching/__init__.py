"""What a reader asks about: expressions over the state, and whether one can come true."""
