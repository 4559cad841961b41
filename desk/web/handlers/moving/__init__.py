"""The pages on which cases pass to other readers: one case, and all cases of a member who leaves."""

from typing import Final

from desk.web.handlers.moving import leaving, move
from desk.web.local.guard import Routes

ROUTES: Final[Routes] = {**move.ROUTES, **leaving.ROUTES}
