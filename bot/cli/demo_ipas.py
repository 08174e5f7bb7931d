"""Which IPAs the demo publishes: a real one where a folder of them is at hand, else a made one."""

from dataclasses import dataclass
from pathlib import Path

from bot.errors import BadIpa
from bot.ipa import read_ipa
from bot.ipa.model import IpaInfo
from bot.sandbox.make_ipa import make_ipa


@dataclass(frozen=True, slots=True)
class Choice:
    """An IPA to publish."""

    path: Path
    info: IpaInfo


def pick_ipa(folder: Path, scratch: Path) -> Choice:
    """The largest file of `folder` that reads and has icon and entitlements; else a made one in `scratch`."""
    found = (
        sorted(folder.glob("*.ipa"), key=lambda p: p.stat().st_size, reverse=True) if folder.is_dir() else []
    )
    for path in found:
        info = _info(path)
        if info is not None and info.icon is not None and info.entitlements:
            return Choice(path, info)
    return _make(scratch, bundle_identifier="com.acme.app", name="Acme", version="1.0.0")


def make_successor(choice: Choice, scratch: Path) -> Choice:
    """Make the next version of the same app: same bundle ID and name, a higher version."""
    info = choice.info
    major = info.version.split(".")[0]
    version = f"{int(major) + 1 if major.isdigit() else 2}.0.0"
    return _make(scratch, bundle_identifier=info.bundle_identifier, name=info.name, version=version)


def _make(scratch: Path, *, bundle_identifier: str, name: str, version: str) -> Choice:
    path = scratch / f"Made-{version}.ipa"
    path.write_bytes(make_ipa(bundle_identifier=bundle_identifier, name=name, version=version))
    info = _info(path)
    assert info is not None, "what altpress makes, it can read"
    return Choice(path, info)


def _info(path: Path) -> IpaInfo | None:
    try:
        with path.open("rb") as file:
            return read_ipa(file, size=path.stat().st_size)
    except BadIpa:
        return None
