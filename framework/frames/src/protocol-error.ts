/** The peer does not speak the protocol. It costs this connection, and nothing else. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}
