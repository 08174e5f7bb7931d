"""The configuration is read back by supervisord's own parser: what it understands is what counts."""

import shlex
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from bot.embedded.programs import Plan, plan_programs
from bot.embedded.supervisor import Program, render_supervisor

RUN = Path("/data/run")


def read_back(text: str, tmp_path: Path) -> ServerOptions:
    path = tmp_path / "supervisord.conf"
    path.write_text(text)
    options = ServerOptions()
    options.realize(["-c", str(path)])
    return options


@pytest.mark.parametrize(
    "word",
    ["plain", "with space", "a ;b", "x #y", "50%", "%(here)s", "it's", 'say "hi"', "ü", "a\\b", "$HOME", "*"],
)
def test_a_word_arrives_as_it_is(word: str, tmp_path: Path) -> None:
    run_dir = Path("/da ta") / word.replace("/", "")
    text = render_supervisor([Program("web", ("/bin/x", word), 5)], run_dir, "/usr/bin/python", None)
    (group,) = read_back(text, tmp_path).process_group_configs
    words = shlex.split(group.process_configs[0].command)
    assert words == ["/usr/bin/python", "-m", "bot.embedded.lock", f"{run_dir}/web-0.lock", "/bin/x", word]


def test_programs_start_in_order_and_each_process_has_its_lock(tmp_path: Path) -> None:
    programs = [Program("redis", ("r",), 30), Program("worker", ("w",), 60, count=2)]
    redis, worker = read_back(
        render_supervisor(programs, RUN, "python", None), tmp_path
    ).process_group_configs
    assert redis.priority < worker.priority
    assert [process.name for process in worker.process_configs] == ["worker-0", "worker-1"]
    assert [shlex.split(process.command)[3] for process in worker.process_configs] == [
        "/data/run/worker-0.lock",
        "/data/run/worker-1.lock",
    ]


def test_everything_is_restarted_and_waited_for(tmp_path: Path) -> None:
    text = render_supervisor([Program("web", ("w",), 35)], RUN, "python", None)
    options = read_back(text, tmp_path)
    process = options.process_group_configs[0].process_configs[0]
    assert (process.stopwaitsecs, process.killasgroup, process.stopasgroup) == (35, True, False)
    assert process.autorestart is not False
    assert process.stdout_logfile == "/dev/fd/1"
    assert options.nodaemon is True


def plan(**changes: object) -> Plan:
    fields: dict[str, object] = {
        "data_dir": Path("/data"), "python": "/py", "port": 8080, "workers": 3,
        "redis_server": Path("/bin/redis"), "embedded_mongo": True, "sandbox_port": 9000,
    }  # fmt: skip
    return Plan(**{**fields, **changes})  # type: ignore[arg-type]  # a table of fields


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ["redis", "mongo", "sandbox", "web", "worker", "scheduler"]),
        ({"sandbox_port": None}, ["redis", "mongo", "web", "worker", "scheduler"]),
        ({"redis_server": None, "sandbox_port": None}, ["mongo", "web", "worker", "scheduler"]),
        (
            {"embedded_mongo": False, "redis_server": None, "sandbox_port": None},
            ["web", "worker", "scheduler"],
        ),
    ],
)
def test_stores_come_first_and_only_those_that_are_embedded(
    changes: dict[str, object], names: list[str]
) -> None:
    assert [program.name for program in plan_programs(plan(**changes))] == names


def test_the_sandbox_knows_the_bot() -> None:
    sandbox = next(program for program in plan_programs(plan()) if program.name == "sandbox")
    assert sandbox.command[-5:] == ("/data", "--port", "9000", "--bot-url", "http://127.0.0.1:8080")


def test_as_many_workers_as_asked_for() -> None:
    counts = {program.name: program.count for program in plan_programs(plan())}
    assert (counts["worker"], counts["web"], counts["scheduler"]) == (3, 1, 1)
