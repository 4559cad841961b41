"""Takes a file that holds others apart: a ZIP file (`unzip`) or a saved e-mail (`mail.parts`), by its first bytes."""

from scrubbers.jailed.archive.unzip import unzipped
from scrubbers.jailed.mail.parts import taken_apart
from scrubbers.sniff import ZIP
from trusted.jail.protocol import ATTACHMENT_BYTES, MEMBER_LENGTH, MEMBERS, MEMBERS_MAGIC, MOST_MEMBERS
from trusted.jail.stages import Empty, TooMuchInArchive


def unpack(untrusted: int, members: int) -> None:
    """Read one descriptor and write the other; raises Refused."""
    with open(untrusted, "rb", closefd=False) as file:
        # The descriptor stands where the trusted side left it.
        file.seek(0)
        files = unzipped(file) if file.peek(len(ZIP)).startswith(ZIP) else taken_apart(file.read())
    if not files:
        raise Empty
    if len(files) > MOST_MEMBERS or sum(map(len, files)) > ATTACHMENT_BYTES:
        raise TooMuchInArchive
    with open(members, "wb", closefd=False) as output:
        output.write(MEMBERS.pack(MEMBERS_MAGIC, len(files)))
        output.writelines(MEMBER_LENGTH.pack(len(each)) for each in files)
        output.writelines(files)
