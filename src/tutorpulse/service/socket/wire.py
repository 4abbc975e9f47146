"""What goes over the socket: messages in MessagePack, each after its length; arrays travel as their bytes."""

import socket
import struct
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import numpy as np
from msgspec.msgpack import Ext
from numpy.typing import NDArray

PROTOCOL = 1
"""Raised whenever a message changes its form."""

T = TypeVar("T")
_LENGTH = struct.Struct("<Q")
_READ_BYTES = 1 << 20
_ARRAY, _MASKED = 1, 2


class Hello(msgspec.Struct, frozen=True, tag=True):
    """The service's first words: what it runs, and where it serves. `address` is None before it listens."""

    version: str
    protocol: int
    pid: int
    address: str | None


class Call(msgspec.Struct, frozen=True, tag=True):
    """What is to be done, with its arguments as `pack` makes them."""

    method: str
    arguments: bytes


class Told(msgspec.Struct, frozen=True, tag=True):
    """News while a call is at work: what is being done (`doing`), or a line of its log (`line`)."""

    kind: str
    text: str


class Answer(msgspec.Struct, frozen=True, tag=True):
    """The value of a call, as `pack` makes it."""

    value: bytes


class Refusal(msgspec.Struct, frozen=True, tag=True):
    """One of our errors: the name of its class, and its message."""

    error: str
    message: str


Message = Hello | Call | Told | Answer | Refusal


def send(connection: socket.socket, message: Message) -> None:
    """Send one message. Raises OSError where nobody is there any more."""
    body = msgspec.msgpack.encode(message)
    connection.sendall(_LENGTH.pack(len(body)))
    connection.sendall(body)


def receive(connection: socket.socket) -> Message | None:
    """The next message; None where the other side has hung up."""
    head = _exactly(connection, _LENGTH.size)
    if head is None:
        return None
    body = _exactly(connection, _LENGTH.unpack(head)[0])
    return None if body is None else msgspec.msgpack.decode(body, type=Message)


def _exactly(connection: socket.socket, size: int) -> bytearray | None:
    body = bytearray(size)
    view, done = memoryview(body), 0
    while done < size:
        try:
            got = connection.recv_into(view[done : done + _READ_BYTES])
        except ConnectionError:
            return None
        if not got:
            return None
        done += got
    return body


def pack(value: object) -> bytes:
    """Builtins, mappings, dataclasses and NumPy arrays, nested as they may be. Object arrays hold text, bytes, numbers or None."""
    return msgspec.msgpack.encode(value, enc_hook=_array_out)


def unpack(packed: bytes, kind: type[T]) -> T:
    """The value again, of its type; arrays are new and may be written to."""
    return msgspec.msgpack.decode(packed, type=kind, ext_hook=_array_in)


def _array_out(value: object) -> object:
    if isinstance(value, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(value)
        return Ext(_MASKED, msgspec.msgpack.encode((_plain(value.data), mask.tobytes())))
    if isinstance(value, np.ndarray):
        return Ext(_ARRAY, msgspec.msgpack.encode(_plain(value)))
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"{type(value)} does not go over the socket")


def _plain(array: NDArray[Any]) -> tuple[str, list[Any] | bytes]:
    return array.dtype.str, array.tolist() if array.dtype == object else array.tobytes()


def _array_in(code: int, data: memoryview) -> NDArray[Any]:
    if code == _ARRAY:
        return _array(*msgspec.msgpack.decode(data))
    plain, mask = msgspec.msgpack.decode(data)
    array = _array(*plain)
    return np.ma.MaskedArray(array, np.frombuffer(mask, np.bool_).copy())


def _array(dtype: str, content: list[Any] | bytes) -> NDArray[Any]:
    if isinstance(content, bytes):
        return np.frombuffer(content, dtype).copy()
    array = np.empty(len(content), object)
    array[:] = content
    return array
