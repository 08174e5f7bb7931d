"""deploy/kubernetes: each overlay as it is rendered, and the base as it is written."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from redis import Redis

from bot import __version__
from bot.cli import COMMANDS
from bot.cli.alive import command as alive
from bot.enqueue import Queue
from config.gunicorn import LAST_REQUESTS
from config.settings import SECRETS, Settings, load_settings
from tests.deploy.manifests import DEPLOY, OVERLAYS, ROOT, Manifests, Object, read_base, render

VERSIONS = ["1.28", "1.37"]
DOCS = (ROOT / "docs/kubernetes.md").read_text()
FIELDS = {f"ALTPRESS_{name.upper()}" for name in Settings.model_fields}
FIELDS |= {f"ALTPRESS_{name.upper()}_FILE" for name in SECRETS}
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----"
DEPLOYMENTS = ("web", "worker", "scheduler")


@pytest.fixture(scope="module", params=["base", *OVERLAYS])
def manifests(request: pytest.FixtureRequest) -> Manifests:
    name = str(request.param)
    return read_base("production") if name == "base" else render(DEPLOY / f"kubernetes/overlays/{name}")


def matches(selector: Object, labels: dict[str, str]) -> bool:
    wanted = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    among = [labels.get(e["key"]) in e["values"] for e in selector.get("matchExpressions", [])]
    return wanted and all(among)


def container(pod: Object) -> Object:
    [found] = pod["spec"]["containers"]
    return found  # type: ignore[no-any-return]  # of YAML


def test_every_process_is_there(manifests: Manifests) -> None:
    assert set(manifests.pods()) == {*DEPLOYMENTS, "migrate"}
    for name in DEPLOYMENTS:
        assert manifests.named("Deployment", f"altpress-{name}")
    assert manifests.named("Job", "altpress-migrate")


def test_runs_one_image_of_this_version(manifests: Manifests) -> None:
    images = {container(pod)["image"] for pod in manifests.pods().values()}
    assert images == {f"altpress:{__version__}"}


def test_commands_exist(manifests: Manifests) -> None:
    for name, pod in manifests.pods().items():
        assert container(pod)["args"] == [name]
        assert name in COMMANDS


def test_holds_to_the_restricted_pod_security_standard(manifests: Manifests) -> None:
    for pod in manifests.pods().values():
        context = pod["spec"]["securityContext"]
        assert (context["runAsNonRoot"], context["runAsUser"]) == (True, 10001)
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        own = container(pod)["securityContext"]
        assert (own["allowPrivilegeEscalation"], own["capabilities"]) == (False, {"drop": ["ALL"]})
        assert own["readOnlyRootFilesystem"]
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod["spec"])
        kinds = {kind for volume in pod["spec"]["volumes"] for kind in set(volume) - {"name"}}
        assert kinds <= {"emptyDir", "secret"}


def test_asks_the_cluster_for_nothing(manifests: Manifests) -> None:
    assert not manifests.of("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
    assert manifests.named("ServiceAccount", "altpress")["automountServiceAccountToken"] is False
    for pod in manifests.pods().values():
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["serviceAccountName"] == "altpress"


def test_writes_where_there_is_a_bound(manifests: Manifests) -> None:
    for name, pod in manifests.pods().items():
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        paths = {mount["mountPath"]: volumes[mount["name"]] for mount in container(pod)["volumeMounts"]}
        for path in ("/tmp", "/var/lib/altpress/spool"):
            assert paths[path]["emptyDir"]["sizeLimit"], (name, path)
        resources = container(pod)["resources"]
        assert {"cpu", "memory", "ephemeral-storage"} <= set(resources["requests"])
        assert {"memory", "ephemeral-storage"} <= set(resources["limits"])


def test_web_is_asked_over_http(manifests: Manifests) -> None:
    web = container(manifests.pods()["web"])
    assert web["readinessProbe"]["httpGet"]["path"] == "/health/receiving"
    for probe in ("startupProbe", "livenessProbe"):
        assert web[probe]["httpGet"]["path"] == "/health/live"
    [port] = web["ports"]
    assert str(port["containerPort"]) == manifests.settings()["ALTPRESS_PORT"]


@pytest.mark.parametrize("name", ["worker", "scheduler"])
def test_others_are_heard_of(manifests: Manifests, name: str) -> None:
    process = container(manifests.pods()[name])
    for probe in ("startupProbe", "livenessProbe"):
        python, option, module, *arguments = process[probe]["exec"]["command"]
        assert (python, option, module) == ("python", "-m", "bot.cli.alive")
        with alive.make_context("alive", list(arguments)) as context:  # refuses what it does not know
            assert context.params == {"kind": name, "patient": probe == "livenessProbe"}


def test_each_may_finish_before_it_is_killed(manifests: Manifests) -> None:
    grace = {name: pod["spec"]["terminationGracePeriodSeconds"] for name, pod in manifests.pods().items()}
    settings = Settings(**{k.removeprefix("ALTPRESS_").lower(): v for k, v in manifests.settings().items()
                           if k in ("ALTPRESS_STOP_DELAY", "ALTPRESS_STOP_GRACE")})  # fmt: skip
    assert grace["worker"] > settings.stop_grace
    assert grace["web"] > settings.stop_delay + LAST_REQUESTS


def test_settings_exist(manifests: Manifests) -> None:
    for name, pod in manifests.pods().items():
        assert {key for key in manifests.environment(name) if key.startswith("ALTPRESS_")} <= FIELDS
        [source] = container(pod)["envFrom"]
        assert source["configMapRef"]["name"] == manifests.of("ConfigMap")[0]["metadata"]["name"]


def test_each_gets_the_secrets_that_it_reads_and_no_other(manifests: Manifests) -> None:
    for name, pod in manifests.pods().items():
        [volume] = [volume for volume in pod["spec"]["volumes"] if "secret" in volume]
        [mount] = [mount for mount in container(pod)["volumeMounts"] if mount["name"] == volume["name"]]
        given = {f"{mount['mountPath']}/{item['path']}" for item in volume["secret"]["items"]}
        read = {v for k, v in manifests.environment(name).items() if k.endswith("_FILE") and v}
        assert given == read, name
        assert volume["secret"]["secretName"] == "altpress"


def test_each_finds_what_it_needs_to_start(
    manifests: Manifests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in manifests.pods():
        with monkeypatch.context() as process:
            for key, value in manifests.environment(name).items():
                if key.endswith("_FILE") and value:
                    secret = tmp_path / Path(value).name
                    secret.write_text(PEM if secret.name == "github_app_private_key" else f"a-{secret.name}")
                    process.setenv(key, str(secret))
                else:
                    process.setenv(key, value)
            settings = load_settings()
        assert settings.mongo_url
        assert settings.redis_url
        if name == "web":
            settings.require_webhook()
        elif name != "migrate":
            settings.require_github()


def test_web_cannot_sign_in_to_github(manifests: Manifests) -> None:
    for name in ("web", "migrate"):
        environment = manifests.environment(name)
        assert not environment["ALTPRESS_GITHUB_APP_PRIVATE_KEY_FILE"]
        assert not environment["ALTPRESS_GITHUB_APP_ID"]
        assert not environment["ALTPRESS_GITHUB_TOKEN_FILE"]


def test_what_the_page_says_of_a_token(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    settings = tmp_path / "deploy/environments/production/settings.env"
    lines = [line for line in settings.read_text().splitlines() if "GITHUB_APP" not in line]
    told = "ALTPRESS_GITHUB_TOKEN_FILE=/run/secrets/altpress/github_token"
    assert f"`{told}`" in DOCS
    settings.write_text("\n".join([*lines, told, "ALTPRESS_SITES=acme/source", ""]))
    overlay = tmp_path / "deploy/kubernetes/overlays/production/kustomization.yaml"
    patch = DOCS.partition("the overlay's `patches` get one more:\n\n```yaml\n")[2].partition("```")[0]
    overlay.write_text(overlay.read_text().replace("patches:\n", f"patches:\n{patch}"))
    found = render(overlay.parent)
    for name, pod in found.pods().items():
        [volume] = [volume for volume in pod["spec"]["volumes"] if "secret" in volume]
        keys = {item["key"] for item in volume["secret"]["items"]}
        signs_in = name in ("worker", "scheduler")
        assert ("github_token" in keys) is signs_in
        assert bool(found.environment(name)["ALTPRESS_GITHUB_TOKEN_FILE"]) is signs_in
        assert "github_app_private_key" not in keys


def test_every_key_of_the_secret_is_documented(manifests: Manifests) -> None:
    keys = set()
    for pod in manifests.pods().values():
        for volume in pod["spec"]["volumes"]:
            keys |= {item["key"] for item in volume.get("secret", {}).get("items", [])}
        sources = [entry["valueFrom"] for entry in container(pod)["env"] if "valueFrom" in entry]
        keys |= {source["secretKeyRef"]["key"] for source in sources}
    for found in manifests.of("TriggerAuthentication"):
        keys |= {entry["key"] for entry in found["spec"]["secretTargetRef"]}
    assert {key for key in keys if f"| `{key}` |" not in DOCS} == set()
    assert not manifests.of("Secret")


def test_nothing_goes_in_or_out_but_what_is_allowed(manifests: Manifests) -> None:
    policies = [policy["spec"] for policy in manifests.of("NetworkPolicy")]
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in policies
    pods = {name: pod["metadata"]["labels"] for name, pod in manifests.pods().items()}
    reached = {
        tuple(policy["policyTypes"]): {
            n for n, labels in pods.items() if matches(policy["podSelector"], labels)
        }
        for policy in policies
        if policy["podSelector"]
    }
    assert all(reached.values())
    assert reached["Ingress",] == {"web"}


def test_migration_reaches_the_stores_alone(manifests: Manifests) -> None:
    labels = manifests.pods()["migrate"]["metadata"]["labels"]
    ports = {
        port["port"]
        for policy in manifests.of("NetworkPolicy")
        if matches(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("egress", [])
        for port in rule["ports"]
    }
    assert ports == {53, 27015, 6379}


def test_disruption_never_stands_in_the_way(manifests: Manifests) -> None:
    budgets = {budget["metadata"]["name"]: budget["spec"] for budget in manifests.of("PodDisruptionBudget")}
    for name in DEPLOYMENTS:
        budget = budgets[f"altpress-{name}"]
        assert budget["maxUnavailable"] == 1
        assert matches(budget["selector"], manifests.pods()[name]["metadata"]["labels"])


def test_selectors_match_their_pods(manifests: Manifests) -> None:
    for deployment in manifests.of("Deployment"):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert matches(deployment["spec"]["selector"], labels)
        [spread] = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert matches(spread["labelSelector"], labels)
    service = manifests.named("Service", "altpress-web")["spec"]
    assert matches({"matchLabels": service["selector"]}, manifests.pods()["web"]["metadata"]["labels"])


def test_workers_are_scaled_by_what_rq_calls_its_keys(manifests: Manifests) -> None:
    rq = Queue(Redis(), publish_interval=15).rq
    scaled = manifests.named("ScaledObject", "altpress-worker")["spec"]
    worker = manifests.named("Deployment", "altpress-worker")
    assert scaled["scaleTargetRef"]["name"] == worker["metadata"]["name"]
    assert "replicas" not in worker["spec"]  # each roll-out would set it back
    assert 1 <= scaled["minReplicaCount"] <= scaled["fallback"]["replicas"] <= scaled["maxReplicaCount"]
    assert {t["name"]: t["metadata"]["listName"] for t in scaled["triggers"]} == {
        "waiting": rq.key, "under-way": rq.started_job_registry.key,
    }  # fmt: skip
    known = {found["metadata"]["name"] for found in manifests.of("TriggerAuthentication")}
    assert {trigger["authenticationRef"]["name"] for trigger in scaled["triggers"]} == known


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_it(manifests: Manifests, version: str) -> None:
    for found in manifests.objects:
        if "keda" not in found.get("apiVersion", "keda"):
            kubernetes_validate.validate(found, version, strict=True)


def test_the_job_that_restores_has_what_a_worker_has(manifests: Manifests) -> None:
    """By the command of docs/backup.md."""
    if not (jq := shutil.which("jq")):
        pytest.skip("no jq on PATH")
    page = (ROOT / "docs/backup.md").read_text()
    [program] = re.findall(r"get deployment altpress-worker -o json \| jq '(.*?)'", page, re.DOTALL)
    worker = manifests.named("Deployment", "altpress-worker")
    made = subprocess.run([jq, program], input=json.dumps(worker), capture_output=True, text=True, check=True)
    job = json.loads(made.stdout)
    kubernetes_validate.validate(job, VERSIONS[-1], strict=True)
    assert container(job["spec"]["template"])["args"][0] == "restore"
    # network policies go by its labels
    assert job["spec"]["template"]["metadata"] == worker["spec"]["template"]["metadata"]
    for key in ("env", "envFrom", "volumeMounts"):
        assert container(job["spec"]["template"])[key] == container(worker["spec"]["template"])[key]


@pytest.mark.parametrize(("name", "namespace"), OVERLAYS.items())
class TestOverlay:
    def test_is_in_a_namespace_that_holds_pods_to_the_standard(self, name: str, namespace: str) -> None:
        rendered = render(DEPLOY / f"kubernetes/overlays/{name}")
        found = rendered.named("Namespace", namespace)
        for mode in ("enforce", "audit", "warn"):
            assert found["metadata"]["labels"][f"pod-security.kubernetes.io/{mode}"] == "restricted"
        others = [other for other in rendered.objects if other is not found]
        assert {other["metadata"]["namespace"] for other in others} == {namespace}

    def test_its_address_leads_to_web(self, name: str, namespace: str) -> None:
        rendered = render(DEPLOY / f"kubernetes/overlays/{name}")
        del namespace
        [rule] = rendered.named("Ingress", "altpress")["spec"]["rules"]
        assert rendered.settings()["ALTPRESS_PUBLIC_URL"] == f"https://{rule['host']}"
        backends: list[Any] = [path["backend"]["service"]["name"] for path in rule["http"]["paths"]]
        assert backends == ["altpress-web"]

    def test_does_without_keda(self, name: str, namespace: str, tmp_path: Path) -> None:
        del namespace
        folder = DEPLOY / "kubernetes"
        up = "../" * len(tmp_path.parts)
        kustomization = {
            "resources": [f"{up}{folder}/overlays/{name}"],
            "components": [f"{up}{folder}/components/fixed-workers"],
        }
        (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        rendered = render(tmp_path)
        assert not [found for found in rendered.objects if "keda" in found["apiVersion"]]
        assert rendered.named("Deployment", "altpress-worker")["spec"]["replicas"] == 2


def test_page_names_files_that_there_are() -> None:
    named = re.findall(r"(?<!tests/)deploy/[\w./-]+\w", DOCS)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_what_is_applied_before_the_roll_out_touches_nothing_that_runs(manifests: Manifests) -> None:
    """By the selector of the page."""
    assert "--selector 'app.kubernetes.io/component notin (web, worker, scheduler)'" in DOCS
    labels = [(found, found["metadata"].get("labels", {})) for found in manifests.objects]
    first = {o["kind"] for o, of in labels if of.get("app.kubernetes.io/component") not in DEPLOYMENTS}
    assert first - {"Namespace"} == {"ConfigMap", "Job", "NetworkPolicy", "ServiceAccount"}
