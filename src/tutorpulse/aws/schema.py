"""The table as it is declared: keys, index, and what the index holds of an item."""

from typing import Any

from tutorpulse.aws import names
from tutorpulse.decisions.facts import TUTOR_NAMES
from tutorpulse.store.state.insights import InsightRow
from tutorpulse.store.state.schema import PREDICTION_COLUMNS

SHOWN = tuple(
    dict.fromkeys(
        (
            *PREDICTION_COLUMNS,
            *TUTOR_NAMES,
            *(
                name
                for name in InsightRow.__struct_fields__
                if name not in (names.PARTITION_KEY, names.SORT_KEY)
            ),
            "subjects",
            "about_type",
            "about_id",
            "number",
            "reason",
        )
    )
)
"""Attributes that the index holds: those of predictions, subjects and insights. A change of others costs no write to the index."""


def create_table_arguments(name: str = names.TABLE) -> dict[str, Any]:
    """The arguments of DynamoDB's CreateTable, for a table without a stack, such as a test's."""
    texts = (names.PARTITION_KEY, names.SORT_KEY, names.INDEX_SORT_KEY)
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": text, "AttributeType": "S"} for text in texts],
        "KeySchema": _keys(names.PARTITION_KEY, names.SORT_KEY),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": names.INDEX,
                "KeySchema": _keys(names.SORT_KEY, names.INDEX_SORT_KEY),
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(SHOWN)},
            }
        ],
    }


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]
