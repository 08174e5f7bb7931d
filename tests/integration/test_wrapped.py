"""What developers upload that is no `.ipa`, from the webhook to the commit, with everything real."""

import hashlib
import io
import json
import zipfile
from typing import Any

from bot.clients import check_source
from bot.ipa.model import Severity
from bot.sandbox.make_ipa import make_ipa
from tests.installation import APP, KEY, Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]
IPA = make_ipa(version="1.0")
SHA256 = hashlib.sha256(IPA).hexdigest()


def start(bot: Installation, app: str) -> None:
    bot.hub.push({"altpress.yml": f"name: Acme\napps:\n  - repository: {APP}\n{app}"})
    bot.sweep()


def versions(bot: Installation) -> list[dict[str, Any]]:
    text = bot.hub.file("apps.json")
    problems = check_source(text.encode(), ["altstore", "sidestore"])
    assert [problem for problem in problems if problem.severity is Severity.ERROR] == []
    return [version for app in json.loads(text)["apps"] for version in app["versions"]]


def zip_around(ipa: bytes, method: int) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        archive.writestr("Acme-iOS/README.txt", b"Unpack me.")
        archive.writestr("Acme-iOS/Acme.ipa", ipa)
        archive.writestr("__MACOSX/Acme-iOS/._Acme.ipa", b"\0")
    return data.getvalue()


def test_a_tipa_is_an_ipa(installation: Installation) -> None:
    bot = installation
    start(bot, "    assets: ['*.tipa']\n")
    bot.hub.release("v1.0", {"Acme.tipa": IPA, "Acme.zip": b"sources"})
    bot.drain()
    [version] = versions(bot)
    assert (version["version"], version["size"]) == ("1.0", len(IPA))
    assert version["sha256"] == SHA256
    assert version["downloadURL"].endswith("/acme/app/releases/download/v1.0/Acme.tipa")


def test_a_zip_is_published_as_the_ipa_inside(installation: Installation) -> None:
    bot = installation
    asked = "    wrapped: true\n    download-url: https://cdn.example/{tag}/{file}\n"
    start(bot, "    assets: ['*.zip']\n" + asked)
    bot.hub.release("v1.0", {"Acme.zip": zip_around(IPA, zipfile.ZIP_STORED)})
    bot.drain()
    [version] = versions(bot)
    assert (version["version"], version["size"]) == ("1.0", len(IPA))
    assert version["downloadURL"] == "https://cdn.example/v1.0/Acme.ipa"
    assert "sha256" not in version, "GitHub's is that of the zip"
    bot.hub.push({"altpress.yml": "hashes: true\n" + bot.hub.file("altpress.yml")})
    bot.drain()
    assert versions(bot) == [{**version, "sha256": SHA256}]
    with bot.emptied() as empty:
        before = bot.hub.commits()
        empty.sweep()
        assert bot.hub.commits() == before, "the lock tells everything"
        assert empty.context.github.requests["asset"] == 0


def test_a_zip_that_nobody_asked_for_is_refused_until_somebody_does(installation: Installation) -> None:
    bot = installation
    start(bot, "    assets: ['*.zip']\n")
    bot.hub.release("v1.0", {"Acme.zip": zip_around(IPA, zipfile.ZIP_DEFLATED)})
    bot.drain()
    assert versions(bot) == []
    [record] = bot.store.records.of_site(KEY)
    assert record.verdict.code == "bad_ipa.wraps_ipa"
    assert "wrapped: true" in (record.verdict.reason or "")
    start(bot, "    assets: ['*.zip']\n    wrapped: true\n    download-url: https://cdn.example/{file}\n")
    [version] = versions(bot)
    assert (version["downloadURL"], version["size"]) == ("https://cdn.example/Acme.ipa", len(IPA))
    assert version["sha256"] == SHA256, "it had to be read anyway"
    start(bot, "    assets: ['*.zip']\n")
    assert versions(bot) == []
