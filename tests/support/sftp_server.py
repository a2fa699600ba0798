"""A supplier's SFTP server on the loopback address, from the library that the hub uses as a client."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import asyncssh


class SftpServer:
    """Serves a folder to the user `hub`, who signs in with `password` or with `client_key`."""

    def __init__(self, folder: Path, password: str) -> None:
        self._folder, self._password = folder, password
        host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.host_key = host_key.get_fingerprint("sha256")
        self.client_key = asyncssh.generate_private_key("ssh-ed25519")
        self.sign_ins = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._acceptor = asyncio.run_coroutine_threadsafe(self._listen(host_key), self._loop).result(30)
        self.place = f"127.0.0.1:{self._acceptor.get_port()}"

    async def _listen(self, host_key: Any) -> Any:
        outer = self

        class Sign(asyncssh.SSHServer):
            def begin_auth(self, username: str) -> bool:
                outer.sign_ins += 1
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return username == "hub" and password == outer._password

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: Any) -> bool:
                return username == "hub" and key == outer.client_key.convert_to_public()

        def files(channel: Any) -> Any:
            return asyncssh.SFTPServer(channel, chroot=str(outer._folder).encode())

        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[host_key], server_factory=Sign, sftp_factory=files
        )

    async def _end(self) -> None:
        self._acceptor.close()
        await self._acceptor.wait_closed()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
