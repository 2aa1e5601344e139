#!/usr/bin/env bash
# The guide's smoke test: API_ENDPOINT and API_KEY, MAX_POLL_ATTEMPTS and POLL_INTERVAL.
# All that it is given goes to pytest, for example --profile full.
set -euo pipefail

if [ -z "${API_ENDPOINT:-}" ] || [ -z "${API_KEY:-}" ]; then
  cat >&2 <<'TEXT'
The deployment is not named.
Evidence: API_ENDPOINT and API_KEY have to be set
To fix: export API_ENDPOINT=$(terraform output -raw api_endpoint) API_KEY=$(terraform output -raw api_key)
TEXT
  exit 2
fi
clone=$(cd "$(dirname "$0")/.." && pwd)
make --silent -C "$clone" .venv/.installed >&2
exec "$clone/.venv/bin/pytest" "$clone/smoke" "$@"
