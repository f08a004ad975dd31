"""`lagwatch check` and `lagwatch config` as a person meets them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lagwatch.config import default_rules

RULES = sum(rule.enabled for rule in default_rules())


def lagwatch(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("LAGWATCH_")} | variables
    command = [sys.executable, "-m", "lagwatch", *arguments]
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_the_reference_is_a_good_configuration(tmp_path):
    printed = lagwatch("config", cwd=tmp_path)
    assert (printed.returncode, printed.stderr) == (0, "")
    (tmp_path / "lagwatch.yaml").write_text(printed.stdout)
    checked = lagwatch("check", "lagwatch.yaml", cwd=tmp_path)
    assert (checked.returncode, checked.stdout, checked.stderr) == (
        0,
        f"lagwatch.yaml: ok, 1 cluster, {RULES} rules\n",
        "",
    )


def test_each_of_several_files_is_checked_and_one_bad_one_fails(tmp_path):
    (tmp_path / "good.yaml").write_text(
        "clusters: [{name: a, bootstrap: a:1}, {name: b, bootstrap: b:1}]\nrules: {ConsumerLagHigh: {enabled: false}}"
    )
    (tmp_path / "bad.yaml").write_text("bootstrap: a:1\nweb: {prot: 1, port: x}\nwebhook: {url: hunter2}")
    done = lagwatch("check", "good.yaml", "bad.yaml", "absent.yaml", "good.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == f"good.yaml: ok, 2 clusters, {RULES - 1} rules\n" * 2
    assert done.stderr == (
        "bad.yaml: 3 problems in the configuration:\n"
        "  bad.yaml line 2: web.port: x: expected a whole number\n"
        '  bad.yaml line 2: web.prot: not a setting, did you mean "port"?\n'
        "  bad.yaml line 3: webhook.url: ***: expected an address such as https://example.com/path\n"
        "absent.yaml: 1 problem in the configuration:\n"
        "  absent.yaml: expected a readable file (No such file or directory)\n"
    )


def test_without_a_file_it_checks_what_serve_would_read(tmp_path):
    assert lagwatch("check", cwd=tmp_path).returncode == 2
    assert (
        lagwatch("check", cwd=tmp_path, LAGWATCH_BOOTSTRAP="a:1").stdout
        == f"environment: ok, 1 cluster, {RULES} rules\n"
    )
    (tmp_path / "lagwatch.yaml").write_text("bootstrap: a:1")
    assert lagwatch("check", cwd=tmp_path).stdout == f"lagwatch.yaml: ok, 1 cluster, {RULES} rules\n"
    (tmp_path / "other.yaml").write_text("bootstrap: a:1")
    assert lagwatch("check", cwd=tmp_path, LAGWATCH_CONFIG="other.yaml").stdout.startswith("other.yaml: ok")


def test_the_environment_goes_over_each_file(tmp_path):
    (tmp_path / "a.yaml").write_text("bootstrap: a:1")
    done = lagwatch("check", "a.yaml", cwd=tmp_path, LAGWATCH_WEB__PROT="1")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "a.yaml: 1 problem in the configuration:",
        '  environment LAGWATCH_WEB__PROT: not a setting, did you mean "LAGWATCH_WEB__PORT"?',
    ]


@pytest.mark.parametrize("command", ["check", "config"])
def test_help_says_what_it_does(tmp_path, command):
    done = lagwatch(command, "--help", cwd=tmp_path)
    assert (done.returncode, "configuration" in done.stdout.lower()) == (0, True)
