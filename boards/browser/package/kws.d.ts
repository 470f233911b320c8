/** What kws refuses: a pipeline that is wrong, with the line; a stage that does not exist; samples of another type. */
export class KwsError extends Error {}

export type Samples = Float32Array | Int16Array | Uint8Array | Uint8ClampedArray;
export type Items = Int8Array | Uint8Array | Int16Array | Float32Array;

/** The engine: one WebAssembly module, which any number of pipelines and sessions share. */
export class Kws {
  constructor(module: WebAssembly.Module);
  readonly module: WebAssembly.Module;
  /** From a URL, bytes or a compiled module; by default the file beside `kws.js`. */
  static load(source?: string | URL | ArrayBuffer | ArrayBufferView | WebAssembly.Module): Promise<Kws>;
  /**
   * Plans a pipeline from its text; `files` maps the paths that it names to their bytes. A module that was built of one pipeline
   * has it, and its files.
   */
  pipeline(toml?: string, files?: Record<string, Uint8Array>): Pipeline;
  /** Fetches a pipeline file and the models that it names, relative to it, and plans it. */
  open(url: string | URL, options?: { fetch?: (url: URL) => Promise<Pick<Response, 'text' | 'arrayBuffer'>> }): Promise<Pipeline>;
}

/** A word that `kws-lab enrol --word` wrote, from the text of its file, as a module with the stage `match` takes it in its `files`. */
export function enrolled(text: string): Record<string, Uint8Array>;

/**
 * The bytes of a file that gzip packed, whether or not the server or the browser has unpacked it on the way: hosts that compress
 * nothing send a module a third smaller.
 */
export function unpacked(url: string | URL): Promise<Uint8Array>;

/** What the blocks of a stage are. */
export interface Output {
  element: 'int8' | 'uint8' | 'int16' | 'float32' | 'event';
  /** Extent along each axis, the slowest first. */
  shape: number[];
  role: string;
  /** Ticks in a second. */
  clock: number;
  /** Ticks from one block to the next. */
  period: number;
  labels: string[];
  /** The labels that are a find: not `silence`, `unknown` and their like. */
  words: string[];
  points: string[];
  /** Real value of one step, and the stored value that means 0. */
  scale: number;
  zeroPoint: number;
}

export interface Stage {
  name: string;
  kind: string;
  params: Record<string, unknown>;
  inputs: string[];
  /** Nothing for a sink. */
  output: Output | null;
}

export interface Knob {
  stage: string;
  key: string;
  label: string;
  /** 0 to 1. */
  value: number;
  /** The scores that the label needs, at values from 0 to 1 in equal steps. */
  scores: number[];
}

/** A pipeline, checked. Its sessions share its models. */
export class Pipeline {
  readonly name: string;
  readonly stages: Stage[];
  readonly sources: Stage[];
  readonly knobs: Knob[];
  readonly notices: string[];
  /** What it was planned from, so that a worklet can plan it, too. */
  readonly origin: { module: WebAssembly.Module; toml: string; files: Record<string, Uint8Array> };
  stage(name: string): Stage;
  session(options?: { taps?: string[] }): Session;
  /** Turns a knob, such as the sensitivity of a label, to a value from 0 to 1, for all sessions. */
  turn(label: string, value: number, key?: string): void;
  free(): void;
}

/** A detection. */
export interface Event {
  label: string;
  /** The operating point. */
  point: string;
  /** 0 to 1. */
  score: number;
  tick: number;
  /** Seconds of the stream at which it was certain. */
  time: number;
  stage: string;
  /** The line that `kws-run --json` writes. */
  json: string;
  [key: string]: unknown;
}

/** A block of a tapped stage. */
export interface Block {
  stage: string;
  tick: number;
  /** Seconds of the stream. */
  time: number;
  /** Ticks that are missing before it. */
  lost: number;
  items: Items;
}

/** A stream that runs a pipeline, on the thread that pushes. */
export class Session {
  readonly pipeline: Pipeline;
  /** Has `blocks()` return the blocks of a stage. Before the first push. */
  tap(stage: string): void;
  /** Pushes audio (float32 from −1 to 1, or int16) or pixels; returns the events that they complete. */
  push(samples: Samples, source?: string): Event[];
  /** As `push`, but returns how many samples were taken. */
  pushed(samples: Samples, source?: string): number;
  events(): Event[];
  blocks(): Block[];
  /** Says that ticks of a source were lost. */
  lose(ticks: number, source?: string): void;
  finish(): Event[];
  reset(): void;
  free(): void;
}
