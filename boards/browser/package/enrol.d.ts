import type { Kws } from './kws.js';

/** What the speaker is to see; one of these. */
export interface Prompt {
  /** How loud it is, in dB under full scale. */
  level?: number;
  /** How loud the room is, and whether that is much. */
  room?: number;
  loud?: boolean;
  /** The word is awaited for this take, the first is 1. */
  say?: number;
  /** A take is good, and how loud it was. */
  good?: number;
  loudest?: number;
  /** A take is not, and why. */
  again?: string;
  /** All takes are there. */
  done?: boolean;
}

/** An enrolment of a word by a module with the stage `match`: one at a time. */
export class Enrolment {
  /** Refuses an enrolment without consent. */
  constructor(kws: Kws, who: { word: string; speaker: string; consent: string });
  /** Hears samples of the microphone, 16,000 a second, and returns what the speaker is to see. */
  hear(samples: Float32Array): Prompt[];
  /** Says that samples are missing. */
  lose(): Prompt[];
  /** Takes a clip of the word, 16,000 samples a second from −1 to 1, or refuses it. */
  add(samples: Float32Array): void;
  /** The clips so far, as 16 bits. */
  clips(): Int16Array[];
  /**
   * Makes the word, with the bank of others (`words.bank` of the embedding): the `text` of its file, which `enrolled` and
   * `kws-run` read; or `bad`, the places of clips that the enrolment has dropped and asks for again, and `why`.
   */
  word(bank: Uint8Array, date?: string): { text: string } | { bad: number[]; why: string };
}
