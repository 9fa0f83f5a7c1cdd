"""The command line: reads what is asked and where defaults stand, calls what answers, and turns the answer into an exit code."""
