-- Everything that lies in kallskydd.db. Read it as a list of what a seized disk shows.
--
-- Every blob is ciphertext, a random id or a public value. No column is finer than a day, and the CHECKs hold it. WITHOUT
-- ROWID with random keys, so that neither row numbers nor the order of rows tell who came first. No table says which
-- member can read which case: before a release every member has one item for each case, a grant or a decoy; after
-- it the items have lost the case.

PRAGMA user_version = 1;

-- One row. `beat` is the heartbeat: random bytes rewritten every ten minutes, so that the file's time says nothing.
CREATE TABLE home (
    only         INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    home_id      BLOB    NOT NULL CHECK (length(home_id) = 16),
    salt         BLOB    NOT NULL CHECK (length(salt) = 16),
    batch        INTEGER NOT NULL DEFAULT 0,
    last_release TEXT    CHECK (last_release GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    beat         BLOB    NOT NULL CHECK (length(beat) = 4096)
) STRICT, WITHOUT ROWID;

-- A case. `release_day` is the day of its first release, planned or past: the only date of the report. `slot` is where its
-- share lies in shred.slots, `spent_slot` where an older epoch's share still has to be overwritten. A case that is being
-- erased says so until every trace is gone, so that a crash half-way is finished at the next start.
CREATE TABLE cases (
    case_id        BLOB    NOT NULL PRIMARY KEY CHECK (length(case_id) = 16),
    lookup_id      BLOB    NOT NULL UNIQUE CHECK (length(lookup_id) = 16),
    reporter_grant BLOB    NOT NULL CHECK (length(reporter_grant) = 153),
    epoch          INTEGER NOT NULL,
    commitment     BLOB    NOT NULL CHECK (length(commitment) = 32),
    access_key     BLOB    NOT NULL CHECK (length(access_key) = 32),
    slot           INTEGER NOT NULL UNIQUE,
    spent_slot     INTEGER UNIQUE,
    release_day    TEXT    NOT NULL CHECK (release_day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    released       INTEGER NOT NULL CHECK (released IN (0, 1)),
    state          TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'erasing')),
    hold           INTEGER NOT NULL DEFAULT 0 CHECK (hold IN (0, 1)),
    closed_day     TEXT    CHECK (closed_day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    erase_by       TEXT    CHECK (erase_by GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    notice_day     TEXT    CHECK (notice_day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT, WITHOUT ROWID;

-- Sealed entries. `release_on` is there until the release that makes the entry visible to members, and gone after it.
-- A body is a nonce, a tag and whole blocks of 4 KiB.
CREATE TABLE entries (
    case_id    BLOB    NOT NULL REFERENCES cases ON DELETE CASCADE,
    stream     INTEGER NOT NULL CHECK (stream IN (1, 2, 3)),
    number     INTEGER NOT NULL CHECK (number >= 0),
    header     BLOB    NOT NULL CHECK (length(header) = 119),
    body       BLOB    NOT NULL CHECK (length(body) > 40 AND (length(body) - 40) % 4096 = 0),
    release_on TEXT    CHECK (release_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    PRIMARY KEY (case_id, stream, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX entries_waiting ON entries (release_on) WHERE release_on IS NOT NULL;

-- Heads of streams by count. The store cannot make a head, so it keeps each one that the next release may need.
CREATE TABLE heads (
    case_id BLOB    NOT NULL REFERENCES cases ON DELETE CASCADE,
    stream  INTEGER NOT NULL CHECK (stream IN (1, 2, 3)),
    count   INTEGER NOT NULL CHECK (count > 0),
    tag     BLOB    NOT NULL CHECK (length(tag) = 32),
    PRIMARY KEY (case_id, stream, count)
) STRICT, WITHOUT ROWID;

-- The notes key sealed to members, shuffled and padded with decoys: neither who nor how many.
CREATE TABLE notes_grants (
    case_id  BLOB    NOT NULL REFERENCES cases ON DELETE CASCADE,
    position INTEGER NOT NULL,
    item     BLOB    NOT NULL CHECK (length(item) = 153),
    PRIMARY KEY (case_id, position)
) STRICT, WITHOUT ROWID;

-- Sealed files, in size classes. Without a case a file is staged: it belongs to an upload that is still under way.
CREATE TABLE files (
    file_id     BLOB    NOT NULL PRIMARY KEY CHECK (length(file_id) = 16),
    case_id     BLOB    REFERENCES cases ON DELETE CASCADE,
    number      INTEGER NOT NULL CHECK (number >= 0),
    item_kind   INTEGER NOT NULL CHECK (item_kind IN (2, 3)),
    header      BLOB    NOT NULL CHECK (length(header) = 119),
    sealed_size INTEGER NOT NULL CHECK (sealed_size > 0),
    release_on  TEXT    CHECK (release_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT, WITHOUT ROWID;
CREATE INDEX files_of_case ON files (case_id);

CREATE TABLE chunks (
    file_id  BLOB    NOT NULL REFERENCES files ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    chunk    BLOB    NOT NULL,
    PRIMARY KEY (file_id, position)
) STRICT, WITHOUT ROWID;

-- One item of one size for every member and case, a grant or a decoy (a sealed box of
-- random bytes that nobody can open), until the release.
CREATE TABLE waiting_items (
    case_id   BLOB NOT NULL REFERENCES cases ON DELETE CASCADE,
    member_id BLOB NOT NULL CHECK (length(member_id) = 16),
    item      BLOB NOT NULL CHECK (length(item) = 153),
    PRIMARY KEY (case_id, member_id)
) STRICT, WITHOUT ROWID;

-- Post boxes: every batch has the same number of items in every box, shuffled, and knows no case.
CREATE TABLE batch_items (
    member_id BLOB    NOT NULL CHECK (length(member_id) = 16),
    batch     INTEGER NOT NULL CHECK (batch > 0),
    position  INTEGER NOT NULL CHECK (position >= 0),
    item      BLOB    NOT NULL CHECK (length(item) = 153),
    PRIMARY KEY (member_id, batch, position)
) STRICT, WITHOUT ROWID;

-- Signed erase statements that wait for a second signature, sealed under a key that only holders of the case key have:
-- no row names a member beside a case.
CREATE TABLE statements (
    case_id   BLOB    NOT NULL REFERENCES cases ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    statement BLOB    NOT NULL,
    PRIMARY KEY (case_id, position)
) STRICT, WITHOUT ROWID;

-- What is left of an erased case: its random id, the key by which its members may ask for this, and the signed
-- statements, sealed as above (none when the two-year cap erased it).
CREATE TABLE tombstones (
    case_id    BLOB NOT NULL PRIMARY KEY CHECK (length(case_id) = 16),
    access_key BLOB NOT NULL CHECK (length(access_key) = 32),
    erased_day TEXT NOT NULL CHECK (erased_day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstone_statements (
    case_id   BLOB    NOT NULL REFERENCES tombstones ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    statement BLOB    NOT NULL,
    PRIMARY KEY (case_id, position)
) STRICT, WITHOUT ROWID;

-- The highest counter seen in a signed request of each member: a request cannot be played again.
CREATE TABLE counters (
    member_id BLOB    NOT NULL PRIMARY KEY CHECK (length(member_id) = 16),
    counter   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Cases whose reporter has ended the inbox, and the day of the release from which members know of it. Last,
-- because homes from before there was this table get it when they are opened (db.py).
CREATE TABLE ended_inboxes (
    case_id  BLOB NOT NULL PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
    from_day TEXT NOT NULL CHECK (from_day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT, WITHOUT ROWID;
