"""
The member's side of a restore: what her desk hands on, and what she signs.

Contract. Runs on the member's own computer, with no connection. Of her private keys nothing leaves it; of the backup's
key she hands on her own half, sealed to the one who asks. `read_ask` and `answer` take these steps:

1. The question names the server that this desk has joined.
2. It was asked within seven days, and the shares it asks for are at most seven days old by this computer's clock.
3. The roster that the home is to start with verifies, is in the question whole, and is the one that she signs. The desk
   then holds it against the one that it has pinned (desk.commands.opening_backup).
4. Her shares open for this backup and this day, or she is none of those it was sealed to.
5. She signs what the restore is: desks believe it with two signatures.
"""

from datetime import date

from cases.backup.errors import AnswersMissing, BackupOfAnother, SharesTooOld
from cases.backup.files import ASKED_AT_MOST, SHARES_KEPT, Answer, Ask, chain_of, decode, use_of_keys, use_of_shares
from cases.case.restored import sign_restored
from cases.roster.chain import Chain
from cases.roster.member import MemberKeys
from trusted.case.errors import SealBroken
from trusted.crypto.any_two import hand_on


def read_ask(untrusted: bytes, server_key: bytes, today: date) -> tuple[Ask, Chain]:
    """Take steps 1 to 3; return the question and its roster.

    Raises BackupDamaged, BackupOfEarlier, BackupOfAnother, AnswersMissing, SharesTooOld, RosterRefused.
    """
    question = decode(untrusted, Ask)
    restored = question.restored
    if restored.server != server_key.hex():
        raise BackupOfAnother
    if abs(restored.day - today) > ASKED_AT_MOST or restored.backup_day > restored.day:
        raise AnswersMissing
    if restored.with_shares is (question.shares is None):
        raise AnswersMissing
    if restored.with_shares and not restored.backup_day <= today <= restored.backup_day + SHARES_KEPT:
        raise SharesTooOld
    return question, chain_of(question, today)


def answer(question: Ask, keys: MemberKeys) -> Answer:
    """Take steps 4 and 5. Raises AnswersMissing when nothing was sealed to this member."""
    restored = question.restored
    try:
        handed = hand_on(question.keys, use_of_keys(restored.backup), keys.id_bytes, keys.box_private, question.public)
        shares: dict[int, bytes] = {}
        if question.shares is not None:
            use = use_of_shares(restored.backup, restored.backup_day)
            shares = hand_on(question.shares, use, keys.id_bytes, keys.box_private, question.public)
    except SealBroken:
        raise AnswersMissing from None
    if not handed:
        raise AnswersMissing
    return Answer(
        format="kallskydd-answer-1",
        ask=question.digest.hex(),
        member=keys.id,
        keys=handed,
        shares=shares,
        signature=sign_restored(restored, keys),
    )
