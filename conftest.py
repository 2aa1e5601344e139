"""The plugins of the project; nothing else belongs here."""

pytest_plugins = (
    "fixtures.options",
    "fixtures.asked",
    "fixtures.needs",
    "fixtures.servers",
    "fixtures.conformance",
    "fixtures.rust",
    "fixtures.cloud",
    "fixtures.deployment",
    "fixtures.smoke",
    "fixtures.report",
)
