from __future__ import annotations

import socket

from boeing_data_hub.cli.machine.ports import LOOPBACK, free_port


def test_a_free_port_can_be_listened_on():
    with socket.socket() as server:
        server.bind((LOOPBACK, free_port()))
        server.listen()


def test_a_free_port_is_not_one_that_outgoing_connections_are_given():
    assert all(1024 < free_port() < 32_768 for _ in range(20))
