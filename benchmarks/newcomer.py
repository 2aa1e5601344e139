"""The README's five lines as a stranger types them: a bare Debian, our wheel, an empty repository.

``python -m benchmarks.newcomer`` as root, with Docker, debootstrap and actionlint. After the lines
a case of the stranger's own is judged, which is the example of docs/writing-a-case.md, and
actionlint reads the workflow that `assay init` wrote.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from assay.environment import for_pip
from assay.process import execute

ROOT = Path(__file__).resolve().parents[1]
IMAGE = "assay-bare-debian"
# What debootstrap mounts and starts is gone with its namespaces.
MAKE = f"""set -e
unshare --mount --pid --mount-proc --fork --kill-child debootstrap --variant=minbase \
  --include=ca-certificates,git,python3,python3-venv trixie "$1/root"
tar -C "$1/root" --one-file-system --exclude='./proc/*' -c . | docker import - {IMAGE}
"""
# Each line is told with the second in which it begins; one that fails ends it all.
TYPED = """PS4='[$SECONDS s] '; set -ex; mkdir ~/theirs; cd ~/theirs; git init --quiet
{lines}
mkdir assay-cases/more; cat >assay-cases/more/unchanged-toast.sql <<'SQL'
{case}
SQL
pytest -m integration --replicator reference --cases assay-cases -k unchanged-toast
/ours/actionlint; git status --short --untracked-files=all
"""


def typed(wheel: str) -> str:
    """All that the stranger types."""
    readme = (ROOT / "README.md").read_text("utf-8")
    (lines,) = re.findall(r"## In your repository\n+```bash\n(.*?)```", readme, re.DOTALL)
    lines = lines.replace('"replicator-assay', f'"/ours/{wheel}').replace("$BROWSER", "ls")
    document = (ROOT / "docs" / "writing-a-case.md").read_text("utf-8")
    (case,) = re.findall(r"```sql\n(.*?)```", document, re.DOTALL)
    return TYPED.format(lines=lines, case=case)


def main() -> int:
    """Show what the stranger sees; 0 where every line worked."""
    env = for_pip()
    with tempfile.TemporaryDirectory(prefix="assay-newcomer-") as folder:
        pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", f"{folder}/ours"]
        execute([*pip, str(ROOT)], env=env, timeout=300)
        (wheel,) = Path(folder, "ours").glob("*.whl")
        shutil.copy(shutil.which("actionlint") or "", wheel.parent)
        execute(["sh", "-c", MAKE, "make", folder], env=env, timeout=600)
        run = ["docker", "run", "--rm", "--network=host", f"-v={wheel.parent}:/ours:ro"]
        run += [f"-v={path}:{path}:ro" for path in env.values() if Path(path).is_file()]
        run += [f"-e={name}={value}" for name, value in env.items() if name.startswith("PIP_")]
        done = execute([*run, IMAGE, "bash", "-c", typed(wheel.name)], env=env, timeout=1800)
    sys.stdout.write(f"{done.output}\n{'PASS' if done.ok else 'FAIL'}: exit {done.exit}\n")
    return 0 if done.ok else 1


if __name__ == "__main__":
    sys.exit(main())
