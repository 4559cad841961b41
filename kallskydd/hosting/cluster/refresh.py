"""A timer of systemd on each node that makes Pacemaker say again which side of the mirror may lead.

Pacemaker 3.0.0 lost that when a leader that had been given up woke before the fence device had done its work: its
attribute daemon went on holding the value, and the configuration no longer had it, so nobody took over.
`attrd_updater --refresh` writes all values again, and changes none.
"""

from __future__ import annotations

from typing import Final

COMMAND: Final = ("attrd_updater", "--refresh")
EVERY_SECONDS: Final = 30
UNIT: Final = "kallskydd-refresh"

SERVICE_TEXT: Final = f"""\
# Written by `kallskydd host cluster`, for /etc/systemd/system. What a leader that woke took along is said again.
[Unit]
Description=Pacemaker: say again which side of the mirror may lead
Requisite=pacemaker.service
After=pacemaker.service

[Service]
Type=oneshot
ExecStart=/usr/sbin/{" ".join(COMMAND)}
StandardOutput=null
StandardError=null
LogLevelMax=warning
"""
TIMER_TEXT: Final = f"""\
# Written by `kallskydd host cluster`, for /etc/systemd/system.
[Unit]
Description=Pacemaker: say again which side of the mirror may lead

[Timer]
OnBootSec={EVERY_SECONDS}
OnUnitActiveSec={EVERY_SECONDS}
AccuracySec=1

[Install]
WantedBy=multi-user.target
"""
