"""One command's work at the desk: the home is held, the key opened, the server reached, and everything put back.

`work` is the whole order, from the lock to the last write:

1. There is a key in the desk home, and no other command is at work in it.
2. The passphrase opens the key.
3. The desk has joined a server, whose key follows from its address.
4. The connection to it is made; requests are signed.
5. In every case, also after an error, what was learnt about the cases is written, sealed, and the connection is closed.
"""

import contextlib
from collections.abc import AsyncIterator, Callable

from desk.errors import NoKey, NotJoined
from desk.keep.cache import cache_folder_of, open_cache
from desk.keep.keyfile import DeskHome, unlock
from desk.keep.lock import desk_lock
from desk.keep.state import read_state
from desk.server.address import server_key_of
from desk.server.client import DeskClient
from desk.server.reach import Connect
from desk.work.case.casebook import Casebook
from trusted.case.clock import Clock


@contextlib.asynccontextmanager
async def work(
    home: DeskHome, passphrase: Callable[[], str], connect: Connect, clock: Clock
) -> AsyncIterator[Casebook]:
    """Yield the member's casebook. Raises the desk's errors, and what `connect` raises."""
    # 1.
    if not home.key.exists():
        raise NoKey
    with desk_lock(home.lock):
        # 2.
        keys = unlock(home, passphrase())
        # 3.
        state = read_state(home.settings, home.case_list, keys.sign_seed)
        if not state.address:
            raise NotJoined
        server_key = server_key_of(state.address)
        # 4.
        async with (
            connect(state.address, keys.onion_private) as connector,
            DeskClient(connector, keys, state, server_key) as client,
        ):
            book = Casebook(client, keys, state, clock, server_key)
            folder = cache_folder_of(home)
            # The application's. A command makes none, but what it erases goes there too.
            if folder.exists():
                book.cache = open_cache(folder, keys.sign_seed)
            try:
                yield book
            finally:
                # 5.
                book.write()
