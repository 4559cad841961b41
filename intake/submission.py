"""
One form that brings text and files, from the first field to the store: the pipeline of the report and of the message.

`Submission.receive` is the whole way, and its outcome is a value:

1. Fields come before files. Before the first file the form is settled: its token is claimed, and everything that can
   refuse it is checked.
2. Files are accepted one by one. A file that is refused is noted with its reason, and the rest goes on.
3. Text and files are stored together, also when the visitor leaves meanwhile, and the token is committed.
   A form may be held instead, for its writer to decide on (`hold`); its token is free then.
4. Whatever else happens, nothing is stored: staged files are dropped, the token is released for another try, and the
   rest of the form is read, since a browser that still sends shows none of our pages.

Outcome
├── Stored              it is in the store
├── SentBefore          the same form has been here before
├── Identifying         the text seems to say who wrote it
├── SubmissionRefused   an error; its `text_key` names the sentences that say so
└── what only this form can be answered with, such as itself in another language
"""

import asyncio
from abc import ABC, abstractmethod
from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from aiohttp import web

from cases.crypto.seal import CaseKeys
from cases.errors import CaseError
from cases.receipt.keys import ReceiptKeys
from intake.errors import FormRefused
from intake.http.form import MARKED_FIELD, Form, drain, read_files
from intake.http.form_tokens import TOKEN_FIELD, TokenClaim
from intake.http.frame_policies import YES
from intake.identifiers.find import IdentifyingDetail
from intake.services import Services
from intake.shielding import to_its_end
from intake.uploads.attachment import Allowance, FileTaker
from intake.uploads.progress import Sending, Step

# What the fields of a form ask for, what storing it made, and what only this form is answered with.
_Plan = TypeVar("_Plan")
_Made = TypeVar("_Made")
_Own = TypeVar("_Own")


@dataclass(frozen=True, slots=True, repr=False)
class Stored(Generic[_Made]):
    """Text and files are in the store."""

    made: _Made


@dataclass(frozen=True, slots=True, repr=False)
class SentBefore:
    """The same form has been here before; `use` knows what it was answered."""

    use: TokenClaim


@dataclass(frozen=True, slots=True, repr=False)
class Identifying:
    """The text seems to say who wrote it, and its writer has not been shown that yet, or not accepted it."""

    details: tuple[IdentifyingDetail, ...]


@dataclass(frozen=True, slots=True)
class SubmissionRefused:
    """An error stopped it."""

    text_key: str


@dataclass(frozen=True, slots=True, repr=False)
class CheckedForm(Generic[_Plan]):
    """The fields are in order. `deriving` makes the reporter's keys where the case is new."""

    plan: _Plan
    case: CaseKeys
    deriving: asyncio.Future[ReceiptKeys] | None = None
    # Where the form goes on from one whose files were held.
    files: FileTaker | None = None


@dataclass(frozen=True, slots=True, repr=False)
class SettledForm(Generic[_Plan]):
    """A checked form whose token is claimed; files can be taken."""

    use: TokenClaim
    checked: CheckedForm[_Plan]
    files: FileTaker

    @property
    def plan(self) -> _Plan:
        return self.checked.plan


