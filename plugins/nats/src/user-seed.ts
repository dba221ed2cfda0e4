const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Whether a text is the seed of a user's nkey: base32 of two bytes that say so, 32 of the seed, and their
 * checksum. The driver knows too, but is loaded only to dial: too late for a mistake of the configuration.
 */
export function isUserSeed(text: string): boolean {
  if (!/^SU[A-Z2-7]{56}$/.test(text)) return false;
  let number = 0n;
  for (const character of text) number = (number << 5n) | BigInt(alphabet.indexOf(character));
  const bytes = Buffer.from((number >> 2n).toString(16).padStart(72, '0'), 'hex');
  return crc16(bytes.subarray(0, 34)) === bytes.readUInt16LE(34);
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}
