"""Which IPAs the demo publishes: a real one where a folder of them is at hand, else a made one."""

from dataclasses import dataclass
from pathlib import Path

from bot.errors import BadIpa
from bot.ipa import read_ipa
from bot.ipa.model import IpaInfo
from bot.sandbox.make_ipa import make_ipa


@dataclass(frozen=True, slots=True)
class Successor:
    path: Path
    version: str


def pick_ipa(folder: Path, scratch: Path) -> Path:
    """The largest file of `folder` that reads and has icon and entitlements; else a made one in `scratch`."""
    found = (
        sorted(folder.glob("*.ipa"), key=lambda p: p.stat().st_size, reverse=True) if folder.is_dir() else []
    )
    for path in found:
        info = _info(path)
        if info is not None and info.icon is not None and info.entitlements:
            return path
    made = scratch / "Acme.ipa"
    made.write_bytes(make_ipa(bundle_identifier="com.acme.app", name="Acme", version="1.0.0"))
    return made


def write_successor(ipa: Path, scratch: Path) -> Successor:
    """Make the next version of the same app: same bundle ID, name and minimum system, a higher version."""
    info = _info(ipa)
    assert info is not None, "it was readable before"
    major = info.version.split(".")[0]
    version = f"{int(major) + 1 if major.isdigit() else 2}.0.0"
    path = scratch / f"{info.name}-{version}.ipa"
    path.write_bytes(make_ipa(bundle_identifier=info.bundle_identifier, name=info.name, version=version))
    return Successor(path, version)


def _info(path: Path) -> IpaInfo | None:
    try:
        with path.open("rb") as file:
            return read_ipa(file, size=path.stat().st_size)
    except BadIpa:
        return None
