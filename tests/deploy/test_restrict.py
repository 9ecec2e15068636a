"""What runs has no more rights than it needs, and everything that is fetched is named exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.conftest import ROOT, Manifests, container_of, pod_of

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
# Distroless publishes no exact tags; the Dockerfile says so.
ROLLING = {"gcr.io/distroless/python3-debian13:nonroot"}


def pods(manifests: Manifests) -> Iterator[dict[str, Any]]:
    for manifest in manifests.values():
        if manifest["kind"] in {"Deployment", "Job", "StatefulSet"}:
            yield manifest


@pytest.mark.parametrize("of", ["base", "chart"])
def test_pods_meet_the_restricted_standard(request: pytest.FixtureRequest, of: str) -> None:
    found = list(pods(request.getfixturevalue(of)))
    assert len(found) == 3
    for manifest in found:
        pod, container = pod_of(manifest), container_of(manifest)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] >= 10_000
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        # Else Kubernetes adds DOORWARD_PORT for the Service of that name, which Doorward refuses as no setting.
        assert pod["enableServiceLinks"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]


def test_image_runs_as_the_user_that_kubernetes_names(base: Manifests, dockerfile: str) -> None:
    stages = {stage.split()[2]: stage for stage in dockerfile.split("\nFROM ")[1:]}
    *_, final = stages
    user = pod_of(base["Deployment/doorward"])["securityContext"]["runAsUser"]
    assert re.findall(r"^USER (.*)$", dockerfile, re.MULTILINE) == [f"{user}:{user}"]
    for needed in ("HEALTHCHECK", "STOPSIGNAL SIGTERM", "org.opencontainers.image.title", "DOORWARD_MODE=production"):
        assert needed in stages[final]
    # The last stage is what `docker build` makes, on what VARIANT names.
    assert stages[final].startswith("base-${VARIANT} ")
    assert "ARG VARIANT=slim\n" in dockerfile
    assert {"base-slim", "base-distroless"} <= stages.keys()
    assert stages["base-slim"].split()[0] == stages["build"].split()[0]


def test_images_are_named_exactly(compose: dict[str, Any], dockerfile: str) -> None:
    images = [each for each in re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) if "$" not in each]
    images += [each["image"] for each in compose["services"].values() if "build" not in each]
    assert len(images) > 8
    for image in set(images) - ROLLING:
        tag = image.rpartition(":")[2]
        assert re.match(r"v?\d+\.\d+(\.\d+)?(-|$)", tag), image


def test_compose_waits_for_health_and_publishes_on_this_machine_only(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        for other, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                has_check = "test" in services[other].get("healthcheck", {})
                assert has_check or "deploy/Dockerfile" in str(services[other].get("build")), f"{name}: {other}"
    assert services["server"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    for name in ("server", "worker", "migrate"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    mounted = [each.split(":")[0] for service in services.values() for each in service.get("volumes", [])]
    for path in [each for each in mounted if each.startswith("./")]:
        assert (ROOT / "deploy" / path).is_dir(), path
    published = {secret["file"] for secret in compose["secrets"].values()}
    script = (ROOT / "deploy/secrets.sh").read_text(encoding="utf-8")
    assert all(Path(file).name in script for file in published)


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    import shutil
    import subprocess

    from doorward.settings import read_settings

    script = shutil.copy(ROOT / "deploy/secrets.sh", tmp_path)
    subprocess.run([script], check=True, capture_output=True)
    made = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "secrets").iterdir()}
    assert len(set(made.values())) == len(made) == 5
    subprocess.run([script], check=True, capture_output=True)
    assert made == {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "secrets").iterdir()}
    settings = read_settings(
        {
            "DOORWARD_MODE": "production",
            "DOORWARD_SECRETS_FILE": str(tmp_path / "secrets/doorward_secrets"),
            "DOORWARD_DATABASE__URL_FILE": str(tmp_path / "secrets/database_url"),
        }
    )
    assert settings.is_production


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_pin_each_action_and_ask_for_no_right_beyond_need(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    uses = re.findall(r"uses: (.*)$", text, re.MULTILINE)
    assert uses
    for each in uses:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each
    document = yaml.safe_load(text)
    assert document["permissions"] == {}
    for name, job in document["jobs"].items():
        assert job["timeout-minutes"] <= 60
        assert set(job["permissions"]) <= {"contents", "packages", "id-token", "security-events"}
        writes = {right for right, value in job["permissions"].items() if value == "write"}
        if writes - {"security-events"}:
            triggers = document[True]  # YAML reads `on` as a truth value
            assert "pull_request" not in triggers or job["if"] == "github.event_name == 'push'", name


def test_one_action_has_one_pin() -> None:
    pins: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for name, pin in re.findall(r"uses: ([\w./-]+?)@(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            pins.setdefault("/".join(name.split("/")[:2]), set()).add(pin)
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}


def test_workflows_call_tasks_and_scripts_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = 0
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"(?:run: |^\s+)make ([a-z-]+)", text, re.MULTILINE):
            called += 1
            assert target in targets, f"{path.name}: make {target}"
        for script in re.findall(r"(?:\./)?((?:scripts|deploy)/[\w./-]+\.(?:sh|py|yaml))", text):
            called += 1
            assert (ROOT / script).is_file(), f"{path.name}: {script}"
    assert called > 8
