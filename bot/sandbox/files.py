"""The bytes of release assets, one file each, and the short-lived signed addresses that give them out."""

import hashlib
import hmac
import tempfile
from pathlib import Path
from typing import IO
from uuid import uuid4

_CHUNK = 1 << 20
LIFETIME = 300  # seconds that a signed address is good for, as GitHub's storage does


class TooLargeError(Exception):
    """More bytes than an asset may have."""


class CutShortError(Exception):
    """Fewer bytes than were announced: the client hung up."""


class AssetFiles:
    """A folder of files with random names."""

    def __init__(self, root: Path, key: bytes) -> None:
        self._root, self._key = root, key
        root.mkdir(parents=True, exist_ok=True)

    def path(self, blob: str) -> Path:
        return self._root / blob

    def save(self, stream: IO[bytes], *, max_bytes: int, length: int | None = None) -> tuple[str, int, str]:
        """The new file's name, its size in bytes and its digest, `sha256:<hex>`.

        `length` is what was announced, where it was. Raises TooLargeError and CutShortError.
        """
        blob, digest, size = uuid4().hex, hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self._root, prefix=".part-") as file:
            while chunk := stream.read(min(_CHUNK, max_bytes + 1 - size)):
                digest.update(chunk)
                size += len(chunk)
                if size > max_bytes:
                    raise TooLargeError
                file.write(chunk)
            if length is not None and size != length:
                raise CutShortError
            file.flush()
            self.path(blob).hardlink_to(file.name)
        return blob, size, f"sha256:{digest.hexdigest()}"

    def remove(self, blob: str) -> None:
        self.path(blob).unlink(missing_ok=True)

    def sign(self, asset: int, expires: int) -> str:
        """The signature of an address that ends at `expires` (seconds since 1970)."""
        return hmac.new(self._key, f"{asset}:{expires}".encode(), hashlib.sha256).hexdigest()

    def is_signed(self, asset: int, expires: int, signature: str, *, now: float) -> bool:
        return now < expires and hmac.compare_digest(self.sign(asset, expires), signature)
