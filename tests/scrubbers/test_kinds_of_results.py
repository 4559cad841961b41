"""Each kind of clean copy has a name, a type and words wherever one is shown, saved or sent."""

from desk.keep.saving import ENDINGS
from intake.inbox.pages import _MEDIA_TYPES
from kallskydd.scrub.names import _ENDINGS
from second_reader.dispatch import reader_of
from trusted.jail.protocol import KindNumber
from trusted.jail.stages import RESULT_KIND, Kind


def test_every_kind_of_result_can_be_read_named_saved_and_sent() -> None:
    results = set(RESULT_KIND.values())

    assert set(RESULT_KIND) == set(Kind)
    assert {number.name for number in KindNumber} == {kind.name for kind in Kind}
    assert {kind for kind in results if reader_of(kind) is None} == set()
    assert set(_ENDINGS) == results
    assert set(ENDINGS) == {kind.value for kind in results} == set(_MEDIA_TYPES)
