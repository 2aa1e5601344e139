"""Throttling of an HTTP API's stage: 429 when its token bucket is empty."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.services import apigateway

Answer = tuple[int, dict[str, str], bytes]
TOO_MANY: Answer = (
    429, {"Content-Type": "application/json"}, b'{"message":"Too Many Requests"}')  # fmt: skip


@dataclass(slots=True)
class Bucket:
    """Tokens that come back at a rate, at most `burst` of them."""

    burst: float
    tokens: float
    filled: float = field(default_factory=time.monotonic)

    def take(self, rate: float) -> bool:
        """Take one if there is one."""
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.filled) * rate)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


_buckets: dict[tuple[str, str, str], Bucket] = {}
_lock = threading.Lock()


def install() -> None:
    """Obey a stage's and a route's throttling settings."""
    execute = apigateway._handle_execute_in_scope

    async def limited(
        api_id: str, stage: str, path: str, method: str, *rest: Any, **named: Any
    ) -> Any:
        if not _let_through(api_id, stage, path, method):
            return TOO_MANY
        return await execute(api_id, stage, path, method, *rest, **named)

    apigateway._handle_execute_in_scope = limited


def _let_through(api_id: str, stage: str, path: str, method: str) -> bool:
    settings = (apigateway._stages.get(api_id) or {}).get(stage) or {}
    route = apigateway._match_route(api_id, method, "/" + path.lstrip("/"))
    if not route:
        return True
    key = route.get("routeKey", "$default")
    limits = dict(settings.get("defaultRouteSettings") or {})
    limits |= {k: v for k, v in ((settings.get("routeSettings") or {}).get(key) or {}).items() if v}
    rate, burst = limits.get("throttlingRateLimit"), limits.get("throttlingBurstLimit")
    if not rate or not burst:
        return True
    with _lock:
        bucket = _buckets.setdefault((api_id, stage, key), Bucket(float(burst), float(burst)))
        bucket.burst = float(burst)
        return bucket.take(float(rate))
