"""The preview of a site's outputs over real stores."""

import json

from flask.testing import FlaskClient

from bot.context import Context
from bot.records import HeadCache, Proposal
from bot.records.blobs import blob_id
from tests.unit.web.dashboard.test_pages import KEY, save_site

OUTPUTS = (
    "name: Acme\noutputs:\n  - {path: apps.json}\n  - {path: beta.json, stage: true}\n"
    "apps:\n  - {id: app, repository: acme/app}\n"
)
PAGE = f"/preview/{KEY}"


def document(version: str, **more: object) -> bytes:
    entry = {
        "version": version, "date": "2026-01-01", "downloadURL": "https://x.example/a.ipa", "size": 5,
        "localizedDescription": "News of <b>it</b>",
    }  # fmt: skip
    app = {
        "name": "<i>Acme", "bundleIdentifier": "com.acme.app", "developerName": "Acme",
        "localizedDescription": "x", "iconURL": "https://x.example/i.png", "versions": [entry], **more,
    }  # fmt: skip
    return json.dumps({"name": "Acme Apps", "identifier": "com.acme", "apps": [app]}).encode()


def publish(context: Context, files: dict[str, bytes], branch: str = "main") -> None:
    for data in files.values():
        context.store.blobs.put(blob_id(data), data)
    head = HeadCache(commit="c", tree="t", blobs={path: blob_id(data) for path, data in files.items()})
    context.store.sites.save_head(f"acme/source@{branch}", head)


def test_what_is_published_is_shown_by_output(client: FlaskClient, context: Context) -> None:
    save_site(context, catalog=OUTPUTS)
    publish(context, {"apps.json": document("1.0"), "beta.json": document("2.0")})
    page = client.get(PAGE).text
    assert "<h3><bdi>&lt;i&gt;Acme</bdi></h3>" in page
    assert "<bdi>News of &lt;b&gt;it&lt;/b&gt;</bdi>" in page
    assert "<bdi>1.0</bdi>" in page
    assert "https://raw.githubusercontent.com/acme/source/main/apps.json" in page
    other = client.get(f"{PAGE}?output=beta.json").text
    assert "<bdi>2.0</bdi>" in other
    assert "for testers" in other
    assert client.get(f"{PAGE}?output=none.json").status_code == 404


def test_the_outputs_branch_is_looked_at(client: FlaskClient, context: Context) -> None:
    save_site(context, catalog="publish-to: pages\n" + OUTPUTS)
    publish(context, {"apps.json": document("3.0")}, branch="pages")
    assert "<bdi>3.0</bdi>" in client.get(PAGE).text


def test_no_picture_is_loaded_from_elsewhere(client: FlaskClient, context: Context) -> None:
    save_site(context)
    publish(context, {"apps.json": document("1.0", screenshots=["https://x.example/s.png"])})
    page = client.get(PAGE).text
    assert 'src="https://' not in page
    assert "Screenshot 1" in page


def test_what_is_not_there_is_said(client: FlaskClient, context: Context) -> None:
    save_site(context)
    assert "It is not published yet" in client.get(PAGE).text
    context.store.sites.save_head(KEY, HeadCache(commit="c", tree="t", blobs={"apps.json": "gone"}))
    assert "altpress keeps no copy of it just now" in client.get(PAGE).text
    publish(context, {"apps.json": b"no json"})
    page = client.get(PAGE).text
    assert "It cannot be read as a source" in page
    assert "Refuses it" in page
    save_site(context, catalog=None, problems=["x"])
    assert client.get(PAGE).status_code == 404
    assert client.get("/preview/x/y@main").status_code == 404


def test_a_pull_request_is_shown_as_it_would_be(client: FlaskClient, context: Context) -> None:
    save_site(context)
    publish(context, {"apps.json": document("1.0")})
    context.store.blobs.put("proposed", document("2.0"))
    waits = Proposal(number=7, url="https://github.com/acme/source/pull/7", files={"apps.json": "proposed"})
    context.store.sites.note_proposal(KEY, waits)
    assert "<bdi>1.0</bdi>" in client.get(PAGE).text
    page = client.get(f"{PAGE}?proposed=1").text
    assert "As pull request #7 would publish it" in page
    assert "<bdi>2.0</bdi>" in page


def test_strangers_see_nothing(stranger: FlaskClient, context: Context) -> None:
    save_site(context)
    assert stranger.get(PAGE).status_code == 303
