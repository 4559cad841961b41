"""
One form that brings text and files, from the first field to the store: the pipeline of the report and of the message.

`Submission.receive` is the whole way, and its outcome is a value:

1. Files are accepted one by one as they come. A file that is refused is noted with its reason, and the rest goes on.
2. Once all of the form is there, the button that was pressed says what it is for. The order of the fields decides
   nothing, but that what says how files are cleaned and which are held (`mark`, `held`) comes before the first file.
3. Only `STORING` acts store: the token is claimed, everything is checked, and text and files are stored together, also
   when the visitor leaves meanwhile. Any other button asks for a page, and stores nothing.
4. Where nothing was stored, the files are held for their writer (intake/uploads/held.py), and the token is free for
   another try. Of a form that broke off nothing is left, and what was held before is held again. Where there is no
   room to hold them now, the form comes back with its text and says so.

Outcome
├── Stored              it is in the store
├── SentBefore          the same form has been here before
├── PageAgain           a button was pressed that stores nothing
├── SubmissionRefused   an error; its `text_key` names the sentences that say so
└── what only this form can be answered with
"""

import hashlib
from abc import ABC, abstractmethod
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final, Generic, Protocol, TypeVar

from aiohttp import web

from trusted.case.errors import CaseError
from trusted.crypto.seal import CaseKeys
from trusted.forms.allowance import Allowance
from trusted.forms.attachment import Cleaning, FileTaker
from trusted.forms.sending import Sending, Step
from trusted.jail.protocol import How
from trusted.rooms.disk import DiskRoom
from trusted.rooms.uploads import MemoryBudget
from trusted.web.errors import ExpiredToken, FilesWait, FormRefused, HoldGone, NotAForm
from trusted.web.form import CHANGES_FIELD, MARKED_FIELD, SWITCH_FIELD, TEXT_FIELD, YES, Form, Part, drain, read_files
from trusted.web.form_tokens import TOKEN_FIELD, FormTokens, TokenClaim
from trusted.web.limits import Limits
from trusted.web.shielding import to_its_end

# The hidden field with the number of the files that are held.
HELD_FIELD: Final = "held"
# The button that was pressed. A form without it, or with two, asks for its page and nothing else.
ACT_FIELD: Final = "act"


class Act(StrEnum):
    """What the buttons of a form are for."""

    SEND = "send"
    REMOVE = "remove"  # what was found out of the text, and send it
    KEEP = "keep"  # what was found in the text, and send it
    EDIT = "edit"  # go back to the form
    DROP = "drop"  # let go of the files that are held
    NEWS = "news"  # show the case as it is now
    FACTS = "facts"  # make a message of what was ticked


STORING: Final = frozenset({Act.SEND, Act.REMOVE, Act.KEEP})

# What storing the form made, and what only this form is answered with.
_Made = TypeVar("_Made")
_Own = TypeVar("_Own")


@dataclass(frozen=True, slots=True, repr=False)
class Stored(Generic[_Made]):
    """Text and files are in the store."""

    made: _Made


@dataclass(frozen=True, slots=True, repr=False)
class Brought:
    """What a form brought to be stored: it tells the same form sent twice from another text under the same token."""

    text_hash: bytes
    # Of the clean copies.
    digests: frozenset[str] = frozenset()

    def is_in(self, first: "Brought") -> bool:
        """Return whether all of it came with the first sending; files that were held went with that one."""
        return self.text_hash == first.text_hash and self.digests <= first.digests


@dataclass(frozen=True, slots=True, repr=False)
class SentBefore:
    """A form with this token has been stored; `use` knows what it was answered, `brought` is what came now."""

    use: TokenClaim
    brought: Brought

    @property
    def is_another(self) -> bool:
        """Return whether something else was stored, as far as that is still known."""
        return isinstance(self.use.kept, Brought) and not self.brought.is_in(self.use.kept)


@dataclass(frozen=True, slots=True)
class PageAgain:
    """A button was pressed that stores nothing: the page comes again, with what was typed."""


@dataclass(frozen=True, slots=True)
class SubmissionRefused:
    """An error stopped it."""

    text_key: str


