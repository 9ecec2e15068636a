#!/bin/sh
# Checks the files of deploy/ and .github/ without a container engine, a cluster or a network.
set -eu
cd "$(dirname "$0")/.."
tools=".venv-deploy/bin"
rendered="$(mktemp -d)"
trap 'rm -rf "$rendered"' EXIT

echo "hadolint: deploy/Dockerfile"
"$tools/hadolint" deploy/Dockerfile

echo "yamllint: deploy, .github"
"$tools/yamllint" --strict deploy .github

echo "check-jsonschema: compose, workflows, Dependabot"
"$tools/check-jsonschema" --quiet --builtin-schema vendor.compose-spec deploy/compose.yaml
"$tools/check-jsonschema" --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
"$tools/check-jsonschema" --quiet --builtin-schema vendor.dependabot .github/dependabot.yml

echo "zizmor: workflows, Dependabot"
"$tools/zizmor" --offline --quiet --no-progress --persona pedantic .github

# Kinds of other makers have no schema here and are passed over.
validate() { "$tools/kubernetes-validate" --strict --quiet --no-warn "$@"; }

echo "kubernetes-validate: the chart, with everything on and everything off"
"$tools/python" scripts/render_chart.py >"$rendered/chart.yaml"
"$tools/python" scripts/render_chart.py ingress.enabled=true serviceMonitor.enabled=true autoscaling.enabled=false \
    'ingress.annotations={a: b}' 'image.pullSecrets=[{name: a}]' 'extraEnv=[{name: SENTRY_DSN, value: a}]' >"$rendered/on.yaml"
"$tools/python" scripts/render_chart.py migrate.enabled=false autoscaling.enabled=false networkPolicy.enabled=false \
    podDisruptionBudget.enabled=false server.topologySpreadConstraints=[] >"$rendered/off.yaml"
validate "$rendered"/*.yaml

if kubectl kustomize --help >/dev/null 2>&1; then
    echo "kubernetes-validate: the overlays"
    for overlay in deploy/kubernetes/overlays/*/; do
        kubectl kustomize "$overlay" >"$rendered/overlay.yaml"
        validate "$rendered/overlay.yaml"
    done
else
    echo "kubernetes-validate: the base; kubectl, which joins the overlays, is not here"
    for manifest in deploy/kubernetes/base/*.yaml; do
        [ "$(basename "$manifest")" = kustomization.yaml ] || validate "$manifest"
    done
fi
