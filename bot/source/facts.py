"""From what an IPA says about itself to what a source says about it. No I/O."""

import hashlib

from bot.ipa.model import Icon, IpaInfo
from bot.records import Facts, IconFile


def facts_from_ipa(info: IpaInfo) -> Facts:
    """The facts that a record keeps; the icon's picture itself goes to the site by `icon_file`."""
    return Facts(
        bundle_identifier=info.bundle_identifier,
        name=info.name,
        version=info.version,
        build_version=info.build_version,
        min_os_version=info.min_os_version,
        device_families=info.device_families,
        entitlements=tuple(sorted(info.entitlements)),
        privacy=dict(sorted(info.privacy.items())),
        icon=icon_file(info.icon) if info.icon else None,
    )


def icon_file(icon: Icon) -> IconFile:
    """The hosted form of an icon, named by its content."""
    return IconFile(sha256=hashlib.sha256(icon.png).hexdigest(), width=icon.width, height=icon.height)
