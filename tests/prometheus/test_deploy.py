"""deploy/prometheus.yml is what Prometheus understands, the rules that it names included."""

import subprocess
from pathlib import Path

from lagwatch.demo.programs import unpacked

DEPLOY = Path(__file__).parents[2] / "deploy"


def test_prometheus_understands_its_configuration_and_finds_the_rules():
    promtool = unpacked("promtool", "prometheus")
    done = subprocess.run([promtool, "check", "config", DEPLOY / "prometheus.yml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 rule files found" in done.stdout


def test_alertmanager_understands_its_configuration():
    amtool = unpacked("amtool", "prometheus-alertmanager")
    done = subprocess.run([amtool, "check-config", DEPLOY / "alertmanager.yml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
