"""
The catalogue of error sentences for a terminal, by text key: what happened, and what to do next.

`operator.py` has those of everything that cases/ raises, `file.py` those of a file that was not cleaned; a member, who
has another next step, gets those of `desk.web.views.sentences`. An error itself
carries a key and no sentence. Faults of the home and of its configuration are the exception: their sentences name a key
or a path of the operator's own. onion/ has its sentences beside its errors, since it imports nothing; the reporter's
pages have theirs, translated, in intake/views/.

tests/project/test_sentences.py looks for a key that is raised and has no sentences.
"""

from cases.sentences import file, operator


def in_words(text_key: str) -> str:
    """Return the two sentences for the operator; a key that is not here gets those of "something went wrong"."""
    return " ".join(operator.SENTENCES.get(text_key, operator.SENTENCES["case.error"]))


def in_words_of_file(text_key: str) -> str:
    """Return the two sentences for a file that was not cleaned. Raises KeyError."""
    return " ".join(file.SENTENCES[text_key])
