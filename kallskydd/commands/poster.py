"""`kallskydd poster --out DIR`: the posters of a home, as PDF and as PNG, in every complete language that it has.

With --web it makes what the municipality's own website needs instead: a whole page, `page-LANGUAGE.html`, and a block
for a page that is there already, `block-LANGUAGE.html`, with the pictures of both. Nothing here asks tor or a network:
the onion address is read from its key. The same home gives the same bytes on any day; the files say nothing of who made
them or when, and all carry the same time. Nothing is overwritten without --force.

Exit code 2 for a language that the home has no poster in or an output folder that cannot be, 3 when the home or what
it says of itself cannot be used, or a file is there already; then nothing was written.
"""

from __future__ import annotations

import argparse
import os
import secrets
from pathlib import Path

from cases.config import Config
from cases.home import Home, read_home
from cases.roster.chain import Roster, read_chain
from kallskydd.exit_codes import code_of
from kallskydd.poster.errors import NoAddress, PosterFault
from kallskydd.poster.layout import draw
from kallskydd.poster.page import file_name, page
from kallskydd.poster.png import picture
from kallskydd.poster.texts import Facts, PosterTexts, complete_languages
from kallskydd.poster.web import block, pictures
from kallskydd.say import OK, REFUSED, USAGE, answer, prose, result
from kallskydd.scrub.names import NEUTRAL_TIME_NS, give_name
from onion.errors import OnionError
from onion.keys import read_onion_key
from trusted.case.clock import today, utc_now
from trusted.case.errors import CaseError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `poster` to the command line."""
    parser = subparsers.add_parser("poster", help="a poster with QR codes, and the municipality's own page")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    parser.add_argument("--language", metavar="CODE", help="only this one; default: every complete one of the home")
    parser.add_argument("--web", action="store_true", help="the municipality's own page, or a block for it, instead")
    parser.add_argument("--force", action="store_true", help="overwrite files of the same names")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the files, all or none of them."""
    try:
        home = read_home(args.home.absolute())
        languages = complete_languages(home.config.languages)
        if args.language is not None and args.language not in languages:
            prose(f"This home has no poster in that language. There is one in: {', '.join(languages) or 'none'}.")
            return USAGE
        chosen = languages if args.language is None else (args.language,)
        if not chosen:
            prose("No language of this home is complete. Add sv, en or fi to `languages` in config.toml.")
            return REFUSED
        roster = read_chain(home.roster, today(utc_now)).current
        facts = _facts(home, roster)
        files = _web(chosen, home.config, facts, roster) if args.web else _posters(chosen, facts)
    except (CaseError, OnionError, PosterFault) as error:
        prose(str(error))
        return REFUSED if isinstance(error, PosterFault) else code_of(error)
    code = _place(files, args.out, force=args.force)
    if code == OK:
        _print_result(args, facts, chosen, list(files), is_open=roster is not None and roster.is_open)
    return code


def _facts(home: Home, roster: Roster | None) -> Facts:
    """Return what goes on the poster. Raises NoAddress, OnionError."""
    config = home.config
    organisations = config.organisations if roster is None else roster.organisations
    try:
        key = read_onion_key(home.onion / "public.key")
    except OSError:
        raise NoAddress from None
    return Facts(
        owner=config.owner,
        organisations=tuple(one.name for one in organisations),
        onion=f"http://{key.address}.onion",
        mirror=None if config.mirror is None else f"https://{config.mirror.name}",
        phone=config.phone,
        trial=home.trial,
        accent=config.accent,
    )


def _posters(languages: tuple[str, ...], facts: Facts) -> dict[str, bytes]:
    files = {}
    for language in languages:
        pdf = draw(PosterTexts(language), facts)
        files[f"poster-{language}.pdf"] = pdf
        files[f"poster-{language}.png"] = picture(pdf)
    return files


def _web(languages: tuple[str, ...], config: Config, facts: Facts, roster: Roster | None) -> dict[str, bytes]:
    has_counsel = roster is not None and bool(roster.counsel)
    pages = {
        file_name(language): page(language, languages, config, facts, has_counsel=has_counsel).encode()
        for language in languages
    }
    blocks = {f"block-{language}.html": block(PosterTexts(language), facts).encode() for language in languages}
    return pages | blocks | pictures(facts)


def _place(files: dict[str, bytes], folder: Path, *, force: bool) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = sorted(name for name in files if os.path.lexists(folder / name))
        if taken and not force:
            prose(f"There already, and not overwritten: {', '.join(taken)}. Name another folder, or say --force.")
            return REFUSED
        for name, content in files.items():
            _write(folder / name, content, force=force)
    except OSError as error:
        prose(f"The files cannot be written ({error.strerror}). Name a folder that is yours, on a disk with room.")
        return USAGE
    return OK


def _write(target: Path, content: bytes, *, force: bool) -> None:
    """Give the file its name when it is whole. Raises OSError."""
    temporary = target.parent / f".kallskydd-{secrets.token_hex(8)}"
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.utime(file.fileno(), ns=(NEUTRAL_TIME_NS, NEUTRAL_TIME_NS))
            os.fsync(file.fileno())
        if force:
            temporary.replace(target)
        else:
            give_name(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _print_result(
    args: argparse.Namespace, facts: Facts, languages: tuple[str, ...], files: list[str], *, is_open: bool
) -> None:
    if args.json:
        result(
            {
                "trial": facts.trial,
                "open": is_open,
                "languages": languages,
                "onion": facts.onion,
                "mirror": facts.mirror,
                "files": files,
            }
        )
    for name in files:
        answer(str(args.out / name), as_json=args.json)
    if facts.trial:
        prose("This home is a TRIAL, and the files say so. Make a real home before you hang up a poster.")
    elif not is_open:
        prose("The service is not open yet. Hang up nothing before `kallskydd status` says that it is.")
    if facts.mirror is None:
        prose("config.toml has no [mirror], so only the address for Tor is shown.")
