"""What each command does. `proofs.cli.main` imports a module of these when its command runs, and not before."""
