"""The single table: reads and writes of items as plain values. Throttling is retried by the client."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias

from botocore.exceptions import ClientError

from tutorpulse.aws import names
from tutorpulse.aws.values import Item, pack, unpack
from tutorpulse.errors import RefusedItemError

TRANSACTION_MAX = 100
"""Items that one transaction can hold."""

Key: TypeAlias = tuple[str, str]
"""Partition key and sort key."""

Test: TypeAlias = Literal["<", "<=", ">", "<>"]
"""How the value that is there stands to the new one."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Items(Protocol):
    """What the functions need of a table."""

    def put(self, item: Mapping[str, Any]) -> None:
        """Write an item, in place of what was there."""
        ...

    def put_new(self, item: Mapping[str, Any]) -> Item | None:
        """Write an item where there is none. Returns the one that was there, None where this one was written."""
        ...

    def put_where(self, item: Mapping[str, Any], attribute: str, test: Test) -> bool:
        """Write an item if the one there has no such attribute, or its value stands so to this one's; whether it did."""
        ...

    def add(
        self,
        key: Key,
        numbers: Mapping[str, int],
        sets: Mapping[str, set[str]] = _NOTHING,
    ) -> Item:
        """Add to numbers and to sets of text; the item is made where there is none.

        Returns it as it was before, empty where there was none.
        """
        ...

    def drop(self, key: Key, attributes: Sequence[str], where: tuple[str, int]) -> bool:
        """Remove attributes of an item, if one of its numbers is still this one; whether it did."""
        ...

    def remove(self, entity_id: str, entity_type: str) -> None:
        """Remove an item, if it is there."""
        ...

    def get(self, entity_id: str, entity_type: str) -> Item | None:
        """One item as of now; None where there is none."""
        ...

    def between(self, entity_id: str, low: str, high: str) -> Iterator[Item]:
        """The items of one partition whose sort keys lie between two, both included, as of now, in their order."""
        ...

    def of_type(self, entity_type: str, since: str = "", newest_first: bool = False) -> Iterator[Item]:
        """Items by the index: of one type, from a timestamp on, by timestamp; of each only keys and `schema.SHOWN`.

        The index may lag behind by some seconds.
        """
        ...

    def write_together(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Write items, all or nothing as long as they are no more than `TRANSACTION_MAX`."""
        ...


class Table:
    """One table of DynamoDB: see `Items`. Threads may share it; throttling is retried by the client."""

    def __init__(self, client: Any, name: str = names.TABLE) -> None:
        self._client, self.name = client, name

    def put(self, item: Mapping[str, Any]) -> None:
        """See `Items`."""
        self._call("put_item", Item=pack(item))

    def put_new(self, item: Mapping[str, Any]) -> Item | None:
        """See `Items`."""
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

    def put_where(self, item: Mapping[str, Any], attribute: str, test: Test) -> bool:
        """See `Items`."""
        return self._is_met(
            "put_item",
            Item=pack(item),
            ConditionExpression=f"attribute_not_exists(#a) OR #a {test} :new",
            ExpressionAttributeNames={"#a": attribute},
            ExpressionAttributeValues=pack({":new": item[attribute]}),
        )

    def add(
        self,
        key: Key,
        numbers: Mapping[str, int],
        sets: Mapping[str, set[str]] = _NOTHING,
    ) -> Item:
        """See `Items`."""
        added = {**numbers, **{name: some for name, some in sets.items() if some}}
        places = {name: str(place) for place, name in enumerate(added)}
        found = self._call(
            "update_item",
            Key=_key(*key),
            UpdateExpression="ADD " + ", ".join(f"#{place} :{place}" for place in places.values()),
            ExpressionAttributeNames={f"#{place}": name for name, place in places.items()},
            ExpressionAttributeValues=pack({f":{places[name]}": value for name, value in added.items()}),
            ReturnValues="ALL_OLD",
        )
        return unpack(found.get("Attributes", {}))

    def drop(self, key: Key, attributes: Sequence[str], where: tuple[str, int]) -> bool:
        """See `Items`."""
        named = {f"#{place}": name for place, name in enumerate(attributes)}
        return self._is_met(
            "update_item",
            Key=_key(*key),
            UpdateExpression=f"REMOVE {', '.join(named)}",
            ConditionExpression="#seen = :seen",
            ExpressionAttributeNames=named | {"#seen": where[0]},
            ExpressionAttributeValues=pack({":seen": where[1]}),
        )

    def _is_met(self, operation: str, **arguments: Any) -> bool:
        try:
            self._call(operation, **arguments)
        except _Unmet:
            return False
        return True

    def remove(self, entity_id: str, entity_type: str) -> None:
        """See `Items`."""
        self._call("delete_item", Key=_key(entity_id, entity_type))

    def get(self, entity_id: str, entity_type: str) -> Item | None:
        """See `Items`."""
        found = self._call("get_item", Key=_key(entity_id, entity_type), ConsistentRead=True).get("Item")
        return unpack(found) if found else None

    def between(self, entity_id: str, low: str, high: str) -> Iterator[Item]:
        """See `Items`."""
        yield from self._pages(
            KeyConditionExpression=f"{names.PARTITION_KEY} = :id AND {names.SORT_KEY} BETWEEN :low AND :high",
            ExpressionAttributeValues=pack({":id": entity_id, ":low": low, ":high": high}),
            ConsistentRead=True,
        )

    def of_type(self, entity_type: str, since: str = "", newest_first: bool = False) -> Iterator[Item]:
        """See `Items`."""
        yield from self._pages(
            IndexName=names.INDEX,
            KeyConditionExpression=f"{names.SORT_KEY} = :type AND #stamp >= :since",
            ExpressionAttributeNames={"#stamp": names.INDEX_SORT_KEY},
            ExpressionAttributeValues=pack({":type": entity_type, ":since": since or " "}),
            ScanIndexForward=not newest_first,
        )

    def write_together(self, items: Sequence[Mapping[str, Any]]) -> None:
        """See `Items`."""
        if len(items) == 1:
            self.put(items[0])
            return
        for start in range(0, len(items), TRANSACTION_MAX):
            some = items[start : start + TRANSACTION_MAX]
            self._client.transact_write_items(
                TransactItems=[{"Put": {"TableName": self.name, "Item": pack(item)}} for item in some]
            )

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
