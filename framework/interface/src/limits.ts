/** Bounds on what a peer can make this process hold or wait for. Every plugin keeps to them. */
export interface Limits {
  /** Largest encoded value, in bytes. Default 4 MiB. */
  readonly messageBytes: number;
  /** Largest metadata, keys and values, in bytes. Default 64 KiB. */
  readonly metadataBytes: number;
  /** Longest dial, handshake or answer of a server, in ms. Default 5,000. */
  readonly handshake: number;
  /** Most calls at once that one connection may bring. Default 1,024. */
  readonly callsPerConnection: number;
}

/** What holds unless the configuration says otherwise. */
export const defaultLimits: Limits = Object.freeze({
  messageBytes: 4 * 1024 * 1024,
  metadataBytes: 64 * 1024,
  handshake: 5_000,
  callsPerConnection: 1_024,
});
