/**
 * Bytes that are passed on as they are, with the content type that they are in. Gateways, sidecars
 * and command lines send and receive it, so that no number is rounded on the way.
 */
export class Raw {
  readonly contentType: string;
  readonly bytes: Uint8Array;

  constructor(contentType: string, bytes: Uint8Array) {
    this.contentType = contentType;
    this.bytes = bytes;
  }
}
