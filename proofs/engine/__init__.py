"""The engine: runs the model on symbolic words along every path, and turns what it finds into questions to solvers."""
