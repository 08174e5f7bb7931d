"""`docker-compose.yml`: what it promises beyond its schema, and what it runs by itself."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from bot.cli import COMMANDS
from config.gunicorn import LAST_REQUESTS
from config.settings import SECRETS, Settings
from tests.deploy.dockerfile import parse_dockerfile
from tests.deploy.manifests import read_base
from tests.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
EXAMPLE = (ROOT / ".env.example").read_text()
BOT = ("web", "worker", "scheduler")
STORES = ("mongo", "redis")
ONCE = ("migrate", "passwords")
HEALTHY, ENDED = {"condition": "service_healthy"}, {"condition": "service_completed_successfully"}
PASSWORD = "0123456789abcdef"  # pragma: allowlist secret


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


@pytest.mark.parametrize("name", SERVICES)
def test_each_has_no_right_that_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"cap_add", "privileged", "pid", "ipc", "devices"} & set(service)
    # the image's own user, or, in an image that starts as root, the one that it would change to
    assert service.get("user") == {"mongo": "mongodb", "redis": "redis"}.get(name)


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in ONCE])
def test_each_tells_how_it_is(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_each_waits_for_what_it_needs() -> None:
    stores = dict.fromkeys(STORES, HEALTHY)
    for name in BOT:
        assert SERVICES[name]["depends_on"] == {**stores, "migrate": ENDED}
    assert SERVICES["migrate"]["depends_on"] == stores
    for name in STORES:
        assert SERVICES[name]["depends_on"] == {"passwords": ENDED}


@pytest.mark.parametrize("name", ONCE)
def test_what_runs_once_is_not_started_again(name: str) -> None:
    assert (SERVICES[name]["restart"], SERVICES[name]["healthcheck"]) == ("no", {"disable": True})


def test_nothing_is_reachable_from_outside() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"web", "sandbox"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_stores_keep_what_they_get() -> None:
    assert "mongo:/data/db" in SERVICES["mongo"]["volumes"]
    assert "redis:/data" in SERVICES["redis"]["volumes"]


def test_one_image_for_every_process() -> None:
    stages = parse_dockerfile((ROOT / "Dockerfile").read_text())
    for name in (*BOT, *ONCE):
        assert (SERVICES[name]["image"], SERVICES[name]["build"]["target"]) == (
            "${BOT_IMAGE:-altpress}",
            "runtime",
        )
    assert SERVICES["sandbox"]["build"]["target"] in stages


def test_commands_exist() -> None:
    for name in (*BOT, "migrate", "sandbox"):
        assert SERVICES[name]["command"][0] in COMMANDS


def test_many_workers_may_run() -> None:
    """`--scale worker=N`: no name and no port of its own stands in the way."""
    assert not {"container_name", "ports", "hostname"} & set(SERVICES["worker"])


def test_each_may_finish_before_it_is_killed() -> None:
    fields = Settings.model_fields
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > fields["stop_grace"].default
    assert seconds(SERVICES["web"]["stop_grace_period"]) > fields["stop_delay"].default + LAST_REQUESTS


def test_every_variable_is_documented() -> None:
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", TEXT))
    assert used
    assert all(re.search(rf"^{name}=$", EXAMPLE, re.MULTILINE) for name in used)


def test_no_password_is_in_the_environment_of_a_store_or_a_process() -> None:
    for name in (*BOT, *STORES, "migrate"):
        environment = SERVICES[name].get("environment", {})
        assert not [key for key, value in environment.items() if key.endswith("PASSWORD") and value]
        if "env_file" in SERVICES[name]:  # it has them
            assert (environment["MONGO_PASSWORD"], environment["REDIS_PASSWORD"]) == ("", "")
        assert "passwords:/run/altpress:ro" in SERVICES[name]["volumes"]


def secrets_of(environment: dict[str, str]) -> set[str]:
    """The secrets that a process with this environment has, as a value or as a file."""
    return {
        name
        for name in SECRETS
        if environment.get(f"ALTPRESS_{name.upper()}") or environment.get(f"ALTPRESS_{name.upper()}_FILE")
    }


@pytest.mark.parametrize("name", [*BOT, "migrate"])
@pytest.mark.parametrize("suffix", ["", "_FILE"])
def test_each_gets_the_secrets_that_kubernetes_gives_it(name: str, suffix: str) -> None:
    """Of a `.env` that sets them all."""
    given = dict.fromkeys([f"ALTPRESS_{secret.upper()}{suffix}" for secret in SECRETS], "given")
    got = secrets_of({**given, **SERVICES[name]["environment"]})
    wanted = secrets_of(read_base("production").environment(name))
    if "github_app_private_key" in wanted:
        wanted.add("github_token")  # the other way to sign in
    assert got == wanted


@pytest.mark.parametrize("name", [*BOT, "migrate"])
def test_only_workers_get_to_the_backups(name: str) -> None:
    [pod] = read_base("production").pods()[name]["spec"]["containers"]
    keys = {entry["name"] for entry in pod["env"] if entry["name"].startswith("AWS_")}
    blank = {
        key for key, value in SERVICES[name]["environment"].items() if key.startswith("AWS_") and not value
    }
    assert bool(keys) is not bool(blank)
    assert blank == (
        set() if name == "worker" else {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    )


def test_what_is_kept_from_a_process_is_known() -> None:
    """A setting by another name would keep nothing back."""
    names = {f"ALTPRESS_{name.upper()}" for name in Settings.model_fields}
    names |= {f"{name}_FILE" for name in names}
    for name in (*BOT, "migrate"):
        environment = SERVICES[name]["environment"]
        assert {key for key in environment if key.startswith("ALTPRESS_")} <= names


class Passwords:
    """The service `passwords`, run as it stands in the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, mongo: str = "", redis: str = "") -> None:
        command = [word.replace("$$", "$") for word in SERVICES["passwords"]["entrypoint"]]
        given = {"MONGO_PASSWORD": mongo, "REDIS_PASSWORD": redis, "FOLDER": str(self.folder)}
        subprocess.run(command, env={"PATH": os.environ["PATH"], **given}, check=True, capture_output=True)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.fixture
