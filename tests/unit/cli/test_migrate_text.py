"""What `altpress migrate` shows."""

from bot.cli.migrate_text import build_report, render_outcomes, render_report
from bot.migrate import Outcome, Report
from bot.migrate.lease import Held
from bot.migrate.model import Applied, Migration, build_level

KNOWN = tuple(Migration(v, f"try {v}", 0, lambda _: None, "None.", "c") for v in (1, 2, 3))


def report(*applied: Applied, held: Held | None = None, is_new: bool = False) -> Report:
    return Report(KNOWN, applied, build_level(KNOWN, applied), held, is_new)


def done(number: str, **fields: object) -> Applied:
    given = {"checksum": "c", "altpress": "0.1.0", "ended_ms": 1_800_000_000_000, "changed": 7, **fields}
    return Applied(number, title=f"try {int(number)}", **given)  # type: ignore[arg-type]  # made in one place


def test_each_state_is_told() -> None:
    found = report(
        done("0001"),
        done("0002", ended_ms=None, error="KeyError", started_ms=1_800_000_000_000),
        held=Held("box, process 7 (ab)", 0, 1_800_000_060_000),
    )
    assert render_report(found) == [
        "0001 try 1: applied 2027-01-15T08:00:00Z by 0.1.0, 7 documents",
        "0002 try 2: broke off (KeyError) after 7 documents: the next try goes on there",
        "0003 try 3: pending",
        "being migrated by box, process 7 (ab) (its lease lasts until 2027-01-15T08:01:00Z)",
        "to be applied: 0002, 0003 (altpress migrate)",
    ]


def test_one_that_was_killed_is_begun() -> None:
    told = render_report(report(done("0001", ended_ms=None, started_ms=1_800_000_000_000)))
    assert told[0] == "0001 try 1: begun 2027-01-15T08:00:00Z, not through: 7 documents so far"


def test_a_new_database() -> None:
    found = report(is_new=True)
    assert render_report(found)[-1] == (
        "the database is new: the first process that starts notes them as applied"
    )
    assert (build_report(found)["ready"], build_report(found)["pending"]) == (True, [])


def test_an_edited_file_and_a_newer_altpress_are_told() -> None:
    applied = [
        done("0001", checksum="d"),
        done("0002"),
        done("0003"),
        done("0004", altpress="0.9.0", needs=4),
    ]
    told = render_report(report(*applied))
    assert told[0].endswith("; its file is another one now")
    assert told[3] == "0004 try 4: applied 2027-01-15T08:00:00Z by a newer altpress (0.9.0)"
    assert told[4] == "this altpress is too old for the database: start the newer one"


def test_outcomes() -> None:
    outcome = Outcome("0001", "try 1", {"deliveries": 3, "sites": 1}, ("a_1",), 1.25)
    assert render_outcomes([outcome]) == [
        "0001 try 1: changed 3 deliveries, 1 sites; indexes dropped: 1 (1.2 s)"
    ]
    assert render_outcomes([outcome], dry_run=True)[0].startswith("0001 try 1: would change 3")
    assert render_outcomes([], caught=5) == [
        "brought up to date what an older altpress wrote since: 5 documents"
    ]
    assert render_outcomes([]) == ["nothing to do: the database is as this version wants it"]
