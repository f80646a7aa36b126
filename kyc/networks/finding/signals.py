"""What accounts share, as arrays. Light: whoever weighs a few accounts needs nothing that reads files or clusters."""

from collections.abc import Sized
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNKNOWN = np.iinfo(np.int64).min + 1
LEAST_POPULATION = 10_000


@dataclass(frozen=True)
class Signals:
    """Who shares what. Accounts and values are numbered from 0, accounts in the order of their names.

    `account`, `value`, `first` and `last` have a row for each account and value, by account and value, of values that several
    have; `type`, `holders` (how many accounts) and `key` (what `keys` makes of type and name; of OPENED and ENDED the
    instant) one for each such value. Instants are seconds since 1970, UNKNOWN where none is given."""

    # An Arrow array, of which whoever weighs needs only how long it is.
    names: Sized
    account: NDArray[np.int32]
    value: NDArray[np.int32]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    type: NDArray[np.int8]
    holders: NDArray[np.int32]
    key: NDArray[np.uint64]
    rows: int

    @property
    def accounts(self) -> int:
        return len(self.names)

    @property
    def population(self) -> int:
        """Among how many accounts what they share counts: a card is no less rare because a provider has few customers yet."""
        return max(self.accounts, LEAST_POPULATION)
