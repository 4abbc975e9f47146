"""`tutorpulse aws`, as a user calls it: what it builds, and what it says where there is no account."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.cli.conftest import Run
from tutorpulse.aws import names, packaging
from tutorpulse.aws.account import BOOTSTRAP_PARAMETER, account, check_docker
from tutorpulse.aws.deploying import commands
from tutorpulse.cli import console
from tutorpulse.errors import InputError

Capture = pytest.CaptureFixture[str]
REGION = "eu-central-1"


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials, no region, no instance to ask for them, no home."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(console, "DEFAULT_HOME", tmp_path / "home")
    monkeypatch.setenv("TUTORPULSE_HOME", str(tmp_path / "home"))
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch, nobody: None) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch, somebody: None) -> Iterator[None]:
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws():
        yield
        ssm = boto3.client("ssm", region_name=REGION)
        ssm.delete_parameters(Names=[BOOTSTRAP_PARAMETER])


def refused(run: Run, capsys: Capture, tmp_path: Path, *more: str) -> str:
    """What a deployment that is refused says; it has built nothing."""
    assert run("aws", "deploy", "--out", tmp_path / "out", *more) == 2
    assert not (tmp_path / "out").exists()
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_without_credentials_a_deployment_says_how_to_get_them_before_it_builds(
    run: Run, capsys: Capture, tmp_path: Path
) -> None:
    said = refused(run, capsys, tmp_path)
    assert "There are no AWS credentials. Run `aws configure`" in said
    assert "--synth" in said


def test_without_a_region_a_deployment_says_which_variable_names_it(
    run: Run, capsys: Capture, tmp_path: Path, somebody: None
) -> None:
    assert "Set AWS_REGION" in refused(run, capsys, tmp_path)


def test_where_aws_cannot_be_asked_a_deployment_says_so(
    run: Run, capsys: Capture, tmp_path: Path, somebody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert "AWS does not let anybody in with these credentials" in refused(run, capsys, tmp_path)


def test_without_docker_a_deployment_asks_for_an_image(
    run: Run, capsys: Capture, tmp_path: Path, region: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "give --model-image" in refused(run, capsys, tmp_path)


def test_docker_that_does_not_run_is_told_from_docker_that_is_not_here(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not here"):
        check_docker({"PATH": str(tmp_path)})
    stopped = tmp_path / "docker"
    stopped.write_text("#!/bin/sh\nexit 1\n")
    stopped.chmod(0o755)
    with pytest.raises(InputError, match="does not run"):
        check_docker({"PATH": str(tmp_path)})


def test_an_account_is_bootstrapped_only_where_that_was_not_done(region: None, tmp_path: Path) -> None:
    found = account(os.environ)
    assert (found.number, found.region) == ("123456789012", REGION)
    assert not found.is_bootstrapped()
    ssm = boto3.client("ssm", region_name=REGION)
    ssm.put_parameter(Name=BOOTSTRAP_PARAMETER, Value="5", Type="String")
    assert not found.is_bootstrapped()
    ssm.put_parameter(Name=BOOTSTRAP_PARAMETER, Value="30", Type="String", Overwrite=True)
    assert found.is_bootstrapped()
    verbs = [[step[3] for step in commands(tmp_path, needed, diff=False)] for needed in (True, False)]
    assert verbs == [["bootstrap", "deploy"], ["deploy"]]


@pytest.fixture
def ran(region: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """What a deployment runs, where the asset is made up and each program notes how it is called."""

    def build(folder: Path, home: Path | None = None, architecture: str = "x86_64") -> packaging.Asset:
        folder.mkdir(parents=True)
        return packaging.Asset(folder, 7, "3.11", "x86_64")

    calls: list[dict[str, Any]] = []

    def note(command: list[str], env: dict[str, str], **_: object) -> "subprocess.CompletedProcess[bytes]":
        calls.append({"command": command, "options": json.loads(env["TUTORPULSE_AWS_OPTIONS"]), "env": env})
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(packaging, "build", build)
    monkeypatch.setattr("tutorpulse.aws.deploying.subprocess.run", note)
    return calls


def test_a_deployment_is_one_command_that_bootstraps_then_deploys_what_it_built(
    run: Run, capsys: Capture, tmp_path: Path, ran: list[dict[str, Any]]
) -> None:
    image = f"1.dkr.ecr.{REGION}.amazonaws.com/t:1"
    assert run("aws", "deploy", "--out", tmp_path / "out", "--model-image", image, "--budget-usd", 70) == 0
    assert [call["command"][3] for call in ran] == ["bootstrap", "deploy"]
    assert ran[1]["command"][-1] == names.STACK
    options = ran[1]["options"]
    assert Path(options["model"]).stat().st_size > 100_000
    assert (options["model_image"], options["budget_usd"], options["python"]) == (image, 70, "3.11")
    assert ran[1]["env"]["AWS_REGION"] == REGION
    boto3.client("ssm", region_name=REGION).put_parameter(Name=BOOTSTRAP_PARAMETER, Value="30", Type="String")
    ran.clear()
    assert run("aws", "deploy", "--out", tmp_path / "again", "--model-image", image, "--json") == 0
    assert [call["command"][3] for call in ran] == ["deploy"]


@pytest.mark.slow
def test_the_asset_is_packaged_and_the_stack_is_synthesised_by_the_commands_without_an_account(
    run: Run, tmp_path: Path
) -> None:
    assert (
        run(
            "simulate",
            "--tutors",
            2,
            "--students",
            4,
            "--start",
            "2026-01-01",
            "--end",
            "2026-01-08",
            "--out",
            tmp_path / "e.ndjson",
        )
        == 0
    )
    assert run("import", tmp_path / "e.ndjson", "--home", tmp_path / "home") == 0

    def call(*arguments: str) -> dict[str, Any]:
        command = [
            sys.executable,
            "-m",
            "tutorpulse",
            "aws",
            *arguments,
            "--out",
            str(tmp_path / "out"),
            "--json",
        ]
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        found: dict[str, Any] = json.loads(ended.stdout)
        return found

    packed = call("package")
    assert 50_000_000 < packed["unzipped_bytes"] < 250 * 1024 * 1024
    on_disk = sum(path.stat().st_size for path in Path(packed["asset"]).rglob("*") if path.is_file())
    assert on_disk == packed["unzipped_bytes"]
    built = call("deploy", "--synth")
    template = json.loads(Path(built["template"]).read_text())
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert {"AWS::Lambda::Function", "AWS::Kinesis::Stream", "AWS::SageMaker::Endpoint"} <= kinds
    assets = json.loads(Path(built["template"]).with_name(f"{names.STACK}.assets.json").read_text())
    assert len(assets["dockerImages"]) == 1
    assert len(assets["files"]) >= 3
