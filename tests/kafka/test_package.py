"""
The Dockerfile, step by step outside of Docker: the wheel is built from what Docker would see, installed into an empty
environment outside the tree, and lagwatch runs from there on a real Kafka.
"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lagwatch import __version__
from tests.kafka.support import commit, create_topic, produce, unique
from tests.support.dockerfile import Image, command_of, environment, ignored_context, last_stage
from tests.support.service import serving

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """What `docker build` makes."""
    place = tmp_path_factory.mktemp("image")
    context = ignored_context(ROOT, (ROOT / ".dockerignore").read_text(), place / "context")
    subprocess.run([sys.executable, "-m", "venv", place / "base"], check=True)
    built = Image(root=place / "root", context=context, tools=place / "base" / "bin")
    built.root.mkdir()
    built.build(DOCKERFILE)
    return built


@pytest.fixture(scope="module")
def program(image: Image) -> str:
    """The installed command."""
    return str(image.path("/opt/lagwatch/bin/lagwatch"))


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LAGWATCH_", "PYTHON"))}
    return subprocess.run(command, cwd="/", env=clean | variables, capture_output=True, text=True, timeout=60)


def test_the_wheel_holds_the_package_and_its_rules_and_nothing_else(image):
    (wheel,) = image.path("/wheels").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"lagwatch", f"lagwatch-{__version__}.dist-info"}
    assert {"lagwatch/alerts/lagwatch.yaml", "lagwatch/py.typed", "lagwatch/runbooks/README.md"} <= set(names)
    assert not [name for name in names if "__pycache__" in name]


def test_it_runs_from_where_it_is_installed_and_not_from_the_tree(image, program):
    python = str(image.path("/opt/lagwatch/bin/python"))
    where = run(python, "-c", "import lagwatch; print(lagwatch.__file__)").stdout.strip()
    assert Path(where).is_relative_to(image.path("/opt/lagwatch"))
    done = run(program, "--version")
    assert (done.returncode, done.stdout) == (0, f"lagwatch {__version__}\n")


def test_what_does_not_need_a_kafka_runs_without_one(program):
    printed = run(program, "config")
    assert printed.returncode == 0, printed.stderr
    assert "bootstrap" in printed.stdout
    missing = run(program, "serve")
    assert missing.returncode == 2
    assert "bootstrap" in missing.stderr


def test_it_serves_a_real_kafka_with_the_rules_from_inside_the_wheel(cluster, image, program, tmp_path):
    topic, group = create_topic(cluster.bootstrap, unique("wheel")), unique("wheel")
    produce(cluster.bootstrap, topic, {0: 9})
    commit(cluster.bootstrap, group, {(topic, 0): 4})
    command = command_of(last_stage(DOCKERFILE)["HEALTHCHECK"])
    python = str(image.path("/opt/lagwatch/bin/python"))
    variables = environment(DOCKERFILE)
    kept = image.path(variables["LAGWATCH_STORE__DATA_DIR"])
    with serving(
        tmp_path,
        "--bootstrap",
        cluster.bootstrap,
        program=[program],
        environ={
            "LAGWATCH_WEB__HOST": variables["LAGWATCH_WEB__HOST"],
            "LAGWATCH_STORE__DATA_DIR": str(kept),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    ) as service:
        port = service.url.rpartition(":")[2]
        service.url = f"http://127.0.0.1:{port}"
        path = f"/api/v1/clusters/default/groups/{group}"
        service.wait_for(lambda: service.get(path).status_code == 200, "the group")
        assert service.get(path).json()["lag"] == 5
        rules = {rule["name"] for rule in service.get("/api/v1/rules").json()["items"]}
        assert {"ConsumerLagGrowing", "ConsumerLagHigh", "ConsumerLagRunaway"} <= rules

        assert "When it fires" in service.get("/runbooks/consumer-lag-high").text

        healthy = run(python, *command[1:], LAGWATCH_WEB__PORT=port)
        assert healthy.returncode == 0, healthy.stderr
        assert service.stop() == 0
        assert run(python, *command[1:], LAGWATCH_WEB__PORT=port).returncode == 1
    assert command[0] == "python"
    assert (kept / "lagwatch.db").is_file()
    assert kept.stat().st_mode & 0o777 == 0o750
    if os.geteuid() == 0:
        assert f"{kept.stat().st_uid}:{kept.stat().st_gid}" == last_stage(DOCKERFILE)["USER"]
