"""An act on a case that a form asks for: once for each form, one at a time in a session, and to its end."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from intake.inbox.show import Visit
from intake.shielding import to_its_end

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, repr=False)
class Done(Generic[_T]):
    """The act has been done, and this is what it returned."""

    result: _T


async def act_once(
    visit: Visit, form_name: str, untrusted_token: str, act: Callable[[], Coroutine[Any, Any, _T]]
) -> Done[_T] | None:
    """Do what a form asks for; None when this form has been here before.

    Raises `ExpiredToken`, and what the act raises; the form may be sent again then.
    """
    use, is_first = await visit.services.form_tokens.claim(untrusted_token, form_name)
    if not is_first:
        return None

    async def in_turn() -> Done[_T]:
        async with visit.session.turn:
            done = Done(await act())
        use.commit()
        return done

    try:
        return await to_its_end(in_turn())
    finally:
        use.release()
