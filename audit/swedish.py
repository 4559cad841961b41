"""Swedish for every sentence of the audit, by its English template. A test holds the two together."""

SWEDISH: dict[str, str] = {}
