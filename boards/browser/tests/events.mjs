// The events of a recording in Node, those of kws-run byte for byte: events.mjs KWS.JS PIPELINE WAV HOST.jsonl
//
// Pushes as the worklet does, 128 samples of float32 at a time, and says how many times faster than real time that is.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const [, , library, toml, wav, host] = process.argv;
const { Kws, KwsError } = await import(pathToFileURL(library));
const kws = await Kws.load(await readFile(new URL('kws.wasm', pathToFileURL(library))));

/** Reads a WAV of 16 bits with a plain header. */
function samples(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 12; ; at += 8 + view.getUint32(at + 4, true)) {
    if (file.toString('latin1', at, at + 4) === 'data') {
      return Int16Array.from({ length: view.getUint32(at + 4, true) / 2 }, (_, i) => view.getInt16(at + 8 + 2 * i, true));
    }
  }
}

const fromDisk = async (url) => {
  const bytes = await readFile(url);
  return { text: async () => bytes.toString(), arrayBuffer: async () => bytes };
};
const pipeline = await kws.open(pathToFileURL(toml), { fetch: fromDisk });
const audio = samples(await readFile(wav));
const expected = (await readFile(host, 'utf8')).trimEnd().split('\n');
const text = (events) => events.map((event) => event.json);

const whole = pipeline.session();
assert.deepEqual(text([...whole.push(audio), ...whole.finish()]), expected);

const floats = Float32Array.from(audio, (sample) => sample / 32768);
const session = pipeline.session({ taps: ['smooth'] });
const found = [];
let blocks = 0;
const began = performance.now();
for (let at = 0; at < floats.length; at += 128) {
  found.push(...session.push(floats.subarray(at, at + 128)));
  blocks += session.blocks().length;
}
found.push(...session.finish());
const seconds = (performance.now() - began) / 1000;
assert.deepEqual(text(found), expected);
assert.ok(blocks > audio.length / pipeline.stage('smooth').output.period / 2);

session.reset();
assert.deepEqual(text([...session.push(floats), ...session.finish()]), expected);

assert.throws(() => kws.pipeline('[[stage]]\nkind = "micc"\n'), (error) => error instanceof KwsError && /mic/.test(error.message));
assert.throws(() => session.tap('nothing'), KwsError);
assert.throws(() => session.push([0, 1]), KwsError);
pipeline.turn('yes', 0);
assert.equal(pipeline.knobs.find((knob) => knob.label === 'yes').value, 0);
session.free();
assert.throws(() => session.push(floats), /freed/);

console.log(`${expected.length} events, those of kws-run, by 128 samples: ${(audio.length / 16000 / seconds).toFixed(0)} x real time`);
