"""What may be said of an error of ours: its kind, never its message, which may carry a secret."""

from __future__ import annotations

from botocore.exceptions import ClientError


def described(error: BaseException) -> str:
    """For a log: the code and operation of an AWS call that failed, else the exception's class."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error']['Code']}"
    return type(error).__name__
