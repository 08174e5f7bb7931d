"""What libraries say of their own work, and altpress's log does not repeat."""

import logging
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from config import log

TOKEN = "session-token-of-a-role"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The loggers as they were."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:], logging.root.level = handlers, level
    logging.captureWarnings(capture=False)


def test_signing_for_storage_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    """At DEBUG boto3 writes down each request with its headers: the token of a machine's role is one of them.
    No mask knows it, for it comes from no setting.
    """
    log.configure("DEBUG")
    client = boto3.session.Session(
        aws_access_key_id="key", aws_secret_access_key="word", aws_session_token=TOKEN
    ).client("s3", region_name="us-east-1")
    sent: list[str] = []
    headers: Any = {}

    def answer(request: object, **_: object) -> Any:
        sent.append(str(getattr(request, "headers", "")))
        return AWSResponse("https://example.com", 200, headers, Empty())

    client.meta.events.register("before-send", answer)
    client.put_object(Bucket="backups", Key="altpress", Body=b"")
    assert TOKEN in sent[0]  # it is how storage knows who asks
    assert TOKEN not in capsys.readouterr().out


class Empty:
    """A body of nothing."""

    def stream(self) -> Iterator[bytes]:
        return iter(())
