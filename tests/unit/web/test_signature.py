"""Who may send webhooks."""

import hashlib
import hmac

import pytest

from bot.errors import BadSignature
from bot.web.signature import check_signature

BODY = b'{"zen": "\xc3\xa9"}'
OLD, NEW = b"old secret", b"new secret"


def sign(secret: bytes, body: bytes = BODY) -> str:
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_any_of_the_valid_secrets_signs(secret: bytes) -> None:
    check_signature([OLD, NEW], BODY, sign(secret))


def test_known_vector_of_githubs_documentation() -> None:
    header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    check_signature([b"It's a Secret to Everybody"], b"Hello, World!", header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        sign(b"another"),
        sign(OLD, BODY + b" "),
        sign(OLD).upper(),
        sign(OLD).removeprefix("sha256="),
        "sha1=" + hmac.new(OLD, BODY, hashlib.sha1).hexdigest(),
        sign(OLD) + " ",
        sign(OLD) + "é",
        "x" * 100_000,
    ],
)
def test_anything_else_is_refused(header: str | None) -> None:
    with pytest.raises(BadSignature):
        check_signature([OLD, NEW], BODY, header)


@pytest.mark.parametrize("secrets", [[], [b""]])
def test_no_secret_means_nobody(secrets: list[bytes]) -> None:
    with pytest.raises(BadSignature):
        check_signature(secrets, BODY, sign(b""))
