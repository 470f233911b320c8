// Enrolment of a word by a few clips, in the page: what `kws-lab enrol --word` makes of the same clips, byte for byte.

import { KwsError } from './kws.js';

/** The longest word and name, and the longest consent, in bytes. */
const NAME = 40, CONSENT = 1000;

const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);
const today = () => new Date().toISOString().slice(0, 10);

/** An enrolment, by a module with the stage `match`: one at a time. */
export class Enrolment {
  #kws;
  #who;

  constructor(kws, { word, speaker, consent }) {
    this.#kws = kws;
    this.#who = { word: word.trim(), speaker: speaker.trim(), consent: consent.trim() };
    for (const [what, text] of [['word', this.#who.word], ['name', this.#who.speaker]]) {
      const { length } = encode(text);
      if (length < 1 || length > NAME) throw new KwsError(`the ${what} has ${length} bytes, expected 1 to ${NAME}`);
    }
    if (!this.#who.consent) throw new KwsError('no consent: ask the speaker, and write what they agreed to');
    if (encode(this.#who.consent).length > CONSENT) throw new KwsError(`the consent is longer than ${CONSENT} bytes`);
    kws._call('kws_enrol_begin', []);
  }

  /** Hears samples of the microphone, 16,000 a second, and returns what the speaker is to see. */
  hear(samples) {
    this.#kws._call('kws_enrol_hear', [], samples);
    return this.#prompts();
  }

  /** Says that samples are missing. */
  lose() {
    this.#kws._call('kws_enrol_lose', []);
    return this.#prompts();
  }

  /** Takes a clip of the word, 16,000 samples a second from −1 to 1, or refuses it. */
  add(samples) {
    this.#kws._call('kws_enrol_add', [], samples);
  }

  /** The clips so far, as 16 bits. */
  clips() {
    const clips = [];
    while (this.#kws._call('kws_enrol_clip', [clips.length]) > 0) clips.push(new Int16Array(this.#kws._answer().slice().buffer));
    return clips;
  }

  /**
   * Makes the word, with the bank of others: the `text` of its file; or `bad`, the places of clips that the enrolment has
   * dropped and asks for again, and `why`.
   */
  word(bank, date = today()) {
    if (!(bank instanceof Uint8Array)) throw new KwsError('expected the bank of words as Uint8Array');
    const word = encode(this.#who.word);
    const made = this.#kws._call('kws_enrol_word', [word.length], word, bank);
    const answer = this.#kws._answer().slice();
    if (!made) return JSON.parse(decode(answer));
    const { stages } = this.#kws.pipeline();
    const { inputs } = stages.find(({ kind }) => kind === 'match');
    const embedding = stages.find(({ name }) => name === inputs[0]).output;
    return { text: file({ ...this.#who, date, clips: this.clips().length }, embedding, answer) };
  }

  #prompts() {
    return decode(this.#kws._answer()).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  }
}

/** The file as `kws-lab` writes it. */
function file({ word, speaker, consent, date, clips }, { scale, zeroPoint }, answer) {
  const [on, accepts] = new Float64Array(answer.slice(0, 16).buffer);
  const values = [...new Int8Array(answer.slice(16).buffer)];
  const half = values.length / 2;
  const list = (values) => `[${values.join(', ')}]`;
  return `word = ${quoted(word)}
on = ${real(on)}
centre = ${list(values.slice(0, half))}
direction = ${list(values.slice(half))}
accepts = ${real(accepts)}

[embedding]
scale = ${real(shortest(scale))}
zero_point = ${zeroPoint}

[enrolled]
speaker = ${quoted(speaker)}
consent = ${quoted(consent)}
date = ${quoted(date)}
clips = ${clips}
`;
}

/** A float of TOML. */
const real = (number) => (Number.isInteger(number) ? number.toFixed(1) : String(number));

/** The shortest number that is the same float32. */
function shortest(number) {
  const short = (digits) => Number(number.toPrecision(digits));
  for (let digits = 1; ; digits++) if (digits > 9 || Math.fround(short(digits)) === Math.fround(number)) return short(digits);
}

/** A basic string of TOML. */
function quoted(text) {
  const escape = (letter) => (/["\\]/.test(letter) ? `\\${letter}` : `\\u${letter.charCodeAt().toString(16).toUpperCase().padStart(4, '0')}`);
  return `"${text.replace(/["\\\p{Cc}]/gu, escape)}"`;
}
