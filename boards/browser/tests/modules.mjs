// Modules of one pipeline do what kws.wasm does: modules.mjs KWS.JS PIPELINES SITE WORD.toml WORD.wasm ENROLLED.toml
//
// By noise, of `computer` and of a word that was enrolled, and by images that are dark, bright and in between, of `person`.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const [, , library, pipelines, site, wordToml, wordModule, enrolledToml] = process.argv;
const { Kws, KwsError, enrolled } = await import(pathToFileURL(library));
const kws = await Kws.load(await readFile(new URL('kws.wasm', pathToFileURL(library))));
const fromDisk = async (url) => {
  const bytes = await readFile(url);
  return { text: async () => bytes.toString(), arrayBuffer: async () => bytes };
};

const LIGHT = [20, 90, 128, 250];

/** The same every time. */
function* noise() {
  for (let seed = 1; ; ) yield (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32;
}

function found(pipeline, tap = 'classifier') {
  const { element, shape } = pipeline.sources[0].output;
  const random = noise(), session = pipeline.session({ taps: [tap] });
  const events = [];
  for (let i = 0; i < 40; i++) {
    const next = () => random.next().value;
    const pixel = (_, k) => Math.min(255, LIGHT[Math.floor(i / 5) % 4] + 60 * next() * Math.sin(k / (i + 3)));
    const sample = (_, k) => Math.sin((k * k) / (1e5 + i * 1e4)) * next();
    const length = shape.reduce((product, extent) => product * extent);
    events.push(...session.push(element === 'uint8' ? Uint8Array.from({ length }, pixel) : Float32Array.from({ length: 16000 }, sample)));
  }
  events.push(...session.finish());
  // A module counts as lost what the page has lost, not what a stage has stopped.
  const blocks = session.blocks().map(({ stage, tick, time, items }) => ({ stage, tick, time, items }));
  assert.ok(blocks.length > 10);
  return { knobs: pipeline.knobs, events, blocks };
}

for (const name of ['computer', 'person']) {
  const whole = await kws.open(pathToFileURL(`${pipelines}/${name}.toml`), { fetch: fromDisk });
  const module = (await Kws.load(await readFile(`${site}/${name}.wasm`))).pipeline();
  assert.deepEqual(found(module), found(whole));
}

const whole = await kws.open(pathToFileURL(wordToml), { fetch: fromDisk });
const word = enrolled(await readFile(enrolledToml, 'utf8'));
const module = (await Kws.load(await readFile(wordModule))).pipeline('', word);
const [theirs, ours] = [whole, module].map((pipeline) => {
  // At its loosest, so that noise is taken for the word.
  pipeline.turn('yes', 1);
  return found(pipeline, 'match');
});
assert.ok(ours.events.length > 0 && ours.events.every(({ label }) => label === 'yes'));
assert.deepEqual([ours.events, ours.blocks], [theirs.events, theirs.blocks]);
assert.throws(() => enrolled('word = "yes"'), (error) => error instanceof KwsError && /centre/.test(error.message));
