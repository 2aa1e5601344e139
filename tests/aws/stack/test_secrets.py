"""Passwords planted in both URLs turn up nowhere: not answered, logged, stored, shown to others."""

from __future__ import annotations

import os
import threading
import uuid
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from assay.clock import pause
from assay.cloud import images
from assay.jobs.contract import Status
from assay.jobs.judged import canaries
from assay.postgres.credentials import scram_verifier
from assay.postgres.session import connect, identifier, literal
from assay.redact import Secret

# What a URL, base64, JSON, SQL and a passfile each spell in their own way.
PASSWORDS = {"source": 'Ca:na/ry "one"\\?&=%', "target": "Ca'na@ry+two$#~{}|"}


@pytest.fixture
def spec(pair, databases):
    """A specification whose roles have the canaries as passwords, of this test alone.

    The process list is the whole machine's: another run's canaries are not this one's.
    """
    seen, mark = {}, uuid.uuid4().hex
    passwords = {side: f"{text}{mark}" for side, text in PASSWORDS.items()}
    for side in ("source", "target"):
        role = f"{pair.database}_{side}"
        pair.record(side, "role", role)
        pair.allow("target", "role", role)  # where the replicator carries it
        verifier = scram_verifier(passwords[side], salt=b"0123456789abcdef")
        with connect(pair.server_pair.server(side).address()) as session:
            session.execute(
                f"create role {identifier(role)} superuser login"
                f" password {literal(verifier)}".encode()
            )
        address = getattr(databases, f"{side}_of_worker")
        seen[f"{side}_of_worker"] = address.as_role(role, Secret(passwords[side]))
    return replace(databases, **seen).spec()


class Everything:
    """All that can be read of a stack from outside, and what was seen while a job ran."""

    def __init__(self, stack, forms):
        self.stack, self.forms = stack, forms
        self.found, self.looked_at = [], 0
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch_processes)

    def look(self, where, text):
        """Search one text."""
        self.looked_at += len(text)
        self.found += [f"{where}: {form}" for form in self.forms if form in text]

    def __enter__(self):
        self._watcher.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._watcher.join(10)

    def _watch_processes(self):
        while not self._over.is_set():
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    line = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    self.look("process list", line)
            pause(0.01)

    def look_at_stack(self):
        """Records, logs, user data, parameters, state, whatever lies in files."""
        cloud = self.stack.cloud
        self.look("records", str(self.stack.records()))
        logs = cloud.client("logs")
        groups = logs.describe_log_groups()["logGroups"]
        for group in groups:
            name = group["logGroupName"]
            events = logs.filter_log_events(logGroupName=name)["events"]
            self.look(f"log {name}", str([event["message"] for event in events]))
        for instance in cloud.instances():
            self.look("user data", str(instance))
        pages = cloud.client("ssm").describe_parameters()["Parameters"]
        for parameter in pages:
            self.look("parameters", str(cloud.client("ssm").get_parameter(Name=parameter["Name"])))
        for queue in ("queue_url", "dead_letter_queue_url"):
            messages = cloud.client("sqs").receive_message(
                QueueUrl=self.stack.outputs[queue], VisibilityTimeout=0, MaxNumberOfMessages=10
            )
            self.look(queue, str(messages))
        for top in (cloud.state, self.stack.terraform.folder):
            for folder, _, names in os.walk(top):
                for path in (Path(folder) / name for name in names):
                    with suppress(OSError):  # gone meanwhile
                        self.look(str(path), path.read_bytes().decode("utf-8", "replace"))


@pytest.mark.parametrize("broken", [False, True], ids=["completes", "fails"])
def test_no_spelling_of_a_password_is_seen_anywhere(stack, jobs, spec, pair, broken):
    forms = canaries(spec)
    assert len(forms) >= 10
    if broken:  # an error that shows what was connected to
        spec = {**spec, "source_url": spec["source_url"].replace(f"/{pair.database}", "/nowhere")}
        spec["filter"] = {"include_databases": ["nowhere"]}
    with Everything(stack, forms) as everything:
        accepted = jobs.submit(spec)
        watch = jobs.wait(accepted, timeout=60, every=0.05)
        everything.look("answers", str(watch.views))
        everything.look_at_stack()
    wanted = Status.FAILED if broken else Status.COMPLETED
    assert watch.states[-1] is wanted, watch.views[-1].error
    assert everything.looked_at > 100_000
    assert everything.found == []


def test_a_tool_that_takes_urls_only_shows_them_in_the_process_list(stack, jobs, spec, replicator):
    """The finding about such a tool, and the proof that the search would see it."""
    program = ("/bin/sh", "-c", "sleep 1")
    replicator(images.Program(program, passwords="urls", pin="hostaddr"))
    with Everything(stack, canaries(spec)) as everything:
        watch = jobs.wait(jobs.submit(spec), timeout=60, every=0.05)
        everything.look("answers", str(watch.views))
        everything.look_at_stack()
    assert watch.states[-1] is Status.COMPLETED
    assert {where.partition(":")[0] for where in everything.found} == {"process list"}


def test_the_search_finds_what_is_there(stack, tmp_path):
    everything = Everything(stack, ("canary",))
    everything.look("here", "a canary sings")
    assert everything.found == ["here: canary"]
