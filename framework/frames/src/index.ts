export { acceptFrames } from './accept-frames.ts';
export type { AcceptFramesOptions, FramesServer } from './accept-frames.ts';
export { connectFrames } from './connect-frames.ts';
export type { ConnectFramesOptions } from './connect-frames.ts';
