"""A film of two grey pictures with sound, for the warm-up."""

import io
from fractions import Fraction
from typing import Final

import av

from scrubbers.jailed.film.container import Film, parts_of
from scrubbers.jailed.film.pictures import PictureEncoder
from scrubbers.jailed.film.soundtrack import Soundtrack
from scrubbers.jailed.sound.sample import sample_recording

_WIDTH, _HEIGHT = 64, 48
_GREY: Final = 128


def sample_film() -> bytes:
    """Return the file, as clean films are."""
    encoder, soundtrack = PictureEncoder(_WIDTH, _HEIGHT), Soundtrack(Fraction(0), 1)
    frame = av.VideoFrame(_WIDTH, _HEIGHT, "rgb24")
    frame.planes[0].update(bytes((_GREY,)) * frame.planes[0].buffer_size)
    samples = [*encoder.at(0, frame), *encoder.at(1, frame), *encoder.rest()]
    with av.open(io.BytesIO(sample_recording()), "r", format="wav") as recording:
        for piece in recording.decode(audio=0):
            soundtrack.add(piece)
    soundtrack.finish()
    film = Film(_WIDTH, _HEIGHT, 0, encoder.sequence, encoder.picture, samples, bytes(soundtrack.frames))
    return b"".join(parts_of(film))
