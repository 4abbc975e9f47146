"""The package build: puts the dashboard's assets (see tools/assets.py) into the wheel, of an editable install too."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tools import assets  # noqa: E402


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Node is needed only where neither the package nor the cache has the assets of this lock."""

    def dependencies(self) -> list[str]:
        return [] if assets.is_built() else [assets.NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        folder = assets.bring()
        build_data["artifacts"].append(f"/{folder.relative_to(assets.ROOT).as_posix()}/**")
