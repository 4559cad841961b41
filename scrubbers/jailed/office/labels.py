"""Words that a clean copy adds, in Swedish and English: above what stands apart, in the place of what is not drawn."""

from typing import Final

HEADER: Final = "Sidhuvud / Header"
FOOTER: Final = "Sidfot / Footer"
NOTES: Final = "Noter / Notes"
TEXT_BOX: Final = "Textruta / Text box"
CHART: Final = "Diagram / Chart"
DIAGRAM: Final = "Figur / Diagram"
NO_PICTURE: Final = "Bild som inte kan visas / Picture that cannot be shown"
SHAPE: Final = "Ritad figur / Drawn shape"
FILE: Final = "Inbäddad fil, borttagen / Embedded file, removed"
FORMULA: Final = "Formel / Formula"
SPEAKER: Final = "Anteckningar / Speaker notes"
UNKNOWN: Final = "Innehåll som inte kan visas / Content that cannot be shown"
BACKGROUND: Final = "Bakgrund / Background"
