"""What the overlays promise: servers that scale, and that outlive a node or a zone."""

from __future__ import annotations

from typing import Any

from tests.deploy.conftest import Manifests, container_of, pod_of


def test_autoscaler_and_budgets_concern_deployments_that_exist(overlay: Any, chart: Manifests) -> None:
    for manifests in (overlay("production"), overlay("zones"), chart):
        (scaler,) = [each for each in manifests.values() if each["kind"] == "HorizontalPodAutoscaler"]
        target = manifests[f"Deployment/{scaler['spec']['scaleTargetRef']['name']}"]
        assert "replicas" not in target["spec"]
        assert "cpu" in container_of(target)["resources"]["requests"]
        assert scaler["spec"]["minReplicas"] >= 2
        deployments = [each for each in manifests.values() if each["kind"] == "Deployment"]
        budgets = [each for each in manifests.values() if each["kind"] == "PodDisruptionBudget"]
        assert len(budgets) == 2
        for budget in budgets:
            wanted = budget["spec"]["selector"]["matchLabels"].items()
            chosen = [each for each in deployments if wanted <= each["spec"]["template"]["metadata"]["labels"].items()]
            assert len(chosen) == 1


def test_services_policies_and_monitors_choose_the_servers(overlay: Any, chart: Manifests) -> None:
    for manifests in (overlay("production"), chart):
        (server,) = [
            each
            for each in manifests.values()
            if each["kind"] == "Deployment" and container_of(each)["args"] == ["serve"]
        ]
        labels = server["spec"]["template"]["metadata"]["labels"].items()
        services = [each for each in manifests.values() if each["kind"] == "Service"]
        (service,) = [each for each in services if each["spec"]["selector"].items() <= labels]
        port, figures = service["spec"]["ports"]
        assert [each["targetPort"] for each in (port, figures)] == [
            each["name"] for each in container_of(server)["ports"]
        ]
        # Of the workers too: what becomes of jobs is counted where they are done.
        (monitor,) = [each for each in manifests.values() if each["kind"] == "ServiceMonitor"]
        assert len(services) == 2
        for each in services:
            assert monitor["spec"]["selector"]["matchLabels"].items() <= each["metadata"]["labels"].items()
            assert figures in each["spec"]["ports"]
        assert [each["port"] for each in monitor["spec"]["endpoints"]] == [figures["name"]]
        policies = [each for each in manifests.values() if each["kind"] == "NetworkPolicy"]
        assert any(
            each["spec"]["podSelector"]["matchLabels"].items() <= labels and each["spec"].get("ingress")
            for each in policies
        )
        (ingress,) = [each for each in manifests.values() if each["kind"] == "Ingress"]
        backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        assert backend == {"name": service["metadata"]["name"], "port": {"name": port["name"]}}


def test_three_zones_each_have_a_server(overlay: Any) -> None:
    manifests = overlay("zones")
    pod = pod_of(manifests["Deployment/doorward"])
    (zone,) = [
        each for each in pod["topologySpreadConstraints"] if each["topologyKey"] == "topology.kubernetes.io/zone"
    ]
    assert (zone["whenUnsatisfiable"], zone["maxSkew"], zone["minDomains"]) == ("DoNotSchedule", 1, 3)
    # The spread over nodes, from the base, stays beside it.
    assert len(pod["topologySpreadConstraints"]) == 2
    assert manifests["HorizontalPodAutoscaler/doorward"]["spec"]["minReplicas"] >= 3
