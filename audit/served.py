"""How the service that was examined is run, so that a remedy names what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Served:
    """Which units run the service and its tor, and the file that tor reads. `own_tor`: the keeper starts tor."""

    units: tuple[str, ...] = ("kallskydd",)
    tor_units: tuple[str, ...] = ("kallskydd-tor",)
    torrc: str = "/etc/kallskydd/torrc"
    own_tor: bool = False

    def words(self, language: Literal["sv", "en"]) -> dict[str, str]:
        """Return what the places in a remedy are filled with."""
        return {
            "torrc": self.torrc,
            "restart": _restart(self.units, language),
            "restart_tor": self._restart_tor(language),
            "restart_both": self._restart_both(language),
            "mend_torrc": self._mend_torrc(language),
        }

    def _restart_tor(self, language: Literal["sv", "en"]) -> str:
        return _restart(self.units, language) if self.own_tor else _restart(self.tor_units, language, "tor")

    def _restart_both(self, language: Literal["sv", "en"]) -> str:
        if self.own_tor:
            return _restart(self.units, language)
        if self.units and self.tor_units:
            return _restart((*self.tor_units, *self.units), language)
        return {"en": ", and ", "sv": ", och "}[language].join(
            (self._restart_tor(language), _restart(self.units, language))
        )

    def _mend_torrc(self, language: Literal["sv", "en"]) -> str:
        again = self._restart_tor(language)
        if self.own_tor:
            return {
                "en": f"The keeper writes `{self.torrc}` at each start: {again}. If it stays, ask who changes it.",
                "sv": f"Keeper skriver `{self.torrc}` vid varje start: {again}. Om det kvarstår, fråga vem som ändrar.",
            }[language]
        return {
            "en": f"Make `{self.torrc}` like `torrc.example`; {again}.",
            "sv": f"Gör `{self.torrc}` lik `torrc.example`; {again}.",
        }[language]


USUAL = Served()


def _restart(units: tuple[str, ...], language: Literal["sv", "en"], program: str = "`kallskydd serve`") -> str:
    if units:
        return f"`systemctl restart {' '.join(units)}`"
    return f"stoppa och starta {program}" if language == "sv" else f"stop and start {program}"
