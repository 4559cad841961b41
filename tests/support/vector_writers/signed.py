"""The vectors of what is signed and not sealed: rosters, statements, requests of a desk."""

# Arguments stand in the order of the format.
# ruff: noqa: PLR0917

from files import formats_by_hand as hand
from files.formats_by_hand import ZERO

from vector_writers.cast import DAY, OTHER_SERVER, SERVER, anna, bo, case, cia, fixed, other, reporter

# The day on which the chains are looked at, and days fourteen and thirteen before it.
TODAY, OVER, NOT_OVER = "2026-03-16", "2026-03-02", "2026-03-03"


def roster_text(version, previous, people, trial=False, extra="", server=SERVER):
    lines = [
        f"version = {version}",
        f'previous = "{previous.hex()}"',
        f'home_id = "{fixed("home id", 16).hex()}"',
        f'server_key = "{server.hex()}"',
        f"trial = {str(trial).lower()}",
    ]
    lines += [extra] if extra else []
    lines += ["", "[[organisations]]", 'key = "ludvika"', 'name = "Ludvika kommun"']
    for label, role, person in people:
        lines += [
            "",
            "[[members]]",
            f'id = "{person.id}"',
            f'name = "{label}"',
            f'role = "{role}"',
            f'label = "{label}"',
        ]
        lines += [
            f'sign = "{person.sign_public.hex()}"',
            f'box = "{person.box_public.hex()}"',
            f'onion = "{person.onion}"',
        ]
    return "\n".join(lines) + "\n"


