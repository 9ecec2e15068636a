"""The files of deploy/ as data."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.render_chart import render

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy/kubernetes"

Manifests = dict[str, dict[str, Any]]


def read_manifests(text: str) -> Manifests:
    """By kind and name: the manifest."""
    documents = [each for each in yaml.safe_load_all(text) if each]
    found = {f"{each['kind']}/{each['metadata']['name']}": each for each in documents}
    assert len(found) == len(documents)
    return found


@pytest.fixture(scope="session")
def base() -> Manifests:
    text = "\n---\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted((KUBERNETES / "base").glob("*.yaml"))
        if path.name != "kustomization.yaml"
    )
    return read_manifests(text)


@pytest.fixture(scope="session")
def chart() -> Manifests:
    return read_manifests(render({"ingress.enabled": True, "serviceMonitor.enabled": True}))


@pytest.fixture(scope="session")
def overlay() -> Callable[[str], Manifests]:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl, which joins the overlays, is not here")

    def join(name: str) -> Manifests:
        done = subprocess.run(
            [kubectl, "kustomize", str(KUBERNETES / "overlays" / name)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return read_manifests(done.stdout)

    return join


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="session")
def dockerfile() -> str:
    return (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")


def pod_of(manifest: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return pod


def container_of(manifest: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod_of(manifest)["containers"]
    assert isinstance(container, dict)
    return container
