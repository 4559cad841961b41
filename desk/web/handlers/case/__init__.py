"""The pages of one case: the case itself, its files, and the acts that are done on it here."""

from typing import Final

from desk.web.handlers.case import files, links, page, texts
from desk.web.local.guard import Routes

_PAGES: Final = (page, files, texts, links)
ROUTES: Final[Routes] = {path: way for module in _PAGES for path, way in module.ROUTES.items()}
