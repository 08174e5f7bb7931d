"""What is to be in the cluster: an overlay, rendered with one image."""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from rollout.cluster import DEPLOYMENTS, JOB, Stop

# What the migration needs, and what does not touch what runs: settings have names of their own by their hash.
FIRST = frozenset(
    {"Namespace", "ServiceAccount", "Role", "RoleBinding", "ConfigMap", "Secret", "SecretStore",
     "ExternalSecret", "PersistentVolumeClaim", "NetworkPolicy"}
)  # fmt: skip


def render(folder: Path, image_name: str, image: str) -> list[str]:
    """The manifests of a kustomization, with the image by its digest; each a YAML document."""
    name, digest = image.split("@", 1)
    with tempfile.TemporaryDirectory() as place:
        wrapper = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [os.path.relpath(folder.resolve(), Path(place).resolve())],
            "images": [{"name": image_name, "newName": name, "digest": digest}],
        }
        (Path(place) / "kustomization.yaml").write_text(json.dumps(wrapper), encoding="utf-8")  # JSON is YAML
        command = ["kubectl", "kustomize", place]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Stop(f"kubectl kustomize {folder}: {done.stderr.strip()}")
    return [
        f"{part.strip()}\n" for part in re.split(r"^---$", done.stdout, flags=re.MULTILINE) if part.strip()
    ]


def kind_and_name(manifest: str) -> tuple[str, str]:
    """What it is; kustomize writes one form: `kind` at the margin, its name two spaces in."""
    kind = re.search(r"^kind: (\S+)$", manifest, re.MULTILINE)
    name = re.search(r"^metadata:\n(?: .*\n)*?  name: (\S+)$", manifest, re.MULTILINE)
    if not (kind and name):
        raise Stop(f"a manifest without kind or name: {manifest[:200]!r}")
    return kind[1], name[1]


def take_job(manifests: list[str], image: str) -> tuple[str, list[str]]:
    """The migration, and the others. It must run the new image, and so must every Deployment."""
    by_name = {kind_and_name(manifest): manifest for manifest in manifests}
    missing = [n for n in [("Job", JOB), *(("Deployment", d) for d in DEPLOYMENTS)] if n not in by_name]
    if missing:
        raise Stop(f"not in the manifests: {', '.join('/'.join(name) for name in missing)}")
    for name in [("Job", JOB), *(("Deployment", d) for d in DEPLOYMENTS)]:
        if f"image: {image}" not in by_name[name]:
            raise Stop(f"{'/'.join(name)} does not run {image}: another --image-name?")
    return by_name[("Job", JOB)], [m for n, m in by_name.items() if n != ("Job", JOB)]
