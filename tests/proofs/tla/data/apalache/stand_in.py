"""Stands in for Apalache: replays recorded output, and keeps what it was started with.

Beside it lie `play.json`, a list of what to do at each start, and `seen.json`, which it writes: arguments, environment,
and the files of its folder. An entry of the play has the recorded `lines` and the exit `status`, and may have the text of a
trace (`itf`), the number of lines after which the output ends (`cut`), seconds to sleep before the end, a signal to die of.
"""

import json
import os
import sys
import time
from pathlib import Path

here = Path(__file__).parent
seen_file = here / "seen.json"
seen = json.loads(seen_file.read_text(encoding="utf-8")) if seen_file.exists() else []
play = json.loads((here / "play.json").read_text(encoding="utf-8"))[len(seen)]
files = sorted(str(path.name) for path in Path.cwd().iterdir())
out = Path(next(argument.partition("=")[2] for argument in sys.argv if argument.startswith("--out-dir=")))
facts = {"arguments": sys.argv[1:], "environment": dict(os.environ), "files": files, "empty": not any(out.iterdir())}
seen_file.write_text(json.dumps([*seen, facts]), encoding="utf-8")
folder = out / "Frames.tla" / "run"
folder.mkdir(parents=True)
if play.get("itf"):
    for name in ("violation0", "violation1"):
        (folder / f"{name}.itf.json").write_text(play["itf"], encoding="utf-8")
for line in play["lines"][: play.get("cut")]:
    words = [word if "WORK/o/" not in word else f"{folder}/{word.rpartition('/')[2]}" for word in line.split(" ")]
    print(" ".join(words), flush=True)  # noqa: T201 - that is what it is for
time.sleep(play.get("sleep", 0))
if play.get("signal"):
    os.kill(os.getpid(), play["signal"])
sys.exit(play["status"])
