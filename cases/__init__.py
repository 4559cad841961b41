"""What a case is, how it is sealed, kept, released and erased. Knows nothing of the web and nothing of tor."""

from cases.sentences import in_words
from trusted.case.errors import CaseError

CaseError.say = in_words
