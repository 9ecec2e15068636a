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
        (service,) = [each for each in manifests.values() if each["kind"] == "Service"]
        assert service["spec"]["selector"].items() <= labels
        (port,) = service["spec"]["ports"]
        assert port["targetPort"] == container_of(server)["ports"][0]["name"]
        (monitor,) = [each for each in manifests.values() if each["kind"] == "ServiceMonitor"]
        assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        assert monitor["spec"]["endpoints"][0]["port"] == port["name"]
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
