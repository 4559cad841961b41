"""What the pages say at the mirror instead of what they say at the onion: an ordinary browser reads them there.

A sentence of the onion's pages that would be untrue or of no use there stands here with the one that takes its place;
`Pages.at_mirror` puts it in. Sentences of the mirror alone stand in the templates, below `mirror`.
"""

from collections.abc import Mapping
from typing import Final

from intake.views.texts import N_

AT_MIRROR: Final[Mapping[str, str]] = {
    "Whoever runs the network that you use can see that you use Tor, but not for what.": N_(
        "Your network and the server on the way see your IP address and when you are here, but not what you read or "
        "write."
    ),
    "No scripts: set Tor Browser to the security level Safest, which stops them. Everything here still works.": N_(
        "No scripts: turn them off in the browser's settings. Everything here still works."
    ),
    "In Tor Browser, choose New Identity.": N_("Clear the browser's history."),
    "Close the tab. In Tor Browser, choose New Identity.": N_("Close the tab and clear the browser's history."),
    "Destroy your note. Close the tab. In Tor Browser, choose New Identity.": N_(
        "Destroy your note. Close the tab and clear the browser's history."
    ),
    "Press the button that logs you out. If you forget, you are logged out after half an hour. "
    "In Tor Browser, choose New Identity.": N_(
        "Press the button that logs you out. If you forget, you are logged out after half an hour. "
        "Then clear the browser's history."
    ),
}
