"""Faults on request: refused calls, crashed functions, lost answers.

A fault is a rule: what it matches, what happens, how often. ``GET /_assay/faults`` shows how often
each took effect: the witness without which a test must not count it.
"""

from __future__ import annotations

import fnmatch
import itertools
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.services import lambda_svc, sts

PATH = "/_assay/faults"
KINDS = ("refuse", "crash", "lose-answer")
Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Fault:
    """One rule. `times` is how often it still happens, `happened` how often it did.

    ``refuse``: an AWS call `service:Operation` (wildcards) gets the error `code`; with `caller`
    only where the caller's ARN fits it (wildcards).
    ``crash``: an invocation of the function `target` fails before it runs.
    ``lose-answer``: a call of an HTTP API, `METHOD /path`, is done and its answer thrown away:
    the connection closes before the body.
    """

    kind: str
    target: str
    times: int
    code: str = ""
    status: int = 400
    caller: str = "*"
    happened: int = 0
    number: int = 0


_faults: dict[int, Fault] = {}
_numbers = itertools.count(1)
_lock = threading.Lock()


def happens(kind: str, target: str, *, caller: str = "") -> Fault | None:
    """The first rule that applies now; it has then happened once more."""
    with _lock:
        for fault in _faults.values():
            fits = fnmatch.fnmatchcase(target, fault.target)
            if (
                fault.kind == kind
                and fault.times
                and fits
                and fnmatch.fnmatchcase(caller, fault.caller)
            ):
                fault.times -= 1
                fault.happened += 1
                return fault
    return None


def install() -> None:
    """Put the rules where calls, invocations and answers pass."""
    dispatch, execute, serve = app._dispatch_service_request, lambda_svc._execute_function, app.app

    async def dispatch_or_refuse(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Any, request_id: str
    ) -> Any:
        called = _called(headers, body)
        fault = happens("refuse", called, caller=_caller(headers)) if called else None
        if fault is None:
            return await dispatch(method, path, headers, body, query, request_id)
        return _refusal(fault, headers)

    def execute_or_crash(function: dict[str, Any], event: dict[str, Any]) -> Any:
        name = (function.get("config") or function).get("FunctionName", "")
        if happens("crash", name) is None:
            return execute(function, event)
        said = {"errorType": "Runtime.ExitError", "errorMessage": "crashed on request"}
        return {"body": said, "error": True, "function_error": "Unhandled", "log": ""}

    async def serve_or_lose(scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] != "http":
            await serve(scope, receive, send)
        elif scope["path"] == PATH:
            await _administer(scope, receive, send)
        elif (target := _api_call(scope)) is None or happens("lose-answer", target) is None:
            await serve(scope, receive, send)
        else:
            await serve(scope, receive, _thrown_away)
            # The server answers for a handler that fails before it has begun to.
            headers = [(b"content-length", b"1")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            raise ConnectionAbortedError("answer lost on request")

    app._dispatch_service_request = dispatch_or_refuse
    lambda_svc._execute_function = execute_or_crash
    app.app = serve_or_lose


async def _thrown_away(_message: dict[str, Any]) -> None:
    return None


def _called(headers: dict[str, str], body: bytes) -> str:
    """`service:Operation` of an AWS call, empty for what is none."""
    target = headers.get("x-amz-target", "")
    if target:
        service, _, operation = target.rpartition(".")
        return f"{service.partition('_')[0].replace('Amazon', '').lower()}:{operation}"
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
        scope = headers.get("authorization", "").partition("Credential=")[2].split("/")
        return f"{scope[3]}:{action}" if len(scope) > 3 else ""
    return ""


def _caller(headers: dict[str, str]) -> str:
    """The ARN of the role that calls; empty for the account's own key."""
    access_key = headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]
    arn: str = sts._sessions.get(access_key, {}).get("Arn", "")
    return arn


def _refusal(fault: Fault, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    if headers.get("x-amz-target"):
        body = {"__type": fault.code, "message": "refused on request"}
        kind = {"content-type": "application/x-amz-json-1.0", "x-amzn-errortype": fault.code}
        return fault.status, kind, json.dumps(body).encode()
    xml = (
        f"<Response><Errors><Error><Code>{fault.code}</Code><Message>refused on request</Message>"
        "</Error></Errors><RequestID>assay</RequestID></Response>"
    )
    return fault.status, {"content-type": "text/xml"}, xml.encode()


def _api_call(scope: Scope) -> str | None:
    """`METHOD /path` of a call to an HTTP API in path form."""
    parts = scope["path"].split("/", 5)
    if scope["path"].startswith("/_aws/execute-api/") and len(parts) == 6:
        return f"{scope['method']} /{parts[5]}"
    return None


async def _administer(scope: Scope, receive: Any, send: Send) -> None:
    """POST a rule, GET all of them, DELETE all of them."""
    status: int = 200
    answer: dict[str, Any] = {}
    if scope["method"] == "POST":
        status, answer = _add(await _body(receive))
    elif scope["method"] == "DELETE":
        with _lock:
            _faults.clear()
    else:
        with _lock:
            answer = {str(number): asdict(fault) for number, fault in _faults.items()}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


def _add(body: bytes) -> tuple[int, dict[str, Any]]:
    try:
        fault = Fault(**json.loads(body))
    except (ValueError, TypeError) as error:
        return 400, {"error": str(error)}
    if fault.kind not in KINDS:
        return 400, {"error": f"kind must be one of {', '.join(KINDS)}"}
    with _lock:
        fault.number = next(_numbers)
        _faults[fault.number] = fault
    return 201, asdict(fault)


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
