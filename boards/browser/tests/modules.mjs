// Modules of one pipeline do what kws.wasm does: modules.mjs KWS.JS PIPELINES SITE
//
// By noise, of `computer`, and by images that are dark, bright and in between, of `person`.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const [, , library, pipelines, site] = process.argv;
const { Kws } = await import(pathToFileURL(library));
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

function found(pipeline) {
  const { element, shape } = pipeline.sources[0].output;
  const random = noise(), session = pipeline.session({ taps: ['classifier'] });
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
