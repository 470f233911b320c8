// The events of a recording in Node, those of kws-run byte for byte: events.mjs KWS.JS PIPELINE WAV HOST.jsonl MODULE.wasm
//
// Pushes as the worklet does, 128 samples of float32 at a time, and says how many times faster than real time that is. MODULE.wasm is
// built of the same pipeline, and must do the same.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const [, , library, toml, wav, host, module] = process.argv;
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
/** Pushes as the worklet does. */
function pushed(session) {
  const found = [], blocks = [];
  const began = performance.now();
  for (let at = 0; at < floats.length; at += 128) {
    found.push(...session.push(floats.subarray(at, at + 128)));
    blocks.push(...session.blocks());
  }
  found.push(...session.finish());
  const speed = (audio.length / 16000 / ((performance.now() - began) / 1000)).toFixed(0);
  return { found, blocks, speed };
}

const session = pipeline.session({ taps: ['smooth'] });
const { found, blocks, speed } = pushed(session);
assert.deepEqual(text(found), expected);
assert.ok(blocks.length > audio.length / pipeline.stage('smooth').output.period / 2);

session.reset();
assert.deepEqual(text([...session.push(floats), ...session.finish()]), expected);

assert.throws(() => kws.pipeline('[[stage]]\nkind = "micc"\n'), (error) => error instanceof KwsError && /mic/.test(error.message));
assert.throws(() => session.tap('nothing'), KwsError);
assert.throws(() => session.push([0, 1]), KwsError);
pipeline.turn('yes', 0);
assert.equal(pipeline.knobs.find((knob) => knob.label === 'yes').value, 0);
session.free();
assert.throws(() => session.push(floats), /freed/);

// The module of this one pipeline.
const compiled = (await Kws.load(await readFile(module))).pipeline();
for (const { kind, output } of pipeline.stages) assert.deepEqual(compiled.stages.find((stage) => stage.kind === kind).output, output);
const own = compiled.session({ taps: ['smooth'] });
const same = pushed(own);
assert.deepEqual(text(same.found), expected);
assert.deepEqual(same.blocks, blocks);
// Elsewhere in the block, after a gap, and with another sensitivity.
const turned = [pipeline, compiled].map((each) => {
  each.turn('yes', 0.9);
  each.turn('no', 0.2);
  const session = each.session({ taps: ['smooth'] });
  const events = session.push(floats.subarray(0, 100_050));
  session.lose(777);
  events.push(...session.push(floats.subarray(100_050)), ...session.finish());
  return { events, blocks: session.blocks() };
});
assert.deepEqual(turned[1], turned[0]);
assert.ok(turned[0].events.length > 0 && turned[0].blocks.some(({ lost }) => lost > 0));
own.reset();
compiled.turn('yes', 0.5);
compiled.turn('no', 0.5);
assert.deepEqual(text([...own.push(audio), ...own.finish()]), expected);
assert.throws(() => own.push(audio), KwsError);
assert.throws(() => compiled.session({ taps: ['log'] }), /classifier.*smooth/);
await assert.rejects(async () => (await Kws.load(await readFile(module))).pipeline('name = "x"'), /kws\.wasm/);

console.log(`${expected.length} events, those of kws-run, by 128 samples: ${speed} x real time; as a module of one pipeline ${same.speed} x`);
