"""The commands: what each does with what the command line says, and its exit code."""
