"""What a case is, how it is sealed, kept, released and erased. Knows nothing of the web and nothing of tor."""

from cases.errors import CaseError
from cases.sentences import in_words

CaseError.say = in_words
