"""Runs a command that must not outlive whoever started it: `kill_with_parent.py COMMAND...`, with standard input from its keeper.

A server does not end by itself. When the keeper closes its end of the pipe, or dies of whatever signal, the whole process
group is killed, this program with it.
"""

import os
import signal
import subprocess
import sys
import threading


def _kill_when_let_go() -> None:
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603 - the keeper's command
    threading.Thread(target=_kill_when_let_go, daemon=True).start()
    os._exit(child.wait() & 0xFF)  # the thread still holds standard input
