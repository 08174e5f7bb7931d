"""Backups in a bucket. Importing this imports boto3: only `bot.backup.places` does, when it is asked to.

Credentials come from where boto3 looks for them (AWS_ACCESS_KEY_ID, a profile, the machine's role), never
from a setting of altpress's.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from bot.backup.format import parse_name
from bot.backup.places import Stored
from bot.backup.reading import TAIL
from bot.backup.spool import open_spool
from bot.backup.writing import Sink
from bot.errors import BadSettings, NotFound, Unavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

PART = 16 * 1024 * 1024  # bytes; ten thousand parts are 160 GiB
MISSING = {"NoSuchKey", "404"}
ARCHIVED = "InvalidObjectState"  # a rule of the bucket moved it to Glacier
KEYS = "see AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where there is one, AWS_SESSION_TOKEN"
HINTS = {
    "AccessDenied": "its user lacks rights, docs/backup.md names the least",
    "NoSuchBucket": "there is none of this name",
    "InvalidAccessKeyId": KEYS,
    "SignatureDoesNotMatch": KEYS,
    "ExpiredToken": KEYS,
    "InvalidToken": KEYS,
    "AuthorizationHeaderMalformed": "see AWS_DEFAULT_REGION",
}
PASSING = {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "RequestTimeTooSkewed"}


class Bucket:
    """`prefix` without slashes at its ends; empty for the bucket's top."""

    def __init__(self, bucket: str, prefix: str, endpoint: str | None) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        with _told(bucket):
            config = Config(
                connect_timeout=10, read_timeout=60, retries={"max_attempts": 4, "mode": "standard"}
            )
            self._s3: S3Client = boto3.session.Session().client("s3", endpoint_url=endpoint, config=config)

    def show(self, name: str = "") -> str:
        return f"s3://{self._bucket}/{self._prefix}{name}"

    @contextmanager
    def create(self, name: str) -> Iterator[Sink]:
        """In parts, each with its checksum; S3 shows nothing until the last word, which names them all."""
        with _told(self._bucket):
            upload = _Upload(self._s3, self._bucket, self._key(name))
            try:
                yield upload
                upload.complete()
            except BaseException:
                upload.abort()
                raise
            if self._size(name) != upload.size:
                raise Unavailable(f"{self.show(name)} is not as large as what was sent.")

    def all(self) -> list[Stored]:
        with _told(self._bucket):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._prefix}altpress-"
            )
            found = [(row["Key"].removeprefix(self._prefix), row["Size"])
                     for page in pages for row in page.get("Contents", ())]  # fmt: skip
        return sorted(Stored(name, size) for name, size in found if parse_name(name))

    def tail(self, name: str) -> tuple[bytes, int]:
        """By GET: what is wrong has no words in an answer to HEAD."""
        with _told(self._bucket):
            try:
                answer = self._s3.get_object(Bucket=self._bucket, Key=self._key(name), Range=f"bytes=-{TAIL}")
            except ClientError as error:
                if _code(error) == "InvalidRange":  # it is empty
                    return b"", 0
                raise
            # a file that is all in the range has none in the answer of some storage
            whole = answer.get("ContentRange", f"/{answer['ContentLength']}")
            with closing(answer["Body"]) as body:
                return body.read(TAIL), int(whole.rpartition("/")[2])

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A copy in a file of its own that has no name: the backup is read twice.

        Whoever can write to the bucket decides how large it is: what cannot be stored is not begun.
        """
        with open_spool(self.show(name)) as spool:
            with _told(self._bucket):
                spool.expect(left := self._size(name))
                answer = self._s3.get_object(Bucket=self._bucket, Key=self._key(name))
                with closing(answer["Body"]) as body:
                    for piece in body.iter_chunks(PART // 16):
                        left -= len(piece)
                        if left < 0:
                            raise Unavailable(f"{self.show(name)} is larger than its storage says.")
                        spool.write(piece)
            spool.file.seek(0)
            yield spool.file

    def remove(self, name: str) -> None:
        with _told(self._bucket):
            self._s3.delete_object(Bucket=self._bucket, Key=self._key(name))

    def _size(self, name: str) -> int:
        return self._s3.head_object(Bucket=self._bucket, Key=self._key(name))["ContentLength"]

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"


class _Upload:
    """What is written goes up part by part; one part is held."""

    def __init__(self, s3: "S3Client", bucket: str, key: str) -> None:
        self._s3, self._bucket, self._key = s3, bucket, key
        self._held = bytearray()
        self._parts: list[CompletedPartTypeDef] = []
        self._open = True
        started = s3.create_multipart_upload(
            Bucket=bucket, Key=key, ContentType="application/gzip", ChecksumAlgorithm="SHA256"
        )
        self._id = started["UploadId"]
        self.size = 0

    def write(self, data: bytes) -> None:
        self._held += data
        self.size += len(data)
        while len(self._held) >= PART:
            self._send(bytes(self._held[:PART]))
            del self._held[:PART]

    def complete(self) -> None:
        if self._held:
            self._send(bytes(self._held))
        self._s3.complete_multipart_upload(
            Bucket=self._bucket, Key=self._key, UploadId=self._id, MultipartUpload={"Parts": self._parts}
        )
        self._open = False

    def abort(self) -> None:
        """What was sent is not kept; where even that fails, a rule of the bucket's clears it."""
        if self._open:
            with _quiet():
                self._s3.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._id)

    def _send(self, data: bytes) -> None:
        number = len(self._parts) + 1
        sent = self._s3.upload_part(
            Bucket=self._bucket, Key=self._key, UploadId=self._id, PartNumber=number, Body=data,
            ChecksumAlgorithm="SHA256",
        )  # fmt: skip
        part: CompletedPartTypeDef = {"ETag": sent["ETag"], "PartNumber": number}
        if "ChecksumSHA256" in sent:  # not every storage knows it; then it is told by its ETag alone
            part["ChecksumSHA256"] = sent["ChecksumSHA256"]
        self._parts.append(part)


@contextmanager
def _quiet() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError):
        return


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))[:40]


@contextmanager
def _told(bucket: str) -> Iterator[None]:
    """boto3's failures as ours; its own words may hold addresses and key ids, and are not shown."""
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError):
        raise BadSettings(
            "There are no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from None
    except ClientError as error:
        code = _code(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in MISSING:
            raise NotFound(f"There is no such backup in the bucket {bucket}.") from None
        if code == ARCHIVED:
            raise BadSettings(
                f"The backup in the bucket {bucket} is archived: have the storage bring it back first "
                "(`aws s3api restore-object`)."
            ) from None
        if code in PASSING or status >= 500:
            raise Unavailable(f"The storage of the bucket {bucket} does not work now ({code}).") from None
        hint = HINTS.get(code, "see docs/backup.md for what it needs")
        raise BadSettings(f"The storage refuses the bucket {bucket} to altpress ({code}): {hint}.") from None
    except (BotoCoreError, ValueError) as error:
        raise Unavailable(
            f"The storage of the bucket {bucket} does not answer ({type(error).__name__})."
        ) from None
