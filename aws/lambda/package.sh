#!/usr/bin/env bash
# Makes lambda.zip: coordinator, provisioner, reconciler, what they share, and their requirements.
# The same sources give the same bytes. Usage: package.sh [OUT]   (default: lambda.zip beside it)
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
out="$(realpath -m "${1:-$here/lambda.zip}")"
python="${PYTHON:-python3}"
stage="$(mktemp -d)"
trap 'rm -rf "$stage"' EXIT

"$python" -m pip install --quiet --disable-pip-version-check --no-compile --target "$stage" \
  --require-hashes --only-binary :all: --platform manylinux2014_x86_64 --python-version 3.12 \
  --implementation cp --no-deps --requirement "$here/requirements.txt"
for part in coordinator provisioner reconciler; do cp -R "$here/$part" "$stage/"; done
cp -R "$here/../common/jobcore" "$here/../contract" "$stage/"
rm -rf "${stage:?}"/bin
find "$stage" -name '__pycache__' -prune -exec rm -rf {} +

"$python" -I - "$stage" "$out" <<'PY'
import sys, zipfile
from pathlib import Path

stage, out = map(Path, sys.argv[1:])
ZIPPED, UNZIPPED = 50 << 20, 250 << 20  # AWS's limits
files = sorted(path for path in stage.rglob("*") if path.is_file())
out.parent.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
    for path in files:
        info = zipfile.ZipInfo(path.relative_to(stage).as_posix(), (1980, 1, 1, 0, 0, 0))
        info.external_attr, info.compress_type = 0o100644 << 16, zipfile.ZIP_DEFLATED
        package.writestr(info, path.read_bytes())
unzipped, zipped = sum(path.stat().st_size for path in files), out.stat().st_size
for what, size, limit in (("zipped", zipped, ZIPPED), ("unzipped", unzipped, UNZIPPED)):
    if size > limit:
        out.unlink()
        sys.exit(f"The package is too large {what}: {size} bytes.\n"
                 f"Evidence: the limit is {limit}\nTo fix: drop a requirement")
print(f"{out}: {len(files)} files, {zipped} bytes zipped, {unzipped} unzipped")
PY
