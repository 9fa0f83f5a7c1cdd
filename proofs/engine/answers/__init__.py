"""What a step answers: on what its answer depends, and whether a run answers as its paths say."""
