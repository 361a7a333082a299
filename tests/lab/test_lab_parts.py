"""Parts of the lab that need no lab: what follows from samples and from connections."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.demo.outage import Connection, OutageClient, OutageReport, http_get, summarise
from tests.lab.addresses import Addresses
from tests.lab.witness import Sample, Thing, Timeline


def test_an_outage_lasts_from_the_first_failed_to_the_next_good_connection():
    ok = {0: "linux1", 1: "linux1", 5: "linux2"}
    report = summarise(Connection(begun=n / 100, answer=ok.get(n)) for n in (5, 0, 1, 2, 3, 4))
    assert [(outage.began, outage.ended) for outage in report.outages] == [(0.02, 0.05)]
    assert report.total_s == pytest.approx(0.03)
    assert report.answers == {"linux1": 2, "linux2": 1}
    assert report.line() == "client outage: 0.03 s"
    assert OutageReport.from_json(report.as_json()) == report


def test_an_outage_that_does_not_end_counts_until_the_last_connection():
    report = summarise(Connection(begun=n / 100, answer="a" if n < 2 else None) for n in range(5))
    assert report.outages[0].ended is None
    assert report.total_s == pytest.approx(0.03)


async def test_the_client_measures_a_real_service_going_away_and_coming_back():
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nhere\n")
        await writer.drain()
        writer.close()

    service = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = service.sockets[0].getsockname()[1]
    stop = asyncio.Event()
    client = OutageClient(http_get("127.0.0.1", port))
    measuring = asyncio.create_task(client.run(stop))
    await asyncio.sleep(0.2)
    service.close()
    await asyncio.sleep(0.3)
    service = await asyncio.start_server(answer, "127.0.0.1", port)
    await asyncio.sleep(0.2)
    stop.set()
    report = await measuring
    service.close()
    assert len(report.outages) == 1
    assert report.total_s == pytest.approx(0.3, abs=0.15)
    assert set(report.answers) == {"here"}


def _samples(server: str, first: float, last: float, *things: Thing) -> list[Sample]:
    steps = round((last - first) / 0.02)
    return [
        Sample(server=server, at=first + 0.02 * step, has=frozenset(things))
        for step in range(steps + 1)
    ]


def test_two_servers_one_after_the_other_is_no_overlap():
    address = Thing.ADDRESS
    timeline = Timeline(_samples("a", 0, 1, address) + _samples("b", 1.01, 2, address))
    timeline.assert_never_both()


def test_two_servers_at_once_is_told_with_its_length():
    address = Thing.ADDRESS
    timeline = Timeline(_samples("a", 0, 1, address) + _samples("b", 0.5, 2, address))
    with pytest.raises(AssertionError, match=r"address at once, 1 times, at most 0\.5"):
        timeline.assert_never_both()
    timeline.assert_never_both(Thing.SERVICE)


def test_a_server_that_was_frozen_meanwhile_had_nothing_meanwhile():
    address = Thing.ADDRESS
    frozen = _samples("a", 0, 1, address) + _samples("a", 5, 5.1)
    timeline = Timeline(frozen + _samples("b", 2, 6, address))
    timeline.assert_never_both()
    assert [round(span.seconds, 2) for span in timeline.spans("a", address)] == [1.0]


def test_no_two_machines_of_a_lab_share_an_address():
    plan = Addresses(7)
    listed = [plan.controller, plan.client, plan.service, plan.gateway]
    listed += [plan.public("linux1"), plan.public("linux2")]
    listed += [plan.heartbeat("linux1"), plan.heartbeat("linux2")]
    assert len(set(listed)) == len(listed)
    assert all(address.startswith("10.77.7.") for address in listed)
