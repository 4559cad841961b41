"""One call while it is being taken: what the pages cannot carry in their fields, in memory and no longer than unlocked.

A call is filed once: whatever form of it comes again, by Back, by Reload or in another tab, leads to where it is now.
"""

from dataclasses import dataclass, field

from desk.work.oral import OralCall, OralNotes, Taken


@dataclass(slots=True, repr=False)
class HeldCall:
    """The call that was filed last, or is being filed."""

    # A random one, which the forms of the call carry.
    name: str
    # What was sent first, until the server has it.
    first: OralNotes | None
    # Until the member has read the words out.
    call: OralCall | None = field(default_factory=OralCall)
    # Once the server has it.
    taken: Taken | None = None
    # The answer to the first sending was lost, and the notes were changed after it: what was sent first is filed.
    first_counts: bool = False
