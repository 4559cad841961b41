"""A bounded number of bytes of what is kept in memory for a while: the oldest makes room for what comes."""

from collections import OrderedDict
from typing import Generic, TypeVar

_Key = TypeVar("_Key")


class Shelf(Generic[_Key]):
    """How much each thing takes, the oldest first. It holds none of them."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._sizes: OrderedDict[_Key, int] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._sizes)

    def put(self, key: _Key, size: int) -> list[_Key]:
        """Count this in; return those that have to go, which may be this one."""
        self.drop(key)
        self._sizes[key] = size
        self.bytes += size
        driven_out, left = [], self.bytes
        for older, its_size in self._sizes.items():
            if left <= self._most:
                break
            driven_out.append(older)
            left -= its_size
        return driven_out

    def drop(self, key: _Key) -> None:
        """Count this out; one that is not there is no fault."""
        self.bytes -= self._sizes.pop(key, 0)
