"""The members' application: pages in the member's own browser, served by this computer to itself alone.

    serve → app → handlers → session → views, local

`local/` keeps everybody else out, `session/` holds what is open while the passphrase has been given, `views/` turns
cases into words and pages, and `handlers/` has one file for each page. No script; nothing decrypted is written to the
disk; nothing is logged.
"""
