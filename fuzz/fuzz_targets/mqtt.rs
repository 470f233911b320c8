//! What comes by MQTT: a payload to a device of any name with any label, and the bytes of a broker to the client.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|said: (&str, &str, &str, &[u8])| {
    let (name, label, payload, bytes) = said;
    kws_host::fuzzing::mqtt(name, label, payload);
    let mut bytes = bytes::BytesMut::from(bytes);
    while rumqttc::mqttbytes::v4::Packet::read(&mut bytes, 1 << 16).is_ok() {}
});
