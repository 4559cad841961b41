"""How the service that was examined is run, so that a remedy names what is there."""

from __future__ import annotations

from dataclasses import dataclass

from audit.language import Language, in_language


@dataclass(frozen=True, slots=True)
class Served:
    """Which units run the service and its tor, and the file that tor reads. `own_tor`: the keeper starts tor."""

    units: tuple[str, ...] = ("kallskydd",)
    tor_units: tuple[str, ...] = ("kallskydd-tor",)
    torrc: str = "/etc/kallskydd/torrc"
    own_tor: bool = False

    def words(self, language: Language) -> dict[str, str]:
        """Return what the places in a remedy are filled with."""
        restart = _restart(self.units, language)
        restart_tor = restart if self.own_tor else _restart(self.tor_units, language, "tor")
        return {
            "torrc": self.torrc,
            "restart": restart,
            "restart_tor": restart_tor,
            "restart_both": self._restart_both(restart_tor, restart, language),
            "mend_torrc": self._mend_torrc(restart_tor, language),
        }

    def _restart_both(self, tor: str, service: str, language: Language) -> str:
        if self.own_tor:
            return service
        if self.units and self.tor_units:
            return _restart((*self.tor_units, *self.units), language)
        return in_language("{one}, and {other}", language).format(one=tor, other=service)

    def _mend_torrc(self, again: str, language: Language) -> str:
        said = (
            "The keeper writes `{torrc}` at each start: {again}. If it stays, ask who changes it."
            if self.own_tor
            else "Make `{torrc}` like `torrc.example`; {again}."
        )
        return in_language(said, language).format(torrc=self.torrc, again=again)


USUAL = Served()


def _restart(units: tuple[str, ...], language: Language, program: str = "`kallskydd serve`") -> str:
    if units:
        return f"`systemctl restart {' '.join(units)}`"
    return in_language("stop and start {program}", language).format(program=program)
