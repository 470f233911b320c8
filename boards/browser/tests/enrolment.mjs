// A word that a module enrols is what `kws-lab enrol` makes of the same clips, byte for byte:
// enrolment.mjs cut RECORDING.wav HOST.jsonl FOLDER      cuts five clips of "yes" where the host found it, and writes what a
//                                                        microphone may hear: a room, a clipped word, and the five clips twice
// enrolment.mjs compare KWS.JS WORD.wasm BANK FOLDER LAB.toml

import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const RATE = 16000;
const [, , command, ...paths] = process.argv;

/** A WAV file of 16 bits and one channel. */
function wav(samples) {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + 2 * samples.length, 4);
  bytes.write('WAVEfmt ', 8);
  [16, 1 | (1 << 16), RATE, 2 * RATE, 2 | (16 << 16)].forEach((value, i) => bytes.writeUInt32LE(value, 16 + 4 * i));
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((sample, i) => bytes.writeInt16LE(sample, 44 + 2 * i));
  return bytes;
}

async function samplesOf(path) {
  const bytes = await readFile(path);
  let at = 12;
  while (bytes.toString('latin1', at, at + 4) !== 'data') at += 8 + bytes.readUInt32LE(at + 4);
  const length = Math.min(bytes.readUInt32LE(at + 4), bytes.length - at - 8) >> 1;
  return Int16Array.from({ length }, (_, i) => bytes.readInt16LE(at + 8 + 2 * i));
}

if (command === 'cut') {
  const [recording, host, folder] = paths;
  const heard = await samplesOf(recording);
  const events = (await readFile(host, 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
  const ends = events.filter(({ label }) => label === 'yes').map(({ tick }) => tick).slice(0, 5);
  const clips = ends.map((end) => heard.slice(end - 1.2 * RATE, end + 0.2 * RATE));
  await Promise.all(clips.map((clip, i) => writeFile(join(folder, `${i + 1}.wav`), wav(clip))));
  const room = (seconds) => Int16Array.from({ length: seconds * RATE }, (_, i) => ((i * 7919) % 13) - 6);
  const clipped = clips[0].map((sample) => Math.max(-32768, Math.min(32767, 60 * sample)));
  const said = (clip) => [...clip, ...room(2.2)];
  const all = [...room(2), ...said(clipped), ...clips.flatMap(said), ...clips.flatMap(said)];
  await writeFile(join(dirname(folder), 'enrolment.wav'), wav(all));
} else {
  const [library, module, bank, folder, lab] = paths;
  const { Kws, KwsError, enrolled } = await import(pathToFileURL(library));
  const { Enrolment } = await import(new URL('enrol.js', pathToFileURL(library)));
  const kws = await Kws.load(await readFile(module));
  const others = new Uint8Array(await readFile(bank));
  const real = (samples) => Float32Array.from(samples, (sample) => sample / 32768);
  const who = { word: 'lumos', speaker: 'anna', consent: 'yes, "for" this house' };

  for (const [key, why] of [['consent', /no consent/], ['speaker', /the name has 0 bytes/], ['word', /the word has 0 bytes/]]) {
    assert.throws(() => new Enrolment(kws, { ...who, [key]: ' ' }), (error) => error instanceof KwsError && why.test(error.message));
  }

  // The very clips.
  const expected = await readFile(lab, 'utf8');
  const date = /^date = "(.*)"$/m.exec(expected)[1];
  const files = (await readdir(folder)).filter((name) => name.endsWith('.wav')).sort();
  let enrolment = new Enrolment(kws, who);
  const refused = (samples, why) => assert.throws(() => enrolment.add(samples), (error) => why.test(error.message));
  const first = await samplesOf(join(folder, files[0]));
  refused(new Float32Array(RATE), /silent/);
  refused(real(first).map((sample) => Math.max(-1, Math.min(1, 60 * sample))), /clipped/);
  refused(real(first.slice(0, 2000)), /too short|no clip of one word|silent/);
  assert.throws(() => enrolment.word(others, date), /found 0 clips, expected at least 3/);
  for (const file of files) enrolment.add(real(await samplesOf(join(folder, file))));
  assert.throws(() => enrolment.word(others.slice(0, 1000), date), /damaged/);
  assert.equal(enrolment.word(others, date).text, expected);

  // By the microphone: what stands in a noisy room, or is another word, is asked for again, and said again.
  enrolment = new Enrolment(kws, who);
  const prompts = [], microphone = real(await samplesOf(join(dirname(folder), 'enrolment.wav')));
  for (let at = 0; at < microphone.length && !prompts.some(({ done }) => done); at += 1024) {
    prompts.push(...enrolment.hear(microphone.subarray(at, at + 1024)));
  }
  const shown = (key) => prompts.filter((prompt) => prompt[key] !== undefined).map((prompt) => prompt[key]);
  assert.match(shown('again')[0], /clipped/);
  assert.deepEqual(shown('good'), [1, 2, 3, 4, 5]);
  assert.equal(enrolment.clips().length, 5);
  const { text, bad, why } = enrolment.word(others, date);
  assert.ok(text, `${bad}: ${why}`);
  const [word] = Object.keys(enrolled(text));
  assert.equal(word, 'lumos');

  // Its events are for `kws-run` to compare.
  const session = kws.pipeline('', enrolled(expected)).session();
  const events = [...session.push(microphone), ...session.finish()];
  assert.ok(events.length >= 5, `${events.length} events`);
  process.stdout.write(events.map(({ json }) => `${json}\n`).join(''));
}
