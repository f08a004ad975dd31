"""deploy/ and the Dockerfile agree with the program and with one another."""

import configparser
import re
from pathlib import Path

import pytest
import yaml

from lagwatch.config import Settings, load
from lagwatch.demo.jars import KAFKA_VERSION
from lagwatch.errors import ConfigurationError
from tests.support.dockerfile import command_of, environment, instructions, last_stage

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]


def mounts() -> list[tuple[str, str]]:
    return [(name, volume) for name, service in SERVICES.items() for volume in service.get("volumes", ())]


@pytest.mark.parametrize("name, volume", mounts())
def test_what_compose_mounts_is_there_and_cannot_be_written(name, volume):
    source, target, mode = volume.split(":")
    assert (DEPLOY / source).exists()
    assert target.startswith("/")
    assert mode == "ro"


@pytest.mark.parametrize("name", SERVICES)
def test_compose_serves_this_computer_only(name):
    for port in SERVICES[name].get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "image" in service])
def test_images_of_others_are_pinned(name):
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+", SERVICES[name]["image"])


def test_compose_starts_the_kafka_that_the_tests_run_on():
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"


def test_prometheus_scrapes_the_port_that_lagwatch_listens_on():
    scrape = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"][0]
    port = environment(DOCKERFILE)["LAGWATCH_WEB__PORT"]
    assert scrape["static_configs"] == [{"targets": [f"lagwatch:{port}"]}]
    assert SERVICES["lagwatch"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_the_example_settings_are_good_and_watch_the_kafka_of_compose():
    settings = load(DEPLOY / "lagwatch.yaml", {}, {})
    assert [cluster.bootstrap for cluster in settings.clusters] == [("kafka:9092",)]
    inside = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")[0]
    assert inside == "INSIDE://kafka:9092"


def test_the_example_settings_are_good_with_what_they_leave_to_the_reader():
    text = (DEPLOY / "lagwatch.yaml").read_text()
    commented = re.findall(r"^# (webhook:|  url: .*)$", text, re.MULTILINE)
    assert yaml.safe_load("\n".join(commented)) == {"webhook": {"url": "https://hooks.example.com/lagwatch"}}


def test_the_container_finds_its_settings_where_compose_mounts_them():
    (volume,) = SERVICES["lagwatch"]["volumes"]
    assert volume.split(":")[1] == f"{last_stage(DOCKERFILE)['WORKDIR']}/lagwatch.yaml"


def test_the_container_is_not_root_and_says_so_in_numbers():
    user, group = last_stage(DOCKERFILE)["USER"].split(":")
    assert int(user) >= 1000
    assert int(group) >= 1000


def test_the_container_listens_where_it_can_be_reached_on_the_port_that_it_names():
    stage, variables = last_stage(DOCKERFILE), environment(DOCKERFILE)
    assert stage["EXPOSE"] == variables["LAGWATCH_WEB__PORT"] == str(Settings().web.port)
    assert variables["LAGWATCH_WEB__HOST"] == "0.0.0.0"


def test_the_container_starts_the_service_and_passes_other_commands_on():
    stage = last_stage(DOCKERFILE)
    assert [*command_of(stage["ENTRYPOINT"]), *command_of(stage["CMD"])] == ["lagwatch", "serve"]


def test_the_container_keeps_its_data_in_a_directory_of_its_own():
    stage, place = last_stage(DOCKERFILE), environment(DOCKERFILE)["LAGWATCH_STORE__DATA_DIR"]
    user, group = stage["USER"].split(":")
    assert stage["RUN"] == f"install -d -m 0750 -o {user} -g {group} {place}"
    assert stage["VOLUME"] == place
    order = [name for name, _ in instructions(DOCKERFILE)]
    assert order.index("VOLUME") < len(order) - 1 - order[::-1].index("USER")
    store = " ".join((ROOT / "docs" / "store.md").read_text().split())
    assert f"`{place}`, which it makes and which belongs to its user {user}" in store


def test_no_secret_is_built_into_the_container():
    assert not [rest for name, rest in instructions(DOCKERFILE) if re.search(r"(?i)password|secret|token", rest)]


def test_the_unit_of_systemd_does_not_start_again_what_is_configured_wrongly():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(DEPLOY / "lagwatch.service")
    assert int(unit["Service"]["RestartPreventExitStatus"]) == ConfigurationError.exit_code
    assert unit["Service"]["ExecStart"].split()[1:3] == ["serve", "--config"]
    assert unit["Service"]["ExecReload"] == "/bin/kill -HUP $MAINPID"
