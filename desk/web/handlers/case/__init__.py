"""The pages of one case: the case itself, its files, and the acts that are done on it here."""

from typing import Final

from desk.web.handlers.case import claims, files, held, links, page, reading, texts
from desk.web.local.guard import Routes

_PAGES: Final = (page, files, reading, texts, links, held, claims)
ROUTES: Final[Routes] = {path: way for module in _PAGES for path, way in module.ROUTES.items()}
