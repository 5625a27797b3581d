"""The chart, rendered by Helm's own engine and held against the schemas of Kubernetes: `make test-deploy`.

Helm comes as a library in a wheel, so no cluster and no `helm` is needed. What these tests cannot show is a running
cluster. KEDA's and the Prometheus operator's kinds have no schema here: of those only what we rely on is checked.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import helm_python as helm
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "parley"
GPU = {"workers": {"gpu": {"enabled": True}}}
WITHOUT_SCHEMA = {"ScaledObject", "PodMonitor"}
SECRETS = {
    "PARLEY_SECRET_KEY",
    "PARLEY_WORKER_TOKEN",
    "PARLEY_SEALING_KEYS",
    "PARLEY_METRICS_TOKEN",
    "DATABASE_URL",
    "REDIS_URL",
}
CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "gpu": GPU,
    "hpa": {"workers": {"gpu": {"enabled": True, "autoscaling": {"kind": "hpa"}}}},
    "monitored": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}},
    "bare": {
        "ingress": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "recordings": {"enabled": False},
        "migrate": {"enabled": False},
        "serviceAccount": {"create": False},
        "web": {"autoscaling": {"enabled": False}, "pdb": None},
        "celery": {"pdb": None},
        "weights": {"existingClaim": "weights"},
    },
    "particular": {
        "env": {"PARLEY_EGRESS_ALLOW": "10.1.0.0/16"},
        "allowedHosts": ["talk.example.com"],
        "image": {"pullSecrets": [{"name": "registry"}], "web": {"digest": "sha256:" + "0" * 64}},
        "web": {"nodeSelector": {"a": "b"}, "topologySpreadConstraints": []},
        "workers": {"cpu": {"capacity": 6, "env": {"PARLEY_ENGINE_CHAT": "threads=2"}, "replicas": 3}},
    },
}


def rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    with helm.Chart.load(str(CHART)) as chart:
        files = chart.render(values, name="talk", namespace="parley")
    found = []
    for path, text in files.items():
        if path.endswith((".yaml", ".yml")):
            found += [document for document in yaml.safe_load_all(text) if document]
    return found


@pytest.fixture(params=CASES, scope="module")
def documents(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return rendered(CASES[request.param])


def one(documents: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in documents if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def pods(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in documents
        if each["kind"] in ("Deployment", "Job")
    }


def environment(pod: dict[str, Any]) -> dict[str, Any]:
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in pod["containers"][0]["env"]}


@pytest.mark.parametrize("version", ["1.27", "1.30", "1.33", "1.37"])
def test_every_object_is_what_kubernetes_expects(documents: list[dict[str, Any]], version: str) -> None:
    assert documents
    for document in documents:
        if document["kind"] not in WITHOUT_SCHEMA:
            kubernetes_validate.validate(document, version, strict=True)


def test_a_misspelt_field_would_be_found() -> None:
    document = one(rendered({}), "Deployment", "talk-web")
    document["spec"]["template"]["spec"]["terminationGracePeriod"] = 5
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, "1.33", strict=True)


@pytest.mark.parametrize("case", CASES)
def test_helm_finds_nothing_to_complain_of(case: str) -> None:
    report = helm.lint(str(CHART), CASES[case], strict=True)
    assert not report["errors"]
    assert [message for message in report["messages"] if message["severity"] > 1] == []


@pytest.mark.parametrize(
    "values",
    [
        {"workers": {"cpu": {"autoscaling": {"kind": "sometimes"}}}},
        {"web": {"drainSeconds": "long"}},
        {"publicUrl": "parley.example.com"},
        {"existingSecret": ""},
        {"wbe": {}},
    ],
)
def test_wrong_values_are_refused(values: dict[str, Any]) -> None:
    with helm.Chart.load(str(CHART)) as chart, pytest.raises(helm.HelmError):
        chart.validate_schema(chart.merge_values(values))


def test_names_are_unique(documents: list[dict[str, Any]]) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in documents]
    assert len(names) == len(set(names))


def test_what_selects_finds_its_pods(documents: list[dict[str, Any]]) -> None:
    labels = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each in documents
        if each["kind"] == "Deployment"
    }
    for each in documents:
        spec = each.get("spec", {})
        if each["kind"] == "Deployment" or each["kind"] == "PodDisruptionBudget":
            wanted = [spec["selector"]["matchLabels"].items() <= labels[each["metadata"]["name"]].items()]
        elif each["kind"] == "Service":
            wanted = [spec["selector"].items() <= labels[each["metadata"]["name"]].items()]
        elif each["kind"] == "PodMonitor":
            wanted = [any(spec["selector"]["matchLabels"].items() <= found.items() for found in labels.values())]
        else:
            continue
        assert all(wanted), each["metadata"]["name"]


def test_what_scales_scales_something_that_has_no_number_of_its_own(documents: list[dict[str, Any]]) -> None:
    for each in documents:
        if each["kind"] in ("HorizontalPodAutoscaler", "ScaledObject"):
            scaled = one(documents, "Deployment", each["spec"]["scaleTargetRef"]["name"])
            assert "replicas" not in scaled["spec"]


def test_nobody_is_killed_while_calls_may_go_on() -> None:
    documents = rendered({**GPU, "web": {"drainSeconds": 1200}})
    for name, pod in pods(documents).items():
        drain = environment(pod).get("PARLEY_DRAIN_SECONDS")
        if name.startswith(("talk-web", "talk-worker")):
            ends = 20 if "worker" in name else 5  # leaving between two turns; writing the record
            assert pod["terminationGracePeriodSeconds"] >= int(drain) + ends + 5, name
    assert environment(pods(documents)["talk-web"])["PARLEY_DRAIN_SECONDS"] == "1200"


def test_no_secret_stands_in_an_environment(documents: list[dict[str, Any]]) -> None:
    for name, pod in pods(documents).items():
        known = environment(pod)
        assert not SECRETS & known.keys(), name
        files = {variable.removesuffix("_FILE"): path for variable, path in known.items() if variable.endswith("_FILE")}
        assert files.keys() == ({"PARLEY_WORKER_TOKEN"} if "worker" in name else SECRETS), name
        (volume,) = [each for each in pod["volumes"] if each["name"] == "secrets"]
        (source,) = volume["projected"]["sources"]
        assert source["secret"]["name"] == "parley"
        mounted = {f"/run/secrets/parley/{item['path']}" for item in source["secret"]["items"]}
        assert mounted == set(files.values()), name


def test_the_chart_holds_no_secret(documents: list[dict[str, Any]]) -> None:
    assert not [each for each in documents if each["kind"] == "Secret"]


def test_every_pod_runs_with_few_rights(documents: list[dict[str, Any]]) -> None:
    for name, pod in pods(documents).items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert {"requests", "limits"} <= container["resources"].keys()


def test_every_mount_has_its_volume(documents: list[dict[str, Any]]) -> None:
    for name, pod in pods(documents).items():
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]} == volumes, (
            name
        )


def test_probes_ask_what_is_there() -> None:
    for name, pod in pods(rendered(GPU)).items():
        (container,) = pod["containers"]
        if name.startswith(("talk-web", "talk-worker")):
            paths = {
                probe: container[probe]["httpGet"]["path"]
                for probe in ("livenessProbe", "readinessProbe", "startupProbe")
            }
            # Not alive is no reason to ask the neighbours; not ready is.
            assert paths == {"livenessProbe": "/health", "readinessProbe": "/ready", "startupProbe": "/health"}
            ready = container["readinessProbe"]
            assert ready["periodSeconds"] * ready["failureThreshold"] <= 5


def test_a_worker_says_where_it_is_and_the_web_believes_its_name() -> None:
    documents = rendered({})
    told = environment(pods(documents)["talk-worker-cpu"])
    assert told["PARLEY_WORKER_URL"] == "http://$(POD_IP):8100"
    assert told["POD_IP"] == {"fieldRef": {"fieldPath": "status.podIP"}}
    host = told["PARLEY_WEB_URL"].removeprefix("http://")
    one(documents, "Service", host)
    assert host in environment(pods(documents)["talk-web"])["PARLEY_ALLOWED_HOSTS"].split(",")


def test_a_variable_is_defined_before_it_is_used(documents: list[dict[str, Any]]) -> None:
    for pod in pods(documents).values():
        seen: set[str] = set()
        for entry in pod["containers"][0]["env"]:
            assert set(re.findall(r"\$\((\w+)\)", str(entry.get("value", "")))) <= seen
            seen.add(entry["name"])
        assert len(seen) == len(pod["containers"][0]["env"])


def test_every_variable_is_one_that_the_program_reads(documents: list[dict[str, Any]]) -> None:
    code = "\n".join(path.read_text() for folder in ("platform", "inference") for path in (ROOT / folder).rglob("*.py"))
    own = {"HOME", "POD_IP", "PARLEY_ENGINE_CHAT", "DATABASE_URL_FILE", "REDIS_URL_FILE"}
    for pod in pods(documents).values():
        for name in environment(pod).keys() - own:
            assert f'"{name.removesuffix("_FILE")}"' in code, name


def test_calls_pass_the_ingress() -> None:
    ingress = one(rendered({}), "Ingress", "talk")
    assert int(ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-read-timeout"]) >= 3600
    assert ingress["spec"]["rules"][0]["host"] == "parley.example.com"
    assert ingress["spec"]["tls"][0]["hosts"] == ["parley.example.com"]
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    one(rendered({}), "Service", backend["name"])


def test_workers_are_reached_by_our_own_pods_only() -> None:
    documents = rendered(GPU)
    policy = one(documents, "NetworkPolicy", "talk-workers")
    labels = one(documents, "Deployment", "talk-worker-gpu")["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    (rule,) = policy["spec"]["ingress"]
    ours, metrics = rule["from"]
    assert ours["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] == "talk"
    assert metrics["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
    background = one(documents, "NetworkPolicy", "talk-background")
    assert background["spec"]["ingress"] == []


def test_the_tables_change_before_the_new_version_starts() -> None:
    job = one(rendered({}), "Job", "talk-migrate-1")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    # A hook runs before anything of the release is there: it may use nothing that the release makes.
    pod = job["spec"]["template"]["spec"]
    assert "serviceAccountName" not in pod
    assert not [volume for volume in pod["volumes"] if "persistentVolumeClaim" in volume]


def test_there_is_one_beat() -> None:
    beat = one(rendered({"celery": {"replicas": 5}}), "Deployment", "talk-beat")
    assert (beat["spec"]["replicas"], beat["spec"]["strategy"]) == (1, {"type": "Recreate"})


def test_cards_are_asked_for_and_scaled_by_calls() -> None:
    documents = rendered(GPU)
    worker = one(documents, "Deployment", "talk-worker-gpu")
    assert worker["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert worker["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    scaled = one(documents, "ScaledObject", "talk-worker-gpu")["spec"]
    (trigger,) = scaled["triggers"]
    assert trigger["type"] == "prometheus"
    assert trigger["metadata"]["query"] == 'sum(parley_conversations_open{kind="voice", pod=~"talk-worker-gpu-.+"})'
    assert 'Gauge("parley_conversations_open"' in (ROOT / "inference" / "metrics.py").read_text()
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"], trigger["metadata"]["threshold"]) == (1, 8, "20")


def test_a_pool_may_be_as_large_as_the_web_wants_it() -> None:
    values = {"workers": {"gpu": {"enabled": True, "autoscaling": {"by": "wanted"}}}}
    (trigger,) = one(rendered(values), "ScaledObject", "talk-worker-gpu")["spec"]["triggers"]
    assert (trigger["metadata"]["query"], trigger["metadata"]["threshold"]) == ("max(parley_workers_wanted)", "1")


def test_recordings_outlive_the_release() -> None:
    for claim in ("talk-recordings", "talk-weights"):
        assert one(rendered({}), "PersistentVolumeClaim", claim)["metadata"]["annotations"] == {
            "helm.sh/resource-policy": "keep"
        }
