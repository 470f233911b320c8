import type { Block, Event, Pipeline, Session } from './kws.js';

/** An image as the pipeline sees it. */
export interface Seen {
  pixels: Uint8Array;
  canvas: OffscreenCanvas;
}

export interface WatchOptions {
  onevent?: (event: Event) => void;
  onblock?: (block: Block) => void;
  onimage?: (image: Seen) => void;
  onerror?: (error: Error) => void;
  /** Stages whose blocks `onblock` gets. */
  taps?: string[];
  /** A `deviceId`. */
  device?: string;
  /** A video in place of the camera. */
  video?: HTMLVideoElement;
}

/** A camera, or any other video of the browser, through a pipeline, as many images a second as it states. */
export function watch(pipeline: Pipeline, options?: WatchOptions): Promise<{ stop: () => void; session: Session; video: HTMLVideoElement }>;

/** Images as a pipeline reads them. */
export class Eye {
  constructor(pipeline: Pipeline);
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Images in a second. */
  readonly rate: number;
  /** Ticks from one image to the next. */
  readonly period: number;
  see(from: CanvasImageSource): Seen;
}
