// A word of one's own: enrolled in the page, kept in this browser.

import { enrolled, unpacked } from './kws.js';
import { Enrolment } from './enrol.js';
import { samples } from './microphone.js';

const part = (id) => document.getElementById(id);
const KEY = 'kws.word';
/** Decibels that the meter reaches down, and from where on it is too loud. */
const DEPTH = 60, LOUD = -6;
let offered, enrolment, microphone, good, last;

/** The file of the word that is kept, if one is. */
export function word() {
  try {
    return localStorage.getItem(KEY) ?? last;
  } catch {
    // A browser that keeps nothing has it until the page closes.
    return last;
  }
}

function keep(text) {
  last = text;
  try {
    localStorage.setItem(KEY, text);
  } catch {
    // As above.
  }
}

export function forget() {
  last = undefined;
  try {
    localStorage.removeItem(KEY);
  } catch {
    // There is nothing.
  }
}

const label = (text) => Object.keys(enrolled(text))[0];
export const about = (text) => `Say “${label(text)}”. About one in twenty other words is taken for it, too.`;

export function download() {
  const text = word(), name = label(text).toLowerCase().replace(/[^\p{L}\p{N}]/gu, '_');
  const url = URL.createObjectURL(new Blob([text], { type: 'application/toml' }));
  Object.assign(document.createElement('a'), { href: url, download: `${name}.toml` }).click();
  URL.revokeObjectURL(url);
}

/** Shows the form; `done` is called once a word is enrolled. */
export function offer(kws, hooks) {
  offered = { kws, ...hooks };
  tell('');
}

/** Ends what is under way; nothing is kept. */
export function end() {
  const ended = microphone;
  enrolment = microphone = undefined;
  show(false);
  return ended?.stop();
}

const decibels = (level) => `${level.toFixed(0).replace('-', '−')} dB`;

function tell(text, kind = '') {
  part('prompt').textContent = text;
  part('prompt').className = kind;
}

function show(recording) {
  part('enrol-form').hidden = recording;
  part('recording').hidden = !recording;
}

/** Begins, or says what is missing. */
function started() {
  if (!part('enrol-form').reportValidity()) return false;
  try {
    enrolment = new Enrolment(offered.kws, { word: part('enrol-word').value, speaker: part('enrol-speaker').value, consent: part('enrol-consent').value });
    return true;
  } catch (error) {
    tell(error.message, 'bad');
    return false;
  }
}

async function record(event) {
  event.preventDefault();
  if (!started()) return;
  show(true);
  marks(0);
  tell('The browser asks for the microphone.');
  try {
    microphone = await samples({ onsamples: hear, onerror: failed });
    // Somebody may have left while the browser asked.
    if (!enrolment) return await end();
    offered.say('recording', 'live');
    tell('Be quiet for a second.', 'now');
  } catch (error) {
    failed(error);
  }
}

function hear(heard) {
  if (!enrolment) return;
  for (const { level, loud, room, say, good: take, loudest, again, done } of enrolment.hear(heard)) {
    if (level !== undefined) {
      part('level').firstChild.style.width = `${100 * Math.max(0, 1 + level / DEPTH)}%`;
      part('level').className = level > LOUD ? 'loud' : '';
      part('decibels').textContent = decibels(level);
    }
    if (loud) tell(`The room is loud, ${decibels(room)}: find a quieter place, or speak louder.`, 'bad');
    if (take) {
      marks(take);
      tell(`Take ${take} is good, ${decibels(loudest)}.`, 'good');
    }
    if (again) tell(`Again, please. ${again[0].toUpperCase()}${again.slice(1)}.`, 'bad');
    if (say) {
      part('takes').children[say - 1]?.classList.add('now');
      // What is wrong with a take stays to be read.
      const after = part('prompt').className === 'bad' ? part('prompt').textContent : '';
      tell(`${after} Say “${part('enrol-word').value.trim()}” (${say} of 5).`.trim(), after ? 'bad' : 'now');
    }
    if (done) return finish();
  }
}

function marks(count) {
  good = count;
  [...part('takes').children].forEach((mark, index) => (mark.className = index < good ? 'good' : index === good ? 'now' : ''));
}

async function finish() {
  const own = enrolment;
  try {
    tell('Comparing with other words …');
    const bank = await unpacked('words.bank.gz');
    if (enrolment !== own) return;
    const { text, bad, why } = own.word(bank);
    if (text) {
      keep(text);
      await end();
      tell('');
      return offered.done();
    }
    const which = bad.map((place) => place + 1).join(' and ');
    if (!microphone) throw new Error(`recording ${which}: ${why}`);
    marks(own.clips().length);
    tell(`Again, please. Take ${which}: ${why}.`, 'bad');
  } catch (error) {
    failed(error);
  }
}

/** Enrols by recordings. */
async function read({ target }) {
  const files = [...target.files];
  target.value = '';
  if (!files.length || !started()) return;
  const faults = [];
  for (const file of files) {
    try {
      const audio = await new OfflineAudioContext(1, 1, 16000).decodeAudioData(await file.arrayBuffer());
      enrolment.add(audio.getChannelData(0));
    } catch (error) {
      faults.push(`${file.name}: ${error.message}`);
    }
  }
  if (faults.length) return failed(new Error(faults.join('; ')));
  await finish();
}

function failed(error) {
  end();
  offered.say('ready');
  tell(error.name === 'NotAllowedError' ? 'The microphone is not allowed: permit it beside the address.' : `Nothing was enrolled: ${error.message}`, 'bad');
}

part('enrol-form').addEventListener('submit', record);
part('enrol-files').addEventListener('change', read);
part('cancel').addEventListener('click', () => {
  end();
  offered.say('ready');
  tell('Stopped; nothing was kept.');
});
