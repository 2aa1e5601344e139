"""Schedules on request: ``POST /_assay/schedules`` lets every rule that has one be due now.

What follows is what happens when its time has come: the rule invokes its targets.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ministack import app
from ministack.services import eventbridge

PATH = "/_assay/schedules"


def install() -> None:
    """Put the request where the others pass."""
    serve = app.app

    async def serve_or_tick(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await serve(scope, receive, send)
            return
        eventbridge._rule_last_fired.update(dict.fromkeys(list(eventbridge._rules._data), 0.0))
        await asyncio.to_thread(eventbridge._tick_scheduled_rules)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app.app = serve_or_tick
