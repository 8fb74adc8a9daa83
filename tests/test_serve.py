"""`python -m core run`: all processes up with one command, all down with Ctrl-C."""

import signal
import urllib.request

import pytest

from tests.processes import Process, free_port


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_starts_and_stops_the_whole_system(tmp_path, number):
    port, survey = free_port(), free_port()
    system = Process("-m", "core", "run", "--no-demo", data_dir=tmp_path, PULSE_PORT=str(port),
                     PULSE_SURVEY_PORT=str(survey))
    system.wait_for(f"系统已启动：http://127.0.0.1:{port}", 120)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health") as answer:
        assert answer.read() == b"ok"
    with urllib.request.urlopen(f"http://127.0.0.1:{survey}/health") as answer:
        assert answer.read() == b"ok"
    second = Process("scheduler.py", data_dir=tmp_path)
    assert second.end() == 3
    assert "已有调度进程在工作（进程号" in second.said
    assert system.stop(number) == 0
    assert "系统已停止" in system.said
    free_again = Process("scheduler.py", "--once", data_dir=tmp_path)
    assert free_again.end() == 0, free_again.said


def test_when_the_port_is_taken_everything_stops_with_an_error(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        system = Process("-m", "core", "run", "--no-demo", data_dir=tmp_path, PULSE_PORT=str(taken.getsockname()[1]))
        assert system.end(120) != 0