def rosters():
    two = [("Anna", "lead", anna), ("Bo", "handler", bo)]
    three = [*two, ("Cia", "counsel", cia)]
    first = roster_text(1, ZERO, two)
    next_one = roster_text(2, hand.roster_hash(first), three)

    def version(text, *signers, shown=None):
        lines = "".join(hand.roster_line(p.seed, p.id, text) + "\n" for p in signers)
        return {"text": text, "signatures": lines, "first_shown": shown}

    # Bo is gone, and Anna alone removes him; the day in the text is her word.
    dated_back = roster_text(2, hand.roster_hash(first), two[:1], extra="proposed = 2026-01-01")
    dated_forward = roster_text(2, hand.roster_hash(first), two[:1], extra=f"proposed = {TODAY}")
    undated = roster_text(2, hand.roster_hash(first), two[:1])
    lone = roster_text(1, ZERO, [two[0], three[2]])
    joined = roster_text(2, hand.roster_hash(lone), three)
    replaced = roster_text(2, hand.roster_hash(first), [two[0], three[2]], extra="proposed = 2026-01-01")

    begun, agreed = version(first, anna, bo), version(next_one, anna, bo)
    wrong_line = hand.roster_line(bo.seed, anna.id, next_one) + "\n"
    renamed = roster_text(2, hand.roster_hash(first), [("Anna", "lead", anna), ("Bo B", "handler", bo)])
    altered = agreed | {"text": next_one.replace("Ludvika kommun", "Ludvika")}
    swapped = agreed | {"text": next_one.replace(cia.box_public.hex(), anna.box_public.hex())}
    vectors = [
        ("one version", [begun], 1, None),
        ("two versions", [begun, agreed], 2, None),
        ("a proposal that waits", [begun, version(next_one)], 1, None),
        ("one signature is not enough", [begun, version(next_one, anna)], 1, None),
        (
            "one signature, and a version on top",
            [begun, version(next_one, anna), version(roster_text(3, hand.roster_hash(next_one), two), anna, bo)],
            None,
            "roster.unsigned",
        ),
        ("altered member signs for herself", [begun, version(renamed, anna, bo)], 1, None),
        ("first version lacks a signature", [version(first, anna)], None, "roster.unsigned"),
        (
            "broken chain: previous hash",
            [begun, version(roster_text(2, fixed("no hash"), three), anna, bo)],
            None,
            "roster.broken_chain",
        ),
        (
            "broken chain: number",
            [begun, version(roster_text(3, hand.roster_hash(first), three), anna, bo)],
            None,
            "roster.broken_chain",
        ),
        (
            "trial becomes real",
            [
                version(roster_text(1, ZERO, two, trial=True), anna, bo),
                version(roster_text(2, hand.roster_hash(roster_text(1, ZERO, two, trial=True)), three), anna, bo),
            ],
            None,
            "roster.broken_chain",
        ),
        ("text altered after signing", [begun, altered], None, "roster.bad_signature"),
        ("a member's key altered after signing", [begun, swapped], None, "roster.wrong_id"),
        (
            "signature by another member's key",
            [begun, {"text": next_one, "signatures": wrong_line, "first_shown": None}],
            None,
            "roster.bad_signature",
        ),
        (
            "unknown key",
            [version(roster_text(1, ZERO, two, extra='colour = "red"'), anna, bo)],
            None,
            "roster.unknown_key",
        ),
        (
            "member twice",
            [version(roster_text(1, ZERO, [*two, ("Annas", "lead", anna)]), anna, bo)],
            None,
            "roster.twice",
        ),
        ("no version at all", [], None, "roster.none"),
        (
            "two members changed at once, signed by all who are left",
            [begun, version(replaced, anna, bo, cia, shown=OVER)],
            None,
            "roster.more_than_one",
        ),
        (
            "counsel lets a second reader in before the home was ever open",
            [version(lone, anna, cia), version(joined, cia)],
            1,
            None,
        ),
        ("the only reader does so", [version(lone, anna, cia), version(joined, anna)], 2, None),
        ("fourteen days after it was shown", [begun, version(dated_back, anna, shown=OVER)], 2, None, [2]),
        ("thirteen days after it was shown", [begun, version(dated_back, anna, shown=NOT_OVER)], 1, None),
        ("the day on which it was shown is not known", [begun, version(dated_back, anna)], 1, None),
        ("the day on which it was shown is to come", [begun, version(dated_back, anna, shown="2027-01-01")], 1, None),
        ("the day in the text is later", [begun, version(dated_forward, anna, shown=OVER)], 1, None),
        ("no day in the text", [begun, version(undated, anna, shown=OVER)], 1, None),
        ("fourteen days and no signature", [begun, version(dated_back, shown=OVER)], 1, None),
        ("fourteen days and who is removed signs", [begun, version(dated_back, bo, shown=OVER)], 1, None),
        (
            "fourteen days and a second reader who could be asked",
            [
                begun,
                version(
                    roster_text(2, hand.roster_hash(first), three, extra="proposed = 2026-01-01"), anna, shown=OVER
                ),
            ],
            1,
            None,
        ),
    ]
    names = ("name", "chain", "current", "problem", "by_waiting")
    join = {"format": "kallskydd-join-1", "name": "Anna", "role": "lead", "label": "Sammankallande"}
    join |= {"sign": anna.sign_public.hex(), "box": anna.box_public.hex(), "onion": anna.onion}
    join["signature"] = hand.join_signature(
        anna.seed, "Anna", "lead", "Sammankallande", anna.box_public, anna.onion
    ).hex()
    return {
        "hash": hand.roster_hash(first).hex(),
        "fingerprint": [
            int.from_bytes(hand.roster_hash(first)[:9], "big") >> shift & 4095 for shift in range(60, -1, -12)
        ],
        "today": TODAY,
        "vectors": [dict(zip(names, (*vector, [])[: len(names)], strict=True)) for vector in vectors],
        "join": "".join(f'{key} = "{value}"\n' for key, value in join.items()),
    }


