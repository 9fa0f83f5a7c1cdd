"""The command that rewrites a policy of an earlier version (`proofs.policies.earlier.renaming`)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from proofs.policies.earlier.renaming import port

__all__ = ["main"]

EPILOG = "Exit 0: done; 1: something is left that needs a hand, each place is printed; 2: a file cannot be read."


def main(argv: list[str]) -> int:
    """Rewrite the files named."""
    parser = argparse.ArgumentParser(prog="python -m proofs.policies.port", description=__doc__, epilog=EPILOG)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a policy, or a helper beside it")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if something would change too")
    wish = parser.parse_args(argv)
    changed = left = False
    for path in wish.files:
        try:
            text = path.read_text(encoding="utf-8")
            new = port(text)
        except (OSError, ValueError, SyntaxError) as error:
            sys.stderr.write(f"{path}: {error}\n")
            return 2
        changed, left = changed or new.text != text, left or bool(new.left)
        if new.text != text and not wish.check:
            path.write_text(new.text, encoding="utf-8")
        sys.stdout.write(f"{path}: {'rewritten' if new.text != text else 'nothing to rewrite'}\n")
        for line, what in new.left:
            sys.stdout.write(f"{path}:{line}: needs a hand: {what}\n")
    return int(left or (wish.check and changed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
