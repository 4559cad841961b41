"""A file to the reporter: cleaned by the server, looked at, sealed here, attached.

`clean` and `attach` are the two halves of one answer; between them a person looks, at a terminal or on a page:

1. The case allows a reply now.
2. The file goes to the server in the clear, over the desk onion; a jailed job there rebuilds it, another vouches for
   it, and the clean copy comes back with what was removed, in kinds. The server keeps nothing of it.
3. The caller shows the member what came back, and goes on when she agrees. A server in other hands could give back
   something else than a clean copy: so its digest is shown, which `kallskydd scrub` of the same version gives as well,
   and the copy can be saved and looked at.
4. The copy and its small picture are sealed here, under a number that nobody has used, with the entries that name
   them: what was written if there is anything, the attachment, the scrub report.
5. All of it is attached, or nothing. When another member wrote meanwhile, steps 4 and 5 start over.

What the desk reads from the disk is bytes; it knows no kind of file and decodes none.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cases.case.timeline import CaseAction
from cases.wire.files import AttachRequest, CleanCopy, ScrubRequest, framed, read_clean_copy, seal_copy
from cases.wire.messages import WireFile, WireHead, WireItem
from desk.errors import NotNow, ServerRefused, StrangeAnswer
from desk.keep.saving import ENDINGS
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desk.work.writing import TRIES, refuse_while_moving, require_now, seen
from trusted.case.clock import today
from trusted.case.entry import Attachment, Body, Entry, ScrubRecord, Stream
from trusted.case.errors import Conflict, RequestRefused
from trusted.crypto.seal import Authorship, CaseKeys, Head, Sealed, SealedFile, append, fetch_mac, new_file_number

# What the server takes: 50 MiB (design, numbers). It decides; this only saves a long upload for nothing.
FILE_BYTES_MAX: Final = 50 * 2**20


@dataclass(frozen=True, slots=True, repr=False)
class Cleaned:
    """A clean copy as it will be attached: its place among the members' files, and its digest."""

    case: DeskCase
    copy: CleanCopy
    order: int
    digest: str


async def clean(book: Casebook, case: DeskCase, content: bytes) -> Cleaned:
    """Return the clean copy of a file that is to be sent in this case. Raises NotNow, ServerRefused, StrangeAnswer."""
    # 1.
    require_now(case, CaseAction.REPLY)
    # 2.
    copy = await _clean(book, content)
    return Cleaned(case, copy, _order(case), hashlib.sha256(copy.clean).hexdigest())


async def attach(
    book: Casebook, case: DeskCase, written: Body | None, cleaned: Cleaned, action: CaseAction = CaseAction.REPLY
) -> DeskCase:
    """Send a clean copy to the reporter, with what was written if there is anything; return the case with both.

    The action is what the case must allow for what was written. Raises NotNow, ServerRefused.
    """
    for tries_left in reversed(range(TRIES)):
        require_now(case, action)
        # 4. and 5.
        try:
            return await _attach(book, case, written, cleaned)
        except ServerRefused as refused:
            refuse_while_moving(book, case, refused)
            if refused.code != Conflict.code or not tries_left:
                raise
        case = await book.open(case.known)
    raise NotNow


async def _clean(book: Casebook, content: bytes) -> CleanCopy:
    """Return the clean copy. Raises ServerRefused with the reason, and StrangeAnswer for what can be none."""
    frame = framed(ScrubRequest(len(content)), content)
    answered = await book.client.send("scrub", lambda _: frame)
    try:
        copy = read_clean_copy(answered)
    except RequestRefused:
        raise StrangeAnswer from None
    if copy.answer.file_kind not in ENDINGS:
        raise StrangeAnswer
    return copy


async def _attach(book: Casebook, case: DeskCase, written: Body | None, cleaned: Cleaned) -> DeskCase:
    files = seal_copy(cleaned.copy, case.keys, new_file_number())
    bodies = [*(() if written is None else (written,)), *_entries_of(cleaned, _order(case), files)]
    sealed, entries, head = _seal(book, case, bodies)
    rows = tuple(WireFile(one.file_id, one.number, int(one.item_kind), one.header, one.sealed_size) for one in files)
    # Drawn once: a frame that has to be made again for another counter holds the same bytes.
    drawn = [b"".join(one.chunks) for one in files]

    def frame(counter: int) -> bytes:
        access_key = CaseKeys(case.known.case_id, case.known.epoch, case.known.key, b"").access_key
        request = AttachRequest(
            case_id=case.known.case_id,
            mac=fetch_mac(access_key, "attach", case.known.case_id, counter),
            count=len(case.streams[Stream.MEMBERS]),
            entries=tuple(WireItem(one.header, one.body) for one in sealed),
            head=WireHead(head.count, head.tag),
            files=rows,
        )
        return framed(request, *drawn)

    await book.client.send("attach", frame)
    return book.with_entries(case, entries, rows)


def _entries_of(cleaned: Cleaned, order: int, files: Sequence[SealedFile]) -> list[Body]:
    clean, preview = files
    answer = cleaned.copy.answer
    return [
        Attachment(
            file_id=clean.file_id.hex(),
            file_kind=answer.file_kind,
            size=answer.size,
            digest=cleaned.digest,
            order=order,
            preview_id=preview.file_id.hex(),
        ),
        ScrubRecord(clean.file_id.hex(), answer.removed, answer.lost, answer.version),
    ]


def _seal(book: Casebook, case: DeskCase, bodies: Sequence[Body]) -> tuple[list[Sealed], list[Entry], Head]:
    existing = case.streams.get(Stream.MEMBERS, ())
    entries: list[Entry] = []
    sealed: list[Sealed] = []
    head = Head(0, bytes(32))
    for body in bodies:
        item, entry, head = append(
            case.keys,
            Stream.MEMBERS,
            (*existing, *entries),
            Authorship(book.keys.id, book.keys.sign_seed, today(book.clock), seen(case, Stream.MEMBERS)),
            body,
        )
        sealed.append(item)
        entries.append(entry)
    return sealed, entries, head


def _order(case: DeskCase) -> int:
    return len(case.answers)