def passwords(tmp_path: Path) -> Passwords:
    return Passwords(tmp_path)


def test_passwords_are_made_once(passwords: Passwords) -> None:
    passwords.run()
    first = {name: passwords.read(name) for name in ("mongo_password", "redis_password")}
    assert all(re.fullmatch("[0-9a-f]{48}", password) for password in first.values())
    assert len(set(first.values())) == 2
    passwords.run()
    assert {name: passwords.read(name) for name in first} == first


def test_passwords_of_env_win(passwords: Passwords) -> None:
    passwords.run()
    passwords.run(mongo=PASSWORD, redis=f"{PASSWORD}0")
    assert passwords.read("mongo_url") == f"mongodb://altpress:{PASSWORD}@mongo:27017/?authSource=admin"
    assert passwords.read("redis_url") == f"redis://:{PASSWORD}0@redis:6379/0"
    assert passwords.read("mongo_password") == PASSWORD


def test_files_are_read_by_those_who_need_them_and_written_again_by_their_owner(passwords: Passwords) -> None:
    """Each `docker compose up` runs it, without root's right to write what is read-only.

    altpress warns of secrets of its own that others may read; the stores read theirs as users of their own.
    """
    for own in ("mongo_url", "redis_url"):  # as an older one left them
        (passwords.folder / own).touch(mode=0o644)
    passwords.run()
    modes = {path.name: path.stat().st_mode & 0o777 for path in passwords.folder.iterdir()}
    assert {name for name, mode in modes.items() if mode == 0o600} == {"mongo_url", "redis_url"}
    assert {name for name, mode in modes.items() if mode == 0o644} == {
        "mongo_password",
        "redis_password",
        "redis.conf",
    }


def test_files_are_where_they_are_looked_for(passwords: Passwords) -> None:
    passwords.run()
    used = {
        name
        for service in SERVICES.values()
        for name in re.findall(r"/run/altpress/([\w.]+)", json.dumps(service))
    }
    assert used == {path.name for path in passwords.folder.iterdir()}


@pytest.fixture
def server(passwords: Passwords, tmp_path: Path) -> Iterator[redis.Redis]:
    """A real Redis on the file that is made for it, but for its folder and address."""
    if not (program := shutil.which("redis-server")):
        pytest.skip("no redis-server on PATH")
    passwords.run(redis=PASSWORD)
    port = free_port()
    command = [
        program,
        str(tmp_path / "redis.conf"),
        "--dir",
        str(tmp_path),
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        client = redis.Redis(port=port, password=PASSWORD)
        try:
            for _ in range(1_200):
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.05)
            yield client
        finally:
            client.close()
            process.terminate()


def test_redis_wants_its_password_and_forgets_nothing(server: redis.Redis) -> None:
    kept = {name: server.config_get(name)[name] for name in ("appendonly", "maxmemory-policy")}
    assert kept == {"appendonly": "yes", "maxmemory-policy": "noeviction"}
    stranger = redis.Redis(port=server.connection_pool.connection_kwargs["port"])
    with pytest.raises(redis.AuthenticationError):
        stranger.ping()
    stranger.close()


def compose() -> list[str]:
    for command in (["docker", "compose"], ["docker-compose"]):
        if (
            shutil.which(command[0])
            and subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0
        ):
            return command
    pytest.skip("no docker compose on PATH")


@pytest.mark.parametrize(("env", "profile"), [("", []), (EXAMPLE, []), (EXAMPLE, ["--profile", "sandbox"])])
def test_compose_reads_it(env: str, profile: list[str], tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    (tmp_path / ".env").write_text(env and f"{env}\nALTPRESS_GITHUB_TOKEN=given\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = [*compose(), *profile, "config", "--format", "json"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    services = json.loads(run.stdout)["services"]
    assert set(services) == set(SERVICES) - (set() if profile else {"sandbox"})
    assert services["migrate"]["restart"] == "no"
    assert services["web"]["environment"]["ALTPRESS_MONGO_URL"] == ""
    assert "given" not in json.dumps(services["web"])
    assert ("given" in json.dumps(services["worker"])) is bool(env)