def statements():
    roster = roster_text(1, ZERO, [("Anna", "lead", anna), ("Bo", "handler", bo), ("Cia", "counsel", cia)])
    fields = {"statement": "erase", "case": case.case_id.hex(), "member": anna.id, "day": DAY}
    fields |= {"reference": "KS 2026/12", "erase_by": None, "server": SERVER.hex()}
    good = hand.statement(anna.seed, fields)

    def blob(seed, **changes):
        return hand.statement(seed, fields | changes)

    single = [
        ("erase", good, True),
        ("close with a day", blob(anna.seed, statement="close", erase_by="2026-04-01"), True),
        ("statement for another server", blob(anna.seed, server=OTHER_SERVER.hex()), False),
        ("in another member's name", blob(bo.seed), False),
        ("by somebody outside the roster", blob(reporter.seed, member=reporter.id), False),
        ("unknown act", blob(anna.seed, statement="burn"), False),
        ("unknown field", blob(anna.seed, time="12:04"), False),
        (
            "statement for another case, bytes replaced",
            good.replace(case.case_id.hex().encode(), other.case_id.hex().encode()),
            False,
        ),
        ("signature alone", good[:64], False),
        ("nothing", b"", False),
    ]
    by_bo, by_cia = blob(bo.seed, member=bo.id), blob(cia.seed, member=cia.id)
    tombstones = [
        ("two members", [good, by_bo], True),
        ("one and counsel", [good, by_cia], True),
        ("one alone", [good], False),
        ("the same twice", [good, good], False),
        ("two cases", [good, blob(bo.seed, member=bo.id, case=other.case_id.hex())], False),
        ("two acts", [good, blob(bo.seed, member=bo.id, statement="close")], False),
        ("two references", [good, blob(bo.seed, member=bo.id, reference="KS 2026/13")], False),
        ("two closings", [blob(anna.seed, statement="close"), blob(bo.seed, member=bo.id, statement="close")], False),
    ]
    return {
        "roster": roster,
        "server": SERVER.hex(),
        "case_id": case.case_id.hex(),
        "other_case_id": other.case_id.hex(),
        "statements": [{"name": name, "blob": data.hex(), "reads": reads} for name, data, reads in single],
        "tombstones": [
            {"name": name, "blobs": [data.hex() for data in blobs], "proves": proves}
            for name, blobs, proves in tombstones
        ],
    }


def requests():
    body = b'{"after":3}'
    signature = hand.request_signature(anna.seed, "POST", "/desk/1/box", body, SERVER, 41).hex()
    request = {
        "method": "POST",
        "path": "/desk/1/box",
        "body": body.decode(),
        "server": SERVER.hex(),
        "last_counter": 40,
    }
    body_hash = hand.H(32, "ks1-body", body).hex()
    other_hash = hand.H(32, "ks1-body", b'{"after":4}').hex()
    request["headers"] = {
        "Kallskydd-Member": anna.id,
        "Kallskydd-Counter": "41",
        "Kallskydd-Body": body_hash,
        "Kallskydd-Signature": signature,
    }

    def changed(name, *, headers=None, **changes):
        whole = request | changes
        return {"name": name, "verifies": False, **whole, "headers": whole["headers"] | (headers or {})}

    vectors = [
        {"name": "request", "verifies": True, **request},
        changed("replayed: the counter is the last one", last_counter=41),
        changed("replayed: the counter is below the last one", last_counter=50),
        changed("counter raised afterwards", headers={"Kallskydd-Counter": "42"}),
        changed("counter with a sign", headers={"Kallskydd-Counter": "+41"}),
        changed("counter with a leading zero", headers={"Kallskydd-Counter": "041"}),
        changed("counter too large", headers={"Kallskydd-Counter": str(2**64)}),
        changed("another method", method="GET"),
        changed("another path", path="/desk/1/case"),
        changed("another body", body='{"after":4}'),
        changed("another body, and its hash", body='{"after":4}', headers={"Kallskydd-Body": other_hash}),
        changed("a longer body", body='{"after":3} '),
        changed("the hash of another body", headers={"Kallskydd-Body": other_hash}),
        changed("hash in capitals", headers={"Kallskydd-Body": body_hash.upper()}),
        changed("hash cut", headers={"Kallskydd-Body": body_hash[:-2]}),
        changed("another server", server=OTHER_SERVER.hex()),
        changed("another member's name", headers={"Kallskydd-Member": bo.id}),
        changed("unknown member", headers={"Kallskydd-Member": cia.id}),
        changed("member in capitals", headers={"Kallskydd-Member": anna.id.upper()}),
        changed("signature of zeros", headers={"Kallskydd-Signature": "00" * 64}),
        changed("signature cut", headers={"Kallskydd-Signature": signature[:-2]}),
        changed("empty headers", headers=dict.fromkeys(request["headers"], "")),
    ]
    mac = hand.fetch_mac(case.access_key, "case", case.case_id, 41).hex()
    return {
        "members": {person.id: person.sign_public.hex() for person in (anna, bo)},
        "vectors": vectors,
        "mac": {
            "access_key": case.access_key.hex(),
            "verb": "case",
            "case_id": case.case_id.hex(),
            "counter": 41,
            "mac": mac,
        },
    }
