"""Image, compose, kustomize and chart describe one Doorward: this one, and the same in each of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from doorward.http.settings import ServerSettings
from doorward.infra.outbox.settings import WorkerSettings
from doorward.settings import read_settings, variables
from doorward.surfaces.cli.deployment import advise
from doorward.surfaces.cli.program import COMMANDS
from doorward.surfaces.rest.health import operations
from scripts.release_notes import versions
from tests.deploy.conftest import ROOT, Manifests, container_of, pod_of

SETTINGS = {variable for variable, _, _ in variables()}
WITH_FILES = SETTINGS | {f"{variable}_FILE" for variable in SETTINGS}
# Honored under names of their own.
PLATFORM = {"DATABASE_URL", "REDIS_URL", "PORT", "SENTRY_DSN"}
# What the image itself needs to know of Python and the system.
SYSTEM = {"PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "HOME"}
# By manifest of the base: the chart's, and the command.
PODS = {
    "Deployment/doorward": ("Deployment/doorward-server", "serve"),
    "Deployment/doorward-worker": ("Deployment/doorward-worker", "worker"),
    "Job/doorward-migrate": ("Job/doorward-migrate", "migrate"),
}
SECRETS = {
    "secrets": "a secret that serves in tests and nowhere else",
    "database-url": "postgresql://doorward:x@db.internal/doorward?sslmode=verify-full",
    "metrics-token": "a token that serves in tests",
}


def environment_of(container: dict[str, Any], settings: dict[str, str]) -> dict[str, str]:
    given = {each["name"]: each["value"] for each in container.get("env", [])}
    return settings | given


@pytest.mark.parametrize("name", PODS)
def test_chart_and_base_run_the_same_pods(base: Manifests, chart: Manifests, name: str) -> None:
    other, command = PODS[name]
    ours, theirs = pod_of(base[name]), pod_of(chart[other])
    # The chart needs no account: a hook runs before there could be one, and none has any rights.
    assert ours.pop("serviceAccountName") == "doorward"
    ours.setdefault("terminationGracePeriodSeconds", 45)
    one, two = container_of(base[name]), container_of(chart[other])
    assert one["args"] == two["args"] == [command]
    for each in (
        "ports",
        "startupProbe",
        "livenessProbe",
        "readinessProbe",
        "securityContext",
        "volumeMounts",
        "resources",
    ):
        assert one.get(each) == two.get(each), each
    same = {key: value for key, value in ours.items() if key != "containers"}
    assert same == {key: value for key, value in theirs.items() if key != "containers"}


def test_chart_and_base_set_the_same(base: Manifests, chart: Manifests) -> None:
    settings = base["ConfigMap/doorward"]["data"]
    for name, (other, _) in PODS.items():
        assert environment_of(container_of(base[name]), settings) == environment_of(container_of(chart[other]), {})


def test_every_variable_is_a_setting_and_every_command_exists(
    base: Manifests, chart: Manifests, compose: dict[str, Any], dockerfile: str
) -> None:
    commands: list[str] = []
    named = set(base["ConfigMap/doorward"]["data"])
    for of, manifests in (("base", base), ("chart", chart)):
        for name, (other, _) in PODS.items():
            container = container_of(manifests[name if of == "base" else other])
            named |= set(environment_of(container, {}))
            commands += container["args"]
    for service in compose["services"].values():
        if "deploy/Dockerfile" in str(service.get("build")):
            named |= set(service["environment"])
            commands += service["command"]
    for block in re.findall(r"^ENV ((?:.*\\\n)*.*)$", dockerfile, re.MULTILINE):
        named |= {name for name in re.findall(r"(\w+)=", block) if not name.startswith("UV_")}
    commands += re.findall(r'"doorward", "(\w+)"', dockerfile) + re.findall(
        r'^CMD \["(\w+)"\]', dockerfile, re.MULTILINE
    )
    assert {"serve", "worker", "migrate", "health"} <= set(commands) <= set(COMMANDS)
    assert {"DOORWARD_MODE", "DOORWARD_SECRETS_FILE", "DOORWARD_DATABASE__URL_FILE"} <= named
    assert named - WITH_FILES - PLATFORM - SYSTEM == set()


def test_production_overlay_configures_a_doorward_without_a_must(overlay: Any, tmp_path: Path) -> None:
    for key, value in SECRETS.items():
        (tmp_path / key).write_text(value, encoding="utf-8")
    for name in ("production", "zones"):
        manifests = overlay(name)
        given = environment_of(container_of(manifests["Deployment/doorward"]), manifests["ConfigMap/doorward"]["data"])
        found = {variable: value.replace("/etc/doorward/secrets", str(tmp_path)) for variable, value in given.items()}
        settings = read_settings(found)
        # Neither a must nor advice that we do not follow ourselves.
        assert list(advise(settings)) == []
        assert not settings.section(WorkerSettings).inside_serve


def test_development_overlay_configures_a_doorward(overlay: Any) -> None:
    manifests = overlay("development")
    secret = manifests["Secret/doorward"]["data"]
    assert set(secret) == set(SECRETS)
    given = manifests["ConfigMap/doorward"]["data"]
    read_settings({**given, "DOORWARD_SECRETS": "x" * 40, "DATABASE_URL": "postgresql://doorward:x@database/doorward"})


def test_ending_fits_into_the_time_that_platforms_leave(
    base: Manifests, compose: dict[str, Any], tmp_path: Path
) -> None:
    server = container_of(base["Deployment/doorward"])
    settings = {name: value for name, value in base["ConfigMap/doorward"]["data"].items() if name != "DOORWARD_MODE"}
    section = read_settings({**settings, "DOORWARD_DATA_DIR": str(tmp_path)}).section(ServerSettings)
    readiness = server["readinessProbe"]
    noticed_after = readiness["periodSeconds"] * readiness["failureThreshold"]
    assert section.drain_delay_seconds > noticed_after
    needed = section.drain_delay_seconds + section.shutdown_grace_seconds
    assert pod_of(base["Deployment/doorward"])["terminationGracePeriodSeconds"] > needed
    grace = compose["services"]["server"]["stop_grace_period"]
    assert float(grace.removesuffix("s")) > ServerSettings().shutdown_grace_seconds


def test_probes_ask_what_the_server_answers_where_it_listens(base: Manifests, dockerfile: str) -> None:
    paths = {operation.path for operation in operations.all}
    server = container_of(base["Deployment/doorward"])
    port = server["ports"][0]
    assert port["containerPort"] == ServerSettings().port
    assert f"EXPOSE {ServerSettings().port}" in dockerfile
    asked = {probe: server[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {each["port"] for each in asked.values()} == {port["name"]}
    assert {each["path"] for each in asked.values()} <= paths
    # A database that is away must not restart servers, only keep requests from them.
    assert asked["livenessProbe"]["path"] == "/livez"
    assert asked["readinessProbe"]["path"] == "/readyz"


def test_figures_stand_where_everybody_looks_for_them(
    base: Manifests, compose: dict[str, Any], chart: Manifests
) -> None:
    (scraped,) = [
        job
        for job in yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))[
            "scrape_configs"
        ]
        if job["job_name"] == "doorward"
    ]
    (names,) = scraped["dns_sd_configs"]
    aliases = [
        alias
        for service in compose["services"].values()
        if isinstance(service["networks"], dict)
        for alias in (service["networks"]["inside"] or {}).get("aliases", [])
    ]
    assert sorted(names["names"]) == sorted(aliases)
    for settings in (base["ConfigMap/doorward"]["data"], compose["services"]["worker"]["environment"]):
        assert settings["DOORWARD_METRICS__PORT"] == str(names["port"])
        assert settings["DOORWARD_METRICS__HOST"] == "0.0.0.0"  # noqa: S104 - what a container sets
    for manifests in (base, chart):
        for name in ("Deployment/doorward-worker", "Deployment/doorward-server", "Deployment/doorward"):
            if name in manifests:
                assert {"name": "metrics", "containerPort": names["port"]} in container_of(manifests[name])["ports"]
    # A worker that no longer turns is found out by the only port it has.
    worker = container_of(base["Deployment/doorward-worker"])
    assert worker["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "metrics"}
    assert compose["services"]["worker"]["healthcheck"]["test"][1:] == ["doorward", "health", "--worker"]


def test_every_file_names_the_version_of_the_package() -> None:
    assert len(set(versions().values())) == 1, versions()
