"""A recording: what can be heard of it, encoded again by one encoder with constant settings; nothing else.

1 open it with the reader of the container that its first bytes show, and no other (`recording`)
2 report the tags of container and streams, covers, chapters and further streams (`tags`)
3 decode the sound that players play with a decoder of the closed list, mixed to one channel of 32,000 samples a second
4 encode as MP3 of 64 kbit/s; no container is written around it, so the file is frames from the first byte to the last
5 draw how loud it is over time, as the preview

One channel, one rate and one encoder say nothing of the telephone that recorded it. What stays is what can be heard:
voices, the room, the hum of the mains. A recording with a picture that moves is a film, and for `film.scrub`.
"""

import av

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures.scrub import write_preview
from scrubbers.jailed.scrub_sample import scrub_sample
from scrubbers.jailed.sound.encoder import Encoder
from scrubbers.jailed.sound.recording import decoded, moving_picture_of, opened, sound_of
from scrubbers.jailed.sound.sample import sample_recording
from scrubbers.jailed.sound.tags import collect
from scrubbers.jailed.sound.waveform import Waveform
from trusted.jail.stages import Empty, Film, Kind, Lost


def scrub_file(_kind: Kind, untrusted: int, clean: int, preview: int, findings: Findings) -> None:
    """Read one descriptor and write two. Raises Film, SoundOrFilm, Damaged, Empty, or what the library raises."""
    encoder, waveform = Encoder(), Waveform()
    with open(untrusted, "rb", closefd=False) as file, opened(file) as container:
        if moving_picture_of(container) is not None:
            raise Film
        stream = sound_of(container)
        collect(container, (stream.index,), findings)
        with open(clean, "wb", closefd=False) as output:
            pieces = (frame for frame in decoded(container, stream) if isinstance(frame, av.AudioFrame))
            for frame in pieces:
                # Its order alone gives its time: gaps and jumps of the container are not played.
                frame.pts = None
                for samples in encoder.resampled(frame):
                    waveform.add(samples)
                    output.write(encoder.encoded(samples))
            for samples in encoder.resampled(None):
                waveform.add(samples)
                output.write(encoder.encoded(samples))
            output.write(encoder.encoded(None))
    if waveform.is_empty:
        raise Empty
    findings.lose(Lost.FULL_SOUND)
    write_preview(waveform.drawn(), preview)


def warm_up() -> None:
    """Clean a second of tone, so that decoders, encoder and resampler are in memory before the locks."""
    # Messages of the library can quote the file.
    av.logging.set_level(None)
    scrub_sample(scrub_file, Kind.SOUND, sample_recording())
