#!/usr/bin/env python3
"""What a broker keeps of `pipelines/home.toml`, against the schemas that Home Assistant publishes for MQTT discovery.

    home_assistant.py target/release/kws-run

Starts mosquitto, runs the pipeline over its recording, and holds the announcement, and the messages, against what the
documentation of Home Assistant's MQTT integration asks for (home-assistant.io/integrations/mqtt, event.mqtt,
device_trigger.mqtt, binary_sensor.mqtt, sensor.mqtt, number.mqtt). Needs mosquitto, voluptuous and paho-mqtt.
"""

import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import paho.mqtt.client as mqtt
import voluptuous as vol

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOPIC = re.compile(r"^homeassistant/device/(?:[a-zA-Z0-9_-]+/)?[a-zA-Z0-9_-]+/config$")

text = vol.All(str, vol.Length(min=1))


def topic(value):
    """A topic to publish on."""
    if not isinstance(value, str) or not value or len(value.encode()) > 65535 or any(c in value for c in "+#\0"):
        raise vol.Invalid(f"{value!r} is no topic")
    return value


def payload(value):
    """A payload that is compared as text."""
    if not isinstance(value, str):
        raise vol.Invalid(f"{value!r} is no text")
    return value


ENTITY = {
    vol.Required("platform"): text,
    vol.Required("unique_id"): text,
    vol.Optional("name"): vol.Any(None, text),
    vol.Optional("icon"): vol.All(str, vol.Match(r"^[\w\-]+:[\w\-]+$")),
    vol.Optional("entity_category"): vol.In(["config", "diagnostic"]),
    vol.Optional("enabled_by_default"): bool,
    vol.Optional("qos"): vol.In([0, 1, 2]),
    vol.Optional("retain"): bool,
}
COMPONENTS = {
    "event": vol.Schema({
        **ENTITY,
        vol.Required("state_topic"): topic,
        vol.Required("event_types"): vol.All([text], vol.Length(min=1), vol.Unique()),
        vol.Optional("device_class"): vol.In(["button", "doorbell", "motion"]),
    }),
    "device_automation": vol.Schema({
        vol.Required("platform"): "device_automation",
        vol.Required("automation_type"): "trigger",
        vol.Required("topic"): topic,
        vol.Optional("payload"): payload,
        vol.Required("type"): text,
        vol.Required("subtype"): text,
        vol.Optional("qos"): vol.In([0, 1, 2]),
    }),
    "binary_sensor": vol.Schema({
        **ENTITY,
        vol.Required("state_topic"): topic,
        vol.Optional("payload_on"): payload,
        vol.Optional("payload_off"): payload,
        vol.Optional("device_class"): vol.In(["occupancy", "presence", "motion", "sound"]),
        vol.Optional("expire_after"): vol.All(int, vol.Range(min=0)),
        vol.Optional("off_delay"): vol.All(int, vol.Range(min=1)),
    }),
    "sensor": vol.Schema({
        **ENTITY,
        vol.Required("state_topic"): topic,
        vol.Optional("unit_of_measurement"): text,
        vol.Optional("state_class"): vol.In(["measurement", "total", "total_increasing"]),
    }),
    "number": vol.Schema({
        **ENTITY,
        vol.Required("command_topic"): topic,
        vol.Optional("state_topic"): topic,
        vol.Optional("min"): vol.Coerce(float),
        vol.Optional("max"): vol.Coerce(float),
        vol.Optional("step"): vol.All(vol.Coerce(float), vol.Range(min=1e-3)),
        vol.Optional("mode"): vol.In(["auto", "box", "slider"]),
    }),
}


def component(value):
    """A component, by the schema of its platform."""
    if not isinstance(value, dict) or value.get("platform") not in COMPONENTS:
        raise vol.Invalid(f"unknown platform in {value!r}")
    return COMPONENTS[value["platform"]](value)


DEVICE = vol.Schema({
    vol.Required("device"): vol.All(
        vol.Schema({
            vol.Optional("identifiers"): vol.All([text], vol.Length(min=1)),
            vol.Optional("connections"): [[text]],
            vol.Optional("name"): text,
            vol.Optional("manufacturer"): text,
            vol.Optional("model"): text,
            vol.Optional("sw_version"): text,
        }),
        vol.Any({vol.Extra: object, vol.Required("identifiers"): object}, {vol.Extra: object, vol.Required("connections"): object}),
    ),
    vol.Required("origin"): vol.Schema({
        vol.Required("name"): text,
        vol.Optional("sw_version"): text,
        vol.Optional("support_url"): vol.Url(),
    }),
    vol.Required("components"): vol.All({vol.Match(r"^[a-zA-Z0-9_-]+$"): component}, vol.Length(min=1)),
    vol.Optional("availability_topic"): topic,
    vol.Optional("payload_available"): payload,
    vol.Optional("payload_not_available"): payload,
    vol.Optional("qos"): vol.In([0, 1, 2]),
})


def wait(what, holds):
    """Waits until something holds."""
    end = time.monotonic() + 60
    while not holds():
        if time.monotonic() > end:
            sys.exit(f"waited in vain for {what}")
        time.sleep(0.02)


def reachable(port):
    """Whether somebody listens on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def check(config_topic, announced, messages):
    """Holds all that was published against the schemas."""
    assert TOPIC.match(config_topic), config_topic
    config = DEVICE(json.loads(announced))
    parts = config["components"].values()
    ids = [part["unique_id"] for part in parts if "unique_id" in part]
    assert len(ids) == len(set(ids)), ids
    triggers = [(part["type"], part["subtype"]) for part in parts if part["platform"] == "device_automation"]
    assert len(triggers) == len(set(triggers)), triggers
    event = next(part for part in parts if part["platform"] == "event")
    heard = [json.loads(text) for topic, text, retained in messages if topic == event["state_topic"]]
    assert heard and all(one["event_type"] in event["event_types"] for one in heard), heard
    assert not any(retained for topic, _, retained in messages if topic == event["state_topic"])
    pressed = {part["payload"] for part in parts if part["platform"] == "device_automation"}
    assert {one["event_type"] for one in heard} <= pressed == set(event["event_types"])
    print(f"{len(parts)} components of {config_topic} pass, {len(heard)} events have a known type")


def main():
    """Runs broker and pipeline."""
    program = pathlib.Path(sys.argv[1]).resolve()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings = pathlib.Path(folder) / "mosquitto.conf"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        broker = subprocess.Popen(["mosquitto", "-c", str(settings)], stderr=subprocess.DEVNULL)
        try:
            wait("mosquitto", lambda: reachable(port))
            messages = []
            client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
            client.on_message = lambda _c, _d, m: messages.append((m.topic, m.payload.decode(), m.retain))
            client.on_connect = lambda c, *_: c.subscribe("#", 1)
            client.connect("127.0.0.1", port)
            client.loop_start()
            recording = ROOT / "pipelines/recordings/yes_no.flac"
            arguments = ["--source", f"file:{recording}", "--set", f"mqtt.port={port}"]
            run = [str(program), str(ROOT / "pipelines/home.toml"), *arguments]
            subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
            states = lambda: [text for topic, text, _ in messages if topic == "kws/living_room/status"]
            wait("the end", lambda: states()[-1:] == ["offline"])
            client.loop_stop()
            announced = [(topic, text) for topic, text, _ in messages if topic.endswith("/config")]
            # The last will may follow what the program itself says at its end.
            assert announced and states()[0] == "online" and set(states()[1:]) == {"offline"}, states()
            check(*announced[0], messages)
        finally:
            broker.send_signal(signal.SIGTERM)
            broker.wait()


if __name__ == "__main__":
    main()
