"""
What can speak against a backup, a restore or a move; the sentences stand in cases/sentences/operator.py.

BackupFault              230  the base
├── TooFewHolders        231  the sealed part needs two members of the roster in force
├── BackupExists         232  there is something where the backup is to be written
├── BackupDamaged        233  a file of the backup is missing, was changed, or belongs to another
├── SharesTooOld         234  the shares of case keys were kept longer than seven days
├── AnswersMissing       235  the answers of two members are needed, and these are not
├── HomeBusy             236  cases changed each time the copy was made
├── BackupOfAnother      237  the question names another server than the desk has joined
├── SharesDiffer         238  the answers come with the shares and the command without, or the other way
├── BackupChanged        239  what is there is not what was sealed to the members when the backup was made
├── BackupOfEarlier      240  a form of before the hashes and the roster were sealed and signed
├── RosterRefused        241  the roster of the restore is older than one that is known, or another
└── BackupMissing        242  no backup is where one is to be read
"""

from trusted.case.errors import CaseError


class BackupFault(CaseError):
    """The base."""

    code = 230
    text_key = "backup.fault"


class TooFewHolders(BackupFault):
    """Fewer than two members of the roster in force were named."""

    code = 231
    text_key = "backup.holders"


class BackupExists(BackupFault):
    """There is something already."""

    code = 232
    text_key = "backup.exists"


class BackupDamaged(BackupFault):
    """A file is missing, was changed or belongs to another backup."""

    code = 233
    text_key = "backup.damaged"


class BackupMissing(BackupFault):
    """No backup is there."""

    code = 242
    text_key = "backup.missing"


class SharesTooOld(BackupFault):
    """Seven days are over: the shares would undo an erasure."""

    code = 234
    text_key = "backup.shares_too_old"


class AnswersMissing(BackupFault):
    """The sealed part does not open with these answers."""

    code = 235
    text_key = "backup.answers"


class HomeBusy(BackupFault):
    """Each copy had a case in it that had changed by its end."""

    code = 236
    text_key = "backup.busy"


class BackupOfAnother(BackupFault):
    """The question names another server than the one this desk has joined."""

    code = 237
    text_key = "backup.other_server"


class SharesDiffer(BackupFault):
    """The answers come with the shares of case keys and the command without, or the other way."""

    code = 238
    text_key = "backup.shares_differ"


class BackupChanged(BackupFault):
    """A file, or what the backup says of itself, is not what was sealed to the members."""

    code = 239
    text_key = "backup.changed"


class BackupOfEarlier(BackupFault):
    """The backup or the question has the form of an earlier version."""

    code = 240
    text_key = "backup.earlier"


class RosterRefused(BackupFault):
    """The roster with which the home would start is not taken: older than what is known, or not one with it."""

    code = 241
    text_key = "backup.roster_older"
