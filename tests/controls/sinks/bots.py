"""A small bot that speaks Hummingbot's MQTT commands, and a server with hummingbot-api's routes; both on loopback."""

import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

Reply = Callable[[str, dict[str, Any]], dict[str, Any] | None]


def obeys(_word: str, data: dict[str, Any]) -> dict[str, Any]:
    """Answer as a bot that takes every command."""
    return {"status": 200, "msg": "", "changes": data.get("params", [])}


def refuses(_word: str, data: dict[str, Any]) -> dict[str, Any]:
    """Answer as Hummingbot 20260922 does when it does not know the keys of `config`."""
    return {"status": 400, "msg": f"Invalid param key(s): {[key for key, _ in data.get('params', [])]}"}


class MqttBot:
    """Keeps the commands it hears; `reply` gives the answer's data, None: none, as where a handler raises."""

    def __init__(self, port: int, instance: str = "b1", reply: Reply = obeys) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.reply, self._topic = reply, f"hbot/{instance}"
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{self._topic}/#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(60)

    def stop(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _message(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        request, word = json.loads(message.payload), message.topic.removeprefix(f"{self._topic}/")
        self.heard.append((word, request["data"]))
        answer = self.reply(word, request["data"])
        if answer is not None and request["header"].get("reply_to"):
            header = {"reply_to": "", "timestamp": 0, "content_type": "json", "encoding": "utf8", "agent": "commlib"}
            client.publish(request["header"]["reply_to"], json.dumps({"header": header, "data": answer}), qos=1)


@contextmanager
def mqtt_bot(port: int, instance: str = "b1", reply: Reply = obeys) -> Iterator[MqttBot]:
    """Run a bot."""
    bot = MqttBot(port, instance, reply)
    try:
        yield bot
    finally:
        bot.stop()


class Api:
    """hummingbot-api's routes of bots and controllers: outer success whatever happens, `success` is the inner one."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.success, self.status, self.raw = True, 200, None
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                allowed = b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")) == b"me:secret"
                if allowed:
                    api.heard.append((self.path, body))
                content = json.dumps(api.answer(self.path)).encode() if api.raw is None else api.raw
                self.send_response(api.status if allowed else 401)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        # Closed within milliseconds, where `serve_forever` by itself looks twice a second.
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    raw: bytes | None

    def answer(self, path: str) -> dict[str, Any]:
        """Return the answer of a route."""
        if path.startswith("/controllers/"):
            return {"message": "Controller configuration saved"}
        inner = {"success": self.success, "message": "published" if self.success else "bot not found"}
        return {"status": "success", "response": inner}

    def stop(self) -> None:
        """End the server."""
        self.server.shutdown()
        self.server.server_close()
