"""From what an IPA says about itself to what a source says about it. No I/O."""

import hashlib

from bot.errors import BadIpa
from bot.ipa.model import Icon, IpaInfo
from bot.records import Facts, IconFile

MAX_TEXT = 4_000  # characters of one usage description: `bot/source/permissions.py` publishes 1,000 at most
MAX_FACTS = 256 * 1024  # bytes of one record's facts: a lock holds one of each release, for good


def facts_from_ipa(info: IpaInfo) -> Facts:
    """The facts that a record keeps; the icon's picture itself goes to the site by `icon_file`.

    Raises BadIpa `too_large` for names that no app has: they could be compared by clients, and are not cut.
    """
    facts = Facts(
        bundle_identifier=info.bundle_identifier,
        name=info.name,
        version=info.version,
        build_version=info.build_version,
        min_os_version=info.min_os_version,
        device_families=info.device_families,
        entitlements=tuple(sorted(info.entitlements)),
        privacy={key: text[:MAX_TEXT] for key, text in sorted(info.privacy.items())},
        icon=icon_file(info.icon) if info.icon else None,
    )
    if len(facts.model_dump_json()) > MAX_FACTS:
        raise BadIpa("What the app says about itself is larger than altpress keeps.", code="too_large")
    return facts


def icon_file(icon: Icon) -> IconFile:
    """The hosted form of an icon, named by its content."""
    return IconFile(sha256=hashlib.sha256(icon.png).hexdigest(), width=icon.width, height=icon.height)
