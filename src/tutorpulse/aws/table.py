"""The single table: reads and writes of items as plain values. Throttling is retried by the client."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from tutorpulse.aws import names
from tutorpulse.aws.values import Item, pack, unpack
from tutorpulse.errors import InputError

TRANSACTION_MAX = 100
"""Items that one transaction can hold."""


class RefusedItemError(InputError):
    """The table does not take an item as it is, such as one above 400 KB; trying again will not help."""


class Table:
    """One table. Threads may share it."""

    def __init__(self, client: Any, name: str = names.TABLE) -> None:
        self._client, self.name = client, name

    def put(self, item: Mapping[str, Any]) -> None:
        """Write an item, in place of what was there."""
        self._call("put_item", Item=pack(item))

    def put_if(self, item: Mapping[str, Any], condition: str, values: Mapping[str, Any]) -> bool:
        """Write an item if a condition on what is there holds; whether it did."""
        given = {"ExpressionAttributeValues": pack(values)} if values else {}
        try:
            self._call("put_item", Item=pack(item), ConditionExpression=condition, **given)
        except _Unmet:
            return False
        return True

    def put_new(self, item: Mapping[str, Any]) -> Item | None:
        """Write an item where there is none. Returns the one that was there, None where this one was written."""
        try:
            self._call(
                "put_item",
                Item=pack(item),
                ConditionExpression=f"attribute_not_exists({names.PARTITION_KEY})",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except _Unmet as unmet:
            return unmet.item or self.get(item[names.PARTITION_KEY], item[names.SORT_KEY]) or {}
        return None

    def update(
        self,
        key: tuple[str, str],
        expression: str,
        values: Mapping[str, Any],
        condition: str | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> Item | None:
        """Change an item, made where there is none. Returns what it was before (empty: nothing), None if the condition failed."""
        more: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        if values:
            more["ExpressionAttributeValues"] = pack(values)
        if attributes:
            more["ExpressionAttributeNames"] = attributes
        try:
            found = self._call(
                "update_item", Key=_key(*key), UpdateExpression=expression, ReturnValues="ALL_OLD", **more
            )
        except _Unmet:
            return None
        return unpack(found.get("Attributes", {}))

    def get(self, entity_id: str, entity_type: str) -> Item | None:
        """One item as of now; None where there is none."""
        found = self._call("get_item", Key=_key(entity_id, entity_type), ConsistentRead=True).get("Item")
        return unpack(found) if found else None

    def between(self, entity_id: str, low: str, high: str) -> Iterator[Item]:
        """The items of one partition whose sort keys lie between two, both included, as of now, in their order."""
        yield from self._pages(
            KeyConditionExpression=f"{names.PARTITION_KEY} = :id AND {names.SORT_KEY} BETWEEN :low AND :high",
            ExpressionAttributeValues=pack({":id": entity_id, ":low": low, ":high": high}),
            ConsistentRead=True,
        )

    def of_type(self, entity_type: str, since: str = "", newest_first: bool = False) -> Iterator[Item]:
        """Items by the index: of one type, from a timestamp on, by timestamp. The index may lag by some seconds."""
        yield from self._pages(
            IndexName=names.INDEX,
            KeyConditionExpression=f"{names.SORT_KEY} = :type AND #stamp >= :since",
            ExpressionAttributeNames={"#stamp": names.INDEX_SORT_KEY},
            ExpressionAttributeValues=pack({":type": entity_type, ":since": since or " "}),
            ScanIndexForward=not newest_first,
        )

    def write_together(
        self, items: Sequence[Mapping[str, Any]], gone: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Write items and remove those of these keys; all or nothing as long as they are no more than `TRANSACTION_MAX`."""
        actions = [{"Put": {"TableName": self.name, "Item": pack(item)}} for item in items]
        actions += [{"Delete": {"TableName": self.name, "Key": _key(*key)}} for key in gone]
        if len(actions) == 1 and items:
            self.put(items[0])
            return
        for start in range(0, len(actions), TRANSACTION_MAX):
            self._client.transact_write_items(TransactItems=actions[start : start + TRANSACTION_MAX])

    def _pages(self, **query: Any) -> Iterator[Item]:
        while True:
            page = self._call("query", **query)
            yield from map(unpack, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(TableName=self.name, **arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                raise _Unmet(unpack(error.response.get("Item", {}))) from None
            if code == "ValidationException":
                raise RefusedItemError(
                    f"{self.name} takes it not: {error}. Send it smaller, or not at all."
                ) from None
            raise


class _Unmet(Exception):  # noqa: N818
    def __init__(self, item: Item) -> None:
        super().__init__()
        self.item = item


def _key(entity_id: str, entity_type: str) -> dict[str, Any]:
    return pack({names.PARTITION_KEY: entity_id, names.SORT_KEY: entity_type})
