"""The lines of a lock file that some packages need: `python .ci/lock_part.py LOCK NAME|REPORT...`.

A REPORT is what `pip install --dry-run --report` wrote (a name ending in .json). With `--versions`
instead of names: all of it without digests, as pip takes it for constraints.
"""

import json
import re
import sys
from pathlib import Path

OWN = "replicator-assay"
BLOCK = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)==.*(?:\n[ \t]+.*)*", re.MULTILINE)


def normal(name: str) -> str:
    """A package's name as all its spellings are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(word: str) -> set[str]:
    """What one argument names."""
    if not word.endswith(".json"):
        return {normal(word)}
    told = json.loads(Path(word).read_text(encoding="utf-8"))["install"]
    return {normal(one["metadata"]["name"]) for one in told} - {OWN}


def main() -> int:
    """Write them to standard output; 1 where the lock does not have one of them."""
    lock, *words = sys.argv[1:]
    blocks: dict[str, list[str]] = {}
    for block in BLOCK.finditer(Path(lock).read_text(encoding="utf-8")):
        blocks.setdefault(normal(block["name"]), []).append(block[0])
    if words == ["--versions"]:
        lines = (text.partition("\\\n")[0].rstrip() for texts in blocks.values() for text in texts)
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return 0
    names = set().union(*map(wanted, words))
    if missing := sorted(names - blocks.keys()):
        sys.stderr.write(f"{lock} does not have {', '.join(missing)}\n")
        return 1
    sys.stdout.writelines(f"{text}\n" for name in sorted(names) for text in blocks[name])
    return 0


if __name__ == "__main__":
    sys.exit(main())
