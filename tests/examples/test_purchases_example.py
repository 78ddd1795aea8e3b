"""The shop's orders of the example become purchases that decide who is a lead, by the connector that reads files."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from closeloop.connectors.folder import connect
from closeloop.process.load import load
from support.road import Road, road_on

EXAMPLE = Path(__file__).parents[2] / "examples" / "purchases"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The folder of the orders, to be changed."""
    (tmp_path / "orders.csv").write_bytes((EXAMPLE / "orders.csv").read_bytes())
    return tmp_path


def read(road: Road, shop: Path) -> None:
    declared = road.hub.process.sources["shop"]
    settings = {"folder": str(shop), "declared": str(declared.declared), "declared_file": declared.declared_in}
    with closing(connect(settings, road.clock)) as end:
        road.hub.listen("shop", end)
    road.decide()


def leads(road: Road) -> list[object]:
    return [who for (who,) in road.rows("SELECT p.name FROM v_leads l JOIN v_people p ON p.person_id = l.person_id")]


def test_who_bought_a_robot_is_a_lead_and_who_cancelled_is_not_until_the_order_stands_again(database_url, shop):
    with road_on(database_url, load(EXAMPLE / "process.yaml")) as road:
        read(road, shop)
        assert leads(road) == ['"Joe Miller"']
        assert road.one("SELECT COUNT(*) FROM v_people") == 3
        assert road.rows("SELECT state FROM v_messages WHERE state NOT IN ('decided', 'echo')") == []
        road.clock.advance(timedelta(hours=1))
        orders = shop / "orders.csv"
        orders.write_text(orders.read_text().replace("cancelled", "paid"))
        read(road, shop)
        assert sorted(map(str, leads(road))) == ['"Joe Miller"', '"May Huber"']
