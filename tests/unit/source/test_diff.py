"""One public sentence a change."""

import pytest

from bot.source.codec import parse_source, render_source
from bot.source.diff import diff_sources

A1 = {"version": "1.0", "buildVersion": "1"}
A2 = {"version": "1.0", "buildVersion": "2"}
B = {"version": "1.1", "buildVersion": "1"}


def source(*versions, **more):
    app = {"name": "Acme", "bundleIdentifier": "com.acme.app", "versions": list(versions)}
    return {"name": "S", "apps": [app], **more}


def app(**more):
    return {"name": "S", "apps": [{**source(A1)["apps"][0], **more}]}


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        (source(A1), source(A1), []),
        (None, source(A1), ["Acme 1.0 added", "The source created"]),
        (source(A1), source(B, A1), ["Acme 1.1 added"]),
        (source(B, A1), source(A1), ["Acme 1.1 removed"]),
        (source(A1), source(A2, A1), ["Acme 1.0 (2) added"]),
        (
            source(A1),
            source({**A1, "size": 5, "downloadURL": "x"}),
            ["Acme 1.0 changed: size, download address"],
        ),
        (source(A1, B), source(B, A1), ["Acme 1.1 is offered first"]),
        (app(), app(iconURL="x", beta=True), ["Acme changed: icon, beta"]),
        (app(), app(version="1.0", size=5), []),
        (app(), {"name": "S", "apps": []}, ["Acme removed"]),
        ({"name": "S", "apps": []}, source(), ["Acme added"]),
        (source(A1), source(A1, tintColor="#112233"), ["The source changed: tint colour"]),
        (source(A1), source(A1, news=[{"identifier": "n", "title": "Hi\n"}]), ["News “Hi” added"]),
        (source(A1, news=[{"identifier": "n", "title": "Hi"}]), source(A1), ["News “Hi” removed"]),
        (
            source(A1, news=[{"identifier": "n", "title": "Hi"}]),
            source(A1, news=[{"identifier": "n", "title": "Ho"}]),
            ["News “Ho” changed"],
        ),
    ],
)
def test_changes(old, new, sentences):
    assert diff_sources(render_source(old) if old is not None else None, new) == sentences


@pytest.mark.parametrize(
    "old", [b"", b"[]", b'{"apps": 5}', b'{"apps": [5], "news": {}}', b'{"apps":[{"versions":[5]}]}']
)
def test_whatever_was_there_before(old):
    assert "Acme 1.0 added" in diff_sources(old, source(A1))


def test_an_app_in_the_old_form_has_a_version():
    old = {"name": "S", "apps": [{"name": "Acme", "bundleIdentifier": "com.acme.app", "version": "1.0"}]}
    assert diff_sources(render_source(old), source({"version": "1.0"})) == []


def test_foreign_names_are_one_line():
    new = source(A1)
    new["apps"][0]["name"] = "Acme\nForged: line" + "x" * 200
    assert all("\n" not in sentence and len(sentence) < 120 for sentence in diff_sources(None, new))


def test_the_canonical_form():
    document = {
        "zeta": 1,
        "apps": [{"versions": [{"size": 1, "version": "ü"}], "name": "A"}],
        "name": "S",
        "alpha": 2,
    }
    data = render_source(document)
    assert data.decode() == (
        '{\n  "name": "S",\n  "apps": [\n    {\n      "name": "A",\n      "versions": [\n        {\n'
        '          "version": "ü",\n          "size": 1\n        }\n      ]\n    }\n  ],\n'
        '  "alpha": 2,\n  "zeta": 1\n}\n'
    )
    assert parse_source(data) == document
    assert render_source(parse_source(data)) == data