@dataclass(slots=True, repr=False)
class HeldForm:
    """What waits of one draft or session."""

    id: str
    files: FileTaker
    since: datetime
    until: datetime


class Held(Protocol):
    """Where files wait for their writer (intake/uploads/held.py)."""

    def of(self, owner: str) -> HeldForm | None: ...
    def take(self, owner: str, untrusted_id: str) -> HeldForm | None: ...
    def hold(self, owner: str, files: FileTaker, before: HeldForm | None = None) -> HeldForm | None: ...
    def put_back(self, owner: str, held: HeldForm) -> None: ...


class FormServices(Cleaning, Protocol):
    """What a form is received with."""

    @property
    def limits(self) -> Limits: ...
    @property
    def budget(self) -> MemoryBudget: ...
    @property
    def disk(self) -> DiskRoom: ...
    @property
    def form_tokens(self) -> FormTokens: ...
    @property
    def held(self) -> Held: ...


class Submission(ABC, Generic[_Made, _Own]):
    """One POST of a form that may bring files."""

    form_name: ClassVar[str]

    def __init__(self, services: FormServices, sending: Sending) -> None:
        self.services = services
        self.sending = sending
        self.form = Form()
        # What waits for the writer once the form is answered.
        self.held: HeldForm | None = None
        self._files: FileTaker | None = None
        # Files that the form names are held no more.
        self.hold_gone = False
        # What this form goes on from.
        self._before: HeldForm | None = None
        self._use: TokenClaim | None = None

    @property
    @abstractmethod
    def owner(self) -> str:
        """The draft or session that the form belongs to."""

    @property
    def is_over(self) -> bool:
        """Whether the owner has left meanwhile, and nothing of it may be held."""
        return False

    @property
    def act(self) -> Act | None:
        """The one button that was pressed, if it is known and nothing else asks for a page."""
        acts = self.form.all(ACT_FIELD)
        return Act(acts[0]) if len(acts) == 1 and acts[0] in set(Act) and not self.form.one(SWITCH_FIELD) else None

    @abstractmethod
    async def case_of_files(self) -> CaseKeys | _Own:
        """Return the keys that files are sealed with, or what the form is answered with instead."""

    @abstractmethod
    async def store(self, use: TokenClaim, files: FileTaker) -> Stored[_Made] | _Own:
        """Check everything and store text and files, committing `use`. Raises a `FormRefused` or `CaseError`."""

    def came(self, size: int) -> None:
        """Note that so many bytes more have come."""
        self.sending.came(size)

    def brought(self, files: FileTaker) -> Brought:
        """Return what came, before anything is taken out of the text."""
        digests = frozenset(one.attachment.digest for one in files.pending.accepted)
        return Brought(hashlib.sha256(self.form.one(TEXT_FIELD).strip().encode()).digest(), digests)

    async def receive(self, request: web.Request) -> Stored[_Made] | SentBefore | PageAgain | SubmissionRefused | _Own:
        """Take the form. Whatever is not `Stored` has stored nothing, and the request has been read to its end."""
        try:
            outcome = await self._outcome(request)
            if isinstance(outcome, Stored):
                self._files = self._before = None
            elif self.is_over:
                await self._drop()
            elif not isinstance(outcome, SentBefore) and not self._hold():
                outcome = SubmissionRefused(HoldGone.text_key)
        finally:
            await to_its_end(self._undo())
        # Of a form that was sent twice the report is there; what is shown must not say otherwise.
        self.sending.received = isinstance(outcome, Stored | SentBefore)
        if not self.sending.received:
            self.sending.step(Step.TO_BE_MENDED)
            await drain(request, self.services.limits, self.came)
        return outcome

    async def _outcome(self, request: web.Request) -> Stored[_Made] | SentBefore | PageAgain | SubmissionRefused | _Own:
        try:
            return await self._received(request)
        except FormRefused as refused:
            return SubmissionRefused(refused.text_key)
        except CaseError as refused:
            return SubmissionRefused(refused.text_key)

    async def _received(
        self, request: web.Request
    ) -> Stored[_Made] | SentBefore | PageAgain | SubmissionRefused | _Own:
        async with aclosing(read_files(request, self.services.limits, self.form, self.came)) as untrusted_files:
            how = ~How.PLAIN
            async for untrusted_file in untrusted_files:
                how &= self._how
                try:
                    files = await self._taker(untrusted_file)
                except ExpiredToken as expired:
                    # What was typed and chosen may stand after the files, and is to come back.
                    self.form.fault = expired
                    continue
                if not isinstance(files, FileTaker):
                    return files
                await files.take(untrusted_file, how)
        if self._how & ~how:
            raise NotAForm
        return await self._act()

    async def _act(self) -> Stored[_Made] | SentBefore | PageAgain | SubmissionRefused | _Own:
        """Do what the button says, now that all of the form is there. Steps 2 and 3."""
        files = await self._taker()
        if not isinstance(files, FileTaker):
            return files
        if self.act is Act.DROP:
            await files.drop_held()
            self._before = None
            # Its page has nothing to say of what its writer let go of.
            self.form.fields.pop(HELD_FIELD, None)
            self.hold_gone = False
        if self.act not in STORING:
            return PageAgain()
        waiting = self.services.held.of(self.owner)
        if self._before is None and not files.shown and waiting is not None and waiting.files.pending.accepted:
            self._files, self.held = None, waiting
            raise FilesWait
        use, is_first = await self.services.form_tokens.claim(self.form.one(TOKEN_FIELD), self.form_name)
        if not is_first:
            brought = self.brought(files)
            await self._drop()
            return SentBefore(use, brought)
        self._use = use
        try:
            if self._before is not None and any(way != self._how | way & How.AGAINST_MARKS for way in files.ways):
                # They were cleaned in another way than is ticked now, and have to come again; what is blurred may stay.
                await self._drop()
                raise HoldGone
            if self.hold_gone:
                raise HoldGone
            return await to_its_end(self.store(use, files))
        finally:
            use.release()

    @property
    def _how(self) -> How:
        how = How.AGAINST_MARKS if self.form.one(MARKED_FIELD) == YES else How.PLAIN
        return how | How.WITH_CHANGES if self.form.one(CHANGES_FIELD) == YES else how

    async def _taker(self, untrusted_file: Part | None = None) -> FileTaker | _Own:
        """Return what takes the files, going on from what is held. Raises `ExpiredToken` before a first file."""
        if self._files is not None:
            return self._files
        services = self.services
        # An input that was left alone sends an empty part, which nothing has to be checked for.
        if untrusted_file is not None and (untrusted_file.was_chosen or not await untrusted_file.is_empty()):
            services.form_tokens.verify(self.form.one(TOKEN_FIELD), self.form_name)
        case = await self.case_of_files()
        if not isinstance(case, CaseKeys):
            return case
        announced = self.sending.total or None
        self._before = services.held.take(self.owner, self.form.one(HELD_FIELD))
        self.hold_gone = self._before is None and bool(self.form.one(HELD_FIELD))
        if self._before is None:
            allowance = Allowance(services.limits, services.budget, services.disk, announced)
            self._files = FileTaker(case, allowance, services, self.sending)
        else:
            # The page that answers has a number of its own, or nothing to be held any more.
            del self.form.fields[HELD_FIELD]
            self._files = self._before.files
            self._files.resume(announced, self.sending)
        return self._files

    def _hold(self) -> bool:
        """Keep what came for the next page of the form; return False when files are lost. Step 4."""
        files, before = self._files, self._before
        self._files = self._before = None
        if files is None:
            # Refused before it came to them: what was held is held on.
            held = self.services.held.of(self.owner)
            if held is not None and held.id == self.form.one(HELD_FIELD):
                self.held = held
            return True
        # Also when all that came was refused, and another file is to be chosen: which kinds were tried is told.
        if not (files.shown or before is not None):
            return True
        self.held = self.services.held.hold(self.owner, files, before=before)
        return self.held is not None or not files.pending.accepted

    async def _drop(self) -> None:
        files, self._files, self._before = self._files, None, None
        if files is not None:
            await files.drop()

    async def _undo(self) -> None:
        """Leave nothing behind of a form that broke off. Step 4."""
        if self._use is not None and self._use.is_committed:
            return
        if self._before is not None:
            await self._before.files.drop_new()
            self.services.held.put_back(self.owner, self._before)
        else:
            await self._drop()
