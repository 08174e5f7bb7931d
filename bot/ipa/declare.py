"""What a source must declare so that the clients install the app. No I/O.

The clients' algorithm to the letter (AltStore `VerifyAppOperation.swift`:179-274, AltSign
`ALTApplication.mm`:153-228), and apart from it the wider set, which looks at every bundle and both
signature slots. Declaring more than needed is never an error to a client.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.ipa.bundles import FoundBundle
from bot.ipa.entitlements import Signature
from bot.ipa.model import BundleKind

_EXEMPT = frozenset({"application-identifier", "com.apple.developer.team-identifier"})
_DEBUG = "get-task-allow"


@dataclass(frozen=True, slots=True)
class SignedBundle:
    """A bundle with the signature of each slice of its executable, in file order."""

    found: FoundBundle
    signatures: tuple[Signature, ...] = ()

    @property
    def entitlements(self) -> dict[str, Any]:
        """As the clients read them: slot 5 of the first slice where it holds anything."""
        return next((s.xml for s in self.signatures if s.xml is not None), {})


@dataclass(frozen=True, slots=True)
class Declaration:
    entitlements: tuple[str, ...]  # sorted
    privacy: dict[str, str]


def build_declaration(app: SignedBundle, others: Sequence[SignedBundle]) -> Declaration:
    """What must be declared: over the app and the extensions directly inside its PlugIns folder."""
    examined = [app, *(other for other in others if _is_examined(other.found, app.found.path))]
    names = {name for bundle in examined for name in bundle.entitlements}
    return Declaration(_without_exempt(names, app), _merge_privacy(examined))


def build_wider_declaration(app: SignedBundle, others: Sequence[SignedBundle]) -> Declaration:
    """What a superset would declare: over all bundles, all slices, XML and DER.

    Of privacy keys for one kind of device (`…~ipad`) the plain name too: whether iOS folds them before the
    client looks is not known.
    """
    bundles = [app, *others]
    names = {
        name
        for bundle in bundles
        for signature in bundle.signatures
        for name in (*(signature.xml or ()), *(signature.der or ()))
    }
    privacy = _merge_privacy(bundles)
    plain = {key.partition("~")[0]: text for key, text in privacy.items() if "~" in key}
    return Declaration(_without_exempt(names, app), dict(sorted((plain | privacy).items())))


def _is_examined(found: FoundBundle, app: str) -> bool:
    """Whether the client makes an ALTApplication of it: what lacks an identifier or a name is skipped.

    Only whether they are there is asked, not what they are (`ALTApplication.mm`:56-62).
    """
    info = found.info or {}
    return (
        found.kind is BundleKind.APPEX
        and found.path.rpartition("/")[0] == f"{app}/PlugIns"
        and "CFBundleIdentifier" in info
        and ("CFBundleDisplayName" in info or "CFBundleName" in info)
    )


def _without_exempt(names: Iterable[str], app: SignedBundle) -> tuple[str, ...]:
    """Sorted, without the two exempt names; `get-task-allow` goes only where the app itself says false."""
    exempt = _EXEMPT | {_DEBUG} if app.entitlements.get(_DEBUG) is False else _EXEMPT
    return tuple(sorted(set(names) - exempt))


def _merge_privacy(bundles: Iterable[SignedBundle]) -> dict[str, str]:
    """Keys sorted; of several texts the first that is not empty, the app's before its extensions'."""
    texts: dict[str, str] = {}
    for bundle in bundles:
        for key, text in bundle.found.privacy.items():
            texts[key] = texts.get(key) or text
    return dict(sorted(texts.items()))
