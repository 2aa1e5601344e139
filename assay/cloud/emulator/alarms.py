"""DescribeAlarms with all fields: without them Terraform sees a difference for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudwatch

FIELDS = (
    "AlarmName", "AlarmArn", "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions",
    "InsufficientDataActions", "StateValue", "StateReason", "MetricName", "Namespace", "Statistic",
    "ExtendedStatistic", "Dimensions", "Period", "Unit", "EvaluationPeriods", "DatapointsToAlarm",
    "Threshold", "ComparisonOperator", "TreatMissingData",
)  # fmt: skip


def install() -> None:
    """Answer the query protocol in full; the other protocols are."""
    describe = cloudwatch._describe_alarms

    def complete(params: Any, cbor: Any, is_cbor: bool, is_json: bool = False) -> Any:  # noqa: FBT001, FBT002
        if is_cbor or is_json:
            return describe(params, cbor, is_cbor, is_json)
        members = "".join(f"<member>{_fields(alarm)}</member>" for alarm in _chosen(params))
        result = f"<MetricAlarms>{members}</MetricAlarms>"
        body = f"<DescribeAlarmsResult>{result}</DescribeAlarmsResult>"
        return cloudwatch._xml(200, "DescribeAlarmsResponse", body)

    cloudwatch._describe_alarms = complete


def _chosen(params: Any) -> Iterator[dict[str, Any]]:
    asked = (cloudwatch._p(params, f"AlarmNames.member.{i}") for i in range(1, 101))
    names = [name for name in asked if name]
    prefix = cloudwatch._p(params, "AlarmNamePrefix")
    state = cloudwatch._p(params, "StateValue")
    for name, alarm in sorted(cloudwatch._alarms.items()):
        wanted = not names or name in names
        if wanted and name.startswith(prefix or "") and state in ("", None, alarm["StateValue"]):
            yield alarm


def _fields(alarm: dict[str, Any]) -> str:
    return "".join(
        f"<{name}>{_value(name, alarm[name])}</{name}>"
        for name in FIELDS
        if alarm.get(name) not in (None, "", [])
    )


def _value(name: str, value: Any) -> str:
    if name == "Dimensions":
        return "".join(
            f"<member><Name>{escape(one['Name'])}</Name><Value>{escape(one['Value'])}</Value></member>"
            for one in value
        )
    if isinstance(value, list):
        return "".join(f"<member>{escape(str(one))}</member>" for one in value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))
