#!/usr/bin/env bash
# apprise 2.2.0: where a webhook (json://, form://) answers 301 or 302, as a server does that has moved to another path or to
# TLS, the message is not sent to the new place: a GET without a body goes there, and when that is answered with
# 200, `notify()` says SUCCESS. With 308 the message arrives. One would expect failure, or the message. A gate that
# asks only for that answer tells nobody of a red run: name the final address of a webhook.
set -euo pipefail

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
python3 -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet --disable-pip-version-check apprise==2.2.0
"$home/venv/bin/python" - <<'PY'
import http.server
import threading

import apprise

seen = []


class Webhook(http.server.BaseHTTPRequestHandler):
    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen.append(f"{self.command} {'with' if b'red' in body else 'without'} the message")
        old = self.path.strip("/")
        self.send_response(int(old) if old.isdigit() else 200)
        self.send_header("Location", "/new")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer

    def log_message(self, *_: object) -> None:
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
threading.Thread(target=server.serve_forever, daemon=True).start()
for code, second in ((301, "GET without"), (302, "GET without"), (308, "POST with")):
    notices = apprise.Apprise()
    notices.add(f"json://127.0.0.1:{server.server_port}/{code}")
    seen.clear()
    answer = bool(notices.notify(title="replicator", body="the run is red"))
    print(f"{code}: {answer}, {seen}")
    if not answer or seen != ["POST with the message", f"{second} the message"]:
        raise SystemExit("the finding says: True, and another second request")
server.shutdown()
PY
