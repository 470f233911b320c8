import type { Block, Event, KwsError, Pipeline } from './kws.js';

export interface ListenOptions {
  onevent?: (event: Event) => void;
  onblock?: (block: Block) => void;
  /** Where it ends by itself. */
  onerror?: (error: KwsError) => void;
  /** Stages whose blocks `onblock` gets. */
  taps?: string[];
  /** A `deviceId`. */
  device?: string;
  /** Audio in place of the microphone. */
  stream?: MediaStream;
  /** A context of the pipeline's rate. */
  context?: AudioContext;
}

/** The microphone, or any other audio of the browser, through a pipeline on the audio thread. */
export function listen(pipeline: Pipeline, options?: ListenOptions): Promise<Listening>;

/** The microphone's samples themselves, from −1 to 1. */
export function samples(options?: {
  /** Samples per second, by default 16,000. */
  rate?: number;
  onsamples?: (samples: Float32Array) => void;
} & Pick<ListenOptions, 'onerror' | 'device' | 'stream' | 'context'>): Promise<Listening>;

export interface Listening {
  readonly audio: AudioContext;
  readonly stream: MediaStream;
  readonly node: AudioWorkletNode;
  /** Turns a knob of the running pipeline. */
  turn(label: string, value: number): void;
  /** Stops listening; the last events are delivered before it returns. */
  stop(): Promise<void>;
}
