"""A test report over a real tor, through the onion that reporters use."""

from __future__ import annotations

import pytest
from visitors.intake_harness import make_home, running_intake
from visitors.samples import rows

from desk.errors import NotReachable
from desk.keep.probes import hash_of
from desk.work.probe import file_report
from kallskydd.desk.route import Route, connector_for
from onion.keys import new_onion_key
from onion.publish import Onion, Publisher

TEXT = "Fakturor godkänns av samma person som har beställt."


@pytest.mark.live
async def test_a_test_report_goes_through_the_reporters_onion_over_tor(
    tmp_path, short_folder, tor_network, keeper_tor, tor_client
):
    key = new_onion_key()
    publisher = Publisher()
    await publisher.connect(keeper_tor.control)
    host, port = tor_client.socks
    try:
        async with running_intake(
            short_folder, make_home(tmp_path / "home"), public_host=f"{key.address}.onion"
        ) as intake:
            await publisher.publish(Onion(key, {80: intake.public_socket}))
            await publisher.wait_published(key.address, within=30)
            route = Route(socks=f"{host}:{port}")
            async with connector_for(key.address, "", route=route, tor_folder=tmp_path) as connector:
                try:
                    filed = await file_report(connector, intake.clock, key.address, TEXT)
                except NotReachable:
                    # A circuit that stalled or broke, as one does now and then; the next try takes another.
                    filed = await file_report(connector, intake.clock, key.address, TEXT)
                await connector.close()
            cases = rows(intake, "cases")
    finally:
        await publisher.take_down(key.address)
        await publisher.close()

    assert cases >= 1
    assert filed.faults == ()
    assert filed.text_hash == hash_of(TEXT)
