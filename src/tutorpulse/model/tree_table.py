"""The trees of a head as flat tables, read from LightGBM's own description of them."""

import math
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tutorpulse.errors import ModelError
from tutorpulse.model.heads import Head

_CUT_TO = 1e300
"""LightGBM describes an infinite threshold, which parts only missing values from the others, by this number."""

Branch: TypeAlias = tuple[int, bool]
"""Where a branch leads: a place among nodes, or (true) among leaves."""


@dataclass
class TreeTable:
    """All trees of a head: a row goes left where its value is at most the threshold; `leaf` holds what each leaf adds.

    `missing_goes_left` is 1 where a missing value does. `roots` are the places of the trees' first nodes.
    """

    roots: list[int] = field(default_factory=list)
    feature: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    missing_goes_left: list[int] = field(default_factory=list)
    left: list[Branch] = field(default_factory=list)
    right: list[Branch] = field(default_factory=list)
    leaf: list[float] = field(default_factory=list)

    def add_tree(self, root: dict[str, Any]) -> None:
        """Add a tree; one that is a single leaf gets a node whose branches both lead to it."""
        self.roots.append(len(self.feature))
        if "split_feature" not in root:
            branch = self._branch(root)
            self._add(0, 0.0, 0, branch, branch)
            return
        self._branch(root)

    def _branch(self, node: dict[str, Any]) -> Branch:
        if "split_feature" not in node:
            self.leaf.append(float(node["leaf_value"]))
            return len(self.leaf) - 1, True
        threshold = _threshold(node)
        place = self._add(
            int(node["split_feature"]), threshold, _missing(node, threshold), (-1, True), (-1, True)
        )
        self.left[place] = self._branch(node["left_child"])
        self.right[place] = self._branch(node["right_child"])
        return place, False

    def _add(self, feature: int, threshold: float, missing: int, left: Branch, right: Branch) -> int:
        self.feature.append(feature)
        self.threshold.append(threshold)
        self.missing_goes_left.append(missing)
        self.left.append(left)
        self.right.append(right)
        return len(self.feature) - 1


def tree_table(head: Head) -> TreeTable:
    """The trees of a head.

    Raises:
        ModelError: a node splits by category, or takes zero for missing; heads fitted here do neither.
    """
    table = TreeTable()
    for tree in head.trees():
        table.add_tree(tree)
    return table


def _threshold(node: dict[str, Any]) -> float:
    threshold = float(node["threshold"])
    return math.copysign(math.inf, threshold) if abs(threshold) >= _CUT_TO else threshold


def _missing(node: dict[str, Any], threshold: float) -> int:
    """Where a missing value goes. A node that saw none in training takes it for 0, as LightGBM does."""
    if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
        raise ModelError(
            f"A node decides by {node['decision_type']} with {node['missing_type']} for missing: "
            "only numbers with NaN for missing can be exported. Train again with `tutorpulse train`."
        )
    goes_left = bool(node["default_left"]) if node["missing_type"] == "NaN" else threshold >= 0
    return int(goes_left)
