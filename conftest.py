"""The plugins of the project; nothing else belongs here."""

pytest_plugins = (
    "fixtures.asked",
    "fixtures.options",
    "fixtures.needs",
    "fixtures.servers",
    "fixtures.conformance",
    "fixtures.rust",
    "fixtures.cloud",
    "fixtures.deployment",
    "fixtures.smoke",
    "fixtures.report",
)
