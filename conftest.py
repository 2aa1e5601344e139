"""The plugins of the project; nothing else belongs here."""

pytest_plugins = (
    "fixtures.options",
    "fixtures.needs",
    "fixtures.servers",
    "fixtures.asked",
    "fixtures.conformance",
    "fixtures.rust",
    "fixtures.cloud",
    "fixtures.deployment",
    "fixtures.smoke",
    "fixtures.shards",
    "fixtures.report",
)
