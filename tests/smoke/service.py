"""The shipped handler and worker in this process, behind HTTP; the account is moto's."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import boto3
from botocore.client import BaseClient
from moto import mock_aws

import worker.work
from assay.cloud import images
from assay.deployment import release
from coordinator import app
from coordinator.settings import settings
from jobcore.records import Records
from jobcore.sealing import Sealer
from tests.aws.tables import make_table
from worker.logs import JobLog
from worker.replicator import Replicator
from worker.settings import Settings

KEY, REVOKED, GROUP = "rk_3c1f8a0bTESTdeadbeef", "rk_withdrawn0000", "/p/worker"
LIMIT = 6  # active jobs
LARGEST = 1 << 20  # bytes of a body that the gateway takes
BOOT = 1.0  # seconds until a machine runs its worker
BUSY = threading.Lock()  # a function's instance serves one event at a time
CALL = threading.RLock()  # moto's dictionaries bear one call at a time, workers' included


@dataclass
class Service:
    """Where it answers; what its workers run. `handle` may be wrapped by a defect."""

    url: str = ""
    folder: Path = field(default_factory=Path)
    threads: list[threading.Thread] = field(default_factory=list)

    def install(self, name: str) -> None:
        """Put a replicator into the workers' image."""
        (self.folder / images.REPLICATOR).mkdir(parents=True, exist_ok=True)
        images.install(self.folder, release.named(name))

    def launch(self, job_id: str) -> None:
        """Begin a worker for a job."""
        thread = threading.Timer(BOOT, self._work, (job_id,))
        thread.daemon = True
        self.threads.append(thread)
        thread.start()

    def _work(self, job_id: str) -> None:
        given = settings()
        its = Settings(given.table, "us-east-1", given.key_arn, GROUP, 0.2, 60,
                       allow_private_addresses=True)  # fmt: skip
        work = worker.work.Work(
            job_id=job_id,
            instance_id=f"i-{job_id[:8]}",
            settings=its,
            records=Records(boto3.client("dynamodb"), given.table),
            sealer=Sealer(boto3.client("kms"), given.key_arn),
            log=JobLog(boto3.client("logs"), group=GROUP, job_id=job_id),
            replicator=Replicator.of(self.folder / images.REPLICATOR),
        )
        with tempfile.TemporaryDirectory() as private:
            work.do(Path(private))


@contextmanager
def serving(*, private_addresses: bool = False) -> Iterator[Service]:
    """A whole service for the time of the block."""
    with ExitStack() as undo:
        undo.enter_context(mock.patch.dict("os.environ", {
            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}))  # fmt: skip
        undo.enter_context(mock_aws())
        undo.enter_context(mock.patch.object(BaseClient, "_make_api_call", _one_at_a_time()))
        undo.enter_context(mock.patch.object(socket, "getaddrinfo", _without_a_resolver()))
        undo.enter_context(
            mock.patch.dict("os.environ", _account(private_addresses=private_addresses))
        )
        undo.enter_context(mock.patch.object(app.metrics.provider, "namespace", "p"))
        undo.enter_context(mock.patch.object(worker.work, "PATIENCE", 2.0))
        undo.enter_context(mock.patch.object(worker.work, "STEP", 0.02))
        for cached in (settings, app.jobs, app.keys):
            cached.cache_clear()
        service = Service(folder=Path(undo.enter_context(tempfile.TemporaryDirectory())))
        service.install("reference")
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        undo.callback(server.server_close)
        undo.callback(server.shutdown)
        service.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield service
        for thread in service.threads:
            thread.join(30)


def _one_at_a_time() -> Callable[..., Any]:
    real = BaseClient._make_api_call

    def call(client: BaseClient, *given: Any, **named: Any) -> Any:
        with CALL:
            return real(client, *given, **named)

    return call


def _without_a_resolver() -> Callable[..., Any]:
    real = socket.getaddrinfo

    def resolve(host: Any, *given: Any, **named: Any) -> Any:
        """What never resolves (RFC 6761) does not depend on a resolver that may take its time."""
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *given, **named)

    return resolve


def _account(*, private_addresses: bool) -> dict[str, str]:
    """Make what the functions need; the variables that name it to them."""
    make_table("jobs")
    boto3.client("logs").create_log_group(logGroupName=GROUP)
    boto3.client("ssm").put_parameter(
        Name="/p/api-keys", Value=json.dumps([KEY]), Type="SecureString"
    )
    return {
        "JOBS_TABLE": "jobs",
        "QUEUE_URL": boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"],
        "KEY_ARN": boto3.client("kms").create_key()["KeyMetadata"]["Arn"],
        "API_KEYS_PARAMETER": "/p/api-keys",
        "MAX_ACTIVE_JOBS": str(LIMIT),
        "ALLOW_PRIVATE_ADDRESSES": str(private_addresses).lower(),
        "WORKER_LOG_GROUP": GROUP,
        "POWERTOOLS_SERVICE_NAME": "coordinator",
    }


def route_of(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """The route as API Gateway finds it, and the path's parameters."""
    parts = urlsplit(path).path.split("/")[1:]
    if (method, parts) in (("POST", ["jobs"]), ("GET", ["healthz"])):
        return f"{method} /{parts[0]}", {}
    if method == "GET" and len(parts) == 2 and parts[0] == "jobs" and parts[1]:
        return "GET /jobs/{job_id}", {"job_id": parts[1]}
    return None


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Gateway(BaseHTTPRequestHandler):
        """Events for the handler from requests, as API Gateway makes them."""

        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            if length > LARGEST:
                self.close_connection = True
                return self.say(413, {}, '{"message": "Request Entity Too Large"}')
            body = self.rfile.read(length)
            found = route_of(self.command, self.path)
            if found is None:
                return self.say(404, {}, '{"message": "Not Found"}')
            event = self.event(body, *found)
            try:
                with BUSY:
                    answered = app.handler(event, None)
            except Exception:  # noqa: BLE001  (whatever a function raises, the gateway answers)
                return self.say(500, {}, '{"message": "Internal Server Error"}')
            if answered["statusCode"] == 201:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    service.launch(event.get("launched") or json.loads(answered["body"])["job_id"])
            return self.say(answered["statusCode"], answered["headers"], answered["body"])

        def event(self, body: bytes, route: str, parameters: dict[str, str]) -> dict[str, object]:
            headers: dict[str, str] = {}
            for name, value in self.headers.items():
                known = headers.get(name.lower())
                headers[name.lower()] = value if known is None else f"{known},{value}"
            try:
                text, coded = body.decode("utf-8"), False
            except UnicodeDecodeError:
                text, coded = base64.b64encode(body).decode(), True
            return {
                "routeKey": route,
                "rawPath": self.path,
                "headers": headers,
                "pathParameters": parameters,
                "body": text,
                "isBase64Encoded": coded,
            }

        def say(self, status: int, headers: dict[str, str], text: str) -> None:
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            data = text.encode()
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_TRACE = answer  # noqa: N815

        def send_error(self, code: int, *_: object) -> None:
            self.say(404, {}, '{"message": "Not Found"}')  # a method that nobody knows

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):
                super().handle()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    return Gateway
