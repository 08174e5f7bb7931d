"""What is told: grouped, limited, escaped."""

import json

import pytest

from bot.cli.lint_report import plain, render_changes, render_report
from bot.clients import build_verdicts, check_source
from bot.clients.model import Problem
from bot.ipa.model import Severity
from bot.lint.annotations import render_annotation
from bot.lint.findings import Finding, count_findings, group_problems, limit_findings
from bot.lint.fixes import Change
from bot.lint.judge import Judgement, judge_document
from bot.lint.positions import find_places
from tests.unit.lint.documents import source

ERROR, WARNING = Severity.ERROR, Severity.WARNING


def problem(
    client="altstore", at=("apps", 0, "size"), severity=ERROR, code="typeMismatch", message="is wrong."
):
    return Problem(client, severity, code, at, message, "write a number")


def test_a_problem_of_several_clients_is_one_finding():
    found = group_problems([problem(), problem(severity=WARNING), problem("sidestore"), problem("sidestore")])
    assert [(f.clients, f.problem.severity) for f in found] == [
        (("altstore", "sidestore"), ERROR),
        (("altstore",), WARNING),
    ]


def test_only_some_of_a_kind_are_shown_and_the_rest_counted():
    found = group_problems([problem(at=("apps", n, "size")) for n in range(42)] + [problem(at=("name",))])
    shown = limit_findings(found, 5)
    assert [(f.problem.at, f.more) for f in shown[4:]] == [(("apps", 4, "size"), 37), (("name",), 0)]
    assert limit_findings(found[:5], 5) == found[:5]
    assert count_findings(found) == "43 errors"
    assert count_findings([]) == "no problems"


def annotation(finding, text='{"apps": [{"size": "5"}]}', file="apps.json"):
    return render_annotation(finding, file, find_places(text.encode(), [finding.problem.at]))


def test_an_annotation():
    assert annotation(Finding(problem(), ("altstore", "sidestore"), 2)) == (
        "::error file=apps.json,line=1,col=20,endLine=1,endColumn=23,"
        "title=altstore%2C sidestore%3A typeMismatch"
        "::apps > 0 > size: is wrong. Instead: write a number. (and 2 more like it)"
    )


def test_an_annotation_of_the_whole_file():
    made = annotation(Finding(problem(at=(), severity=Severity.INFO), ("altstore",)))
    assert made.startswith("::notice file=apps.json,title=altstore%3A typeMismatch::is wrong.")


@pytest.mark.parametrize(
    ("message", "escaped"),
    {
        "100%": "100%25",
        "a\r\nb": "a%0D%0Ab",
        "a:b,c": "a:b,c",
        "\x1b[1m": "\ufffd[1m",
        "%0A": "%250A",
    }.items(),
)
def test_a_message_stays_one_line(message, escaped):
    made = annotation(Finding(problem(at=(), message=message), ("altstore",)))
    assert f"::{escaped} Instead" in made
    assert len(made.splitlines()) == 1


def test_a_property_is_escaped_further():
    made = annotation(Finding(problem(at=()), ("altstore",)), file="a,b:100%\n.json")
    assert made.startswith("::error file=a%2Cb%3A100%25%0A.json,title=")


def report(data, clients, shown=None):
    problems = check_source(data, clients)
    judgement = Judgement(build_verdicts(problems, clients), tuple(problems))
    findings = group_problems(judgement.problems)
    source = find_places(data, [finding.problem.place for finding in findings])
    return [str(line) for line in render_report("apps.json", judgement, findings, findings[:shown], source)]


def test_the_report():
    lines = report(b'{\n  "name": 5,\n  "apps": []\n}', ["altstore", "feather"])
    assert lines == [
        "error  altstore, feather  typeMismatch",
        "  name: expected a string but found a number.",
        "  1 | {",
        '  2 |   "name": 5,',
        "    |           ^",
        '  3 |   "apps": []',
        "  instead: write a string",
        "",
        "error  feather  noApps",
        "  apps: the source does not contain any apps.",
        '  2 |   "name": 5,',
        '  3 |   "apps": []',
        "    |           ^",
        "  4 | }",
        "  instead: publish it once there is an app",
        "",
        "altstore  reject",
        "feather   reject",
        "apps.json: refused by altstore, feather; 2 errors; 2 clients asked.",
    ]


def test_the_report_of_what_is_right():
    assert report(b'{"name": "S", "apps": []}', ["altstore"]) == [
        "altstore  accept",
        "apps.json: accepted; no problems; 1 client asked.",
    ]


def test_repairs_of_a_kind_are_counted():
    changes = [Change("dates", ("apps", n), "x") for n in range(9)] + [Change("json", (), "y")]
    lines = [str(line) for line in render_changes(changes, "repaired", everything=False)]
    assert lines[4:] == [
        "repaired: apps > 4: x",
        "repaired: … and 4 more of `dates` (--all shows them)",
        "repaired: y",
    ]
    assert len([*render_changes(changes, "repaired", everything=True)]) == 10


def test_foreign_text_is_defused():
    assert plain("a\x1b[31m\nb\u202ec") == "a\ufffd[31m\ufffdb\ufffdc"
    assert plain("x" * 1000).endswith("…")


@pytest.mark.parametrize(
    ("status", "verdicts"), {200: ("accept", "accept"), 500: ("accept", "reject")}.items()
)
def test_the_status_of_an_answer(status, verdicts):
    data = b'{"name": "S", "apps": []}'
    judged = judge_document(data, ["altstore", "livecontainer"], status=status)
    assert tuple(judged.verdicts.values()) == verdicts
    found = [problem.severity for problem in judged.problems if problem.code == "httpStatus"]
    assert found == ([] if status == 200 else [WARNING, ERROR])


def test_a_number_with_a_fraction_is_found_though_the_client_names_no_path():
    document = source(version={"size": 12.5})
    lines = report(json.dumps(document, indent=1).encode(), ["altstore"])
    assert lines[1] == "  the number has a fraction."
    assert [line.split(" | ")[1] for line in lines[3:5]] == ['     "size": 12.5', "             ^^^^"]