class Submission(ABC, Generic[_Plan, _Made, _Own]):
    """One POST of a form that may bring files."""

    form_name: ClassVar[str]

    def __init__(self, services: Services, sending: Sending) -> None:
        self.services = services
        self.sending = sending
        self.form = Form()
        self._settled: SettledForm[_Plan] | None = None

    @abstractmethod
    def without_token(self) -> Identifying | _Own | None:
        """Return what is answered whether or not the form's token verifies, or None. Raises what `check` does."""

    @abstractmethod
    async def check(self) -> CheckedForm[_Plan] | Identifying | _Own:
        """Check everything but the files. Raises a `FormRefused` or `CaseError`."""

    def nothing_to_store(self, _settled: SettledForm[_Plan]) -> _Own | None:
        """Return what is answered when nothing came that could be stored, or None. Raises a `FormRefused`."""
        return None

    def hold(self, _settled: SettledForm[_Plan]) -> _Own | None:
        """Keep a form for its writer to decide on and return what is answered meanwhile, or None to store it."""
        return None

    async def let_go(self, settled: SettledForm[_Plan]) -> None:
        """Leave nothing behind of the files of a form that was not stored."""
        await settled.files.drop()

    @abstractmethod
    async def store(self, settled: SettledForm[_Plan]) -> _Made:
        """Store text and files, commit the token, and return what that made. Raises a `CaseError`."""

    def came(self, size: int) -> None:
        """Note that so many bytes more have come."""
        self.sending.came(size)

    async def receive(
        self, request: web.Request
    ) -> Stored[_Made] | SentBefore | Identifying | SubmissionRefused | _Own:
        """Take the form. Whatever is not `Stored` has stored nothing, and the request has been read to its end."""
        try:
            outcome = await self._receive(request)
        except FormRefused as refused:
            outcome = SubmissionRefused(refused.text_key)
        except CaseError as refused:
            outcome = SubmissionRefused(refused.text_key)
        # Of a form that was sent twice the report is there; what is shown must not say otherwise.
        self.sending.received = isinstance(outcome, Stored | SentBefore)
        if isinstance(outcome, Identifying | SubmissionRefused):
            self.sending.step(Step.TO_BE_MENDED)
        if not isinstance(outcome, Stored):
            await drain(request, self.services.limits, self.came)
        return outcome

    async def _receive(
        self, request: web.Request
    ) -> Stored[_Made] | SentBefore | Identifying | SubmissionRefused | _Own:
        try:
            async with aclosing(read_files(request, self.services.limits, self.form, self.came)) as untrusted_files:
                async for untrusted_file in untrusted_files:
                    settled = await self._settle()
                    if not isinstance(settled, SettledForm):
                        return settled
                    await settled.files.take(untrusted_file, against_marks=self.form.one(MARKED_FIELD) == YES)
            settled = await self._settle()
            if not isinstance(settled, SettledForm):
                return settled
            if (nothing := self.nothing_to_store(settled)) is not None:
                return nothing
            if settled.checked.deriving is not None:
                await settled.checked.deriving
            if (waiting := self.hold(settled)) is not None:
                self._settled = None
                settled.use.release()
                return waiting
            return Stored(await to_its_end(self.store(settled)))
        finally:
            await to_its_end(self._undo())

    async def _settle(self) -> SettledForm[_Plan] | SentBefore | Identifying | _Own:
        """Claim the token and check the fields, once. Step 1."""
        if self._settled is not None:
            return self._settled
        if (answered := self.without_token()) is not None:
            return answered
        services = self.services
        use, is_first = await services.form_tokens.claim(self.form.one(TOKEN_FIELD), self.form_name)
        if not is_first:
            return SentBefore(use)
        checked = None
        try:
            checked = await self.check()
        finally:
            if not isinstance(checked, CheckedForm):
                use.release()
        if not isinstance(checked, CheckedForm):
            return checked
        announced = self.sending.total or None
        if checked.files is None:
            allowance = Allowance(services.limits, services.budget, announced, checked.deriving)
            files = FileTaker(checked.case, allowance, services.sandbox, services.store, self.sending)
        else:
            files = checked.files
            files.resume(announced, self.sending)
        self._settled = SettledForm(use, checked, files)
        return self._settled

    async def _undo(self) -> None:
        """Leave nothing behind of a form that was settled and not stored. Step 4."""
        settled, self._settled = self._settled, None
        if settled is None or settled.use.is_committed:
            return
        if settled.checked.deriving is not None:
            settled.checked.deriving.cancel()
            await asyncio.gather(settled.checked.deriving, return_exceptions=True)
        try:
            await self.let_go(settled)
        finally:
            settled.use.release()
