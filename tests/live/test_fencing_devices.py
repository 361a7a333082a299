"""`hasys check --live` asks the fencing devices of both servers; here a file is the plug."""

import pytest

from tests.fencing.devices import needs_agents

pytestmark = [pytest.mark.lab, needs_agents]


@pytest.fixture
def plugs(site, tmp_path):
    found = {server: tmp_path / server for server in ("linux1", "linux2")}
    for plug in found.values():
        plug.write_text("on")
    devices = {
        server: [{"agent": "fence_dummy", "type": "file", "status_file": str(plug)}]
        for server, plug in found.items()
    }
    site.change_group(lambda document: document.update(fencing=devices))
    return found


def about_devices(answer):
    findings = answer.document["findings"]
    return [one for one in findings if one["what"].startswith("fencing device")]


def test_devices_that_answer_are_not_mentioned(site, plugs):
    answer = site.hasys("check", "--live", "web", "-o", "json")

    assert about_devices(answer) == []
    assert {plug.read_text() for plug in plugs.values()} == {"on"}, "nothing is switched"


def test_a_plug_that_reads_off_while_its_server_answers_is_another_servers(site, plugs):
    plugs["linux2"].write_text("off")

    answer = site.hasys("check", "--live", "web", "-o", "json")

    (found,) = about_devices(answer)
    assert answer.code == 5
    assert found["server"] == "linux2"
    assert "it is off, while the server answers" in found["what"]
